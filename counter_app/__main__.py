"""The window."""

import sys


def main(argv: list[str] | None = None) -> int:
    """Open the window; the heavy imports come after the first frame."""
    from ui.application import run  # Qt loads only for the window

    return run(sys.argv[1:] if argv is None else argv)


if __name__ == "__main__":
    sys.exit(main())
