"""The console, one module a verb, imported only when it is called."""
