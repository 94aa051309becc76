"""The window: views and their state. No SQL, no HTTP."""

import builtins
import linecache

import PySide6.QtCore  # noqa: F401

# Qt's binding reads the source of every module imported after it, to learn whether the module asks
# for other spellings of Qt's names, and keeps what it read. Nothing here asks: without its hook the
# window starts in less time and 17 MB less; what it has read until here goes too.
builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)
linecache.clearcache()
