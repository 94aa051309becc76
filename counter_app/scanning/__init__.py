"""Serial and keyboard-wedge scanners."""
