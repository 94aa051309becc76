"""The window: views and their state. No SQL, no HTTP."""
