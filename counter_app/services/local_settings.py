"""Settings of this PC: where the printer is, how large the letters are. Never synced."""

from counter_app.ports import Store

_PREFIX = "local."


class LocalSettings:
    """Small values kept in the store; read once, so that a screen may ask at any time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.read() as books:
            self._kept = dict(books.settings.starting_with(_PREFIX))

    def get(self, name: str, default: str = "") -> str:
        """A kept value."""
        return self._kept.get(name) or default

    def read_again(self, beginning: str) -> None:
        """Those of one kind: another process may have changed them."""
        with self._store.read() as books:
            kept = books.settings.starting_with(_PREFIX)
        self._kept.update((n, value) for n, value in kept.items() if n.startswith(beginning))

    def put(self, name: str, value: str) -> None:
        """Keep a value."""
        with self._store.write() as books:
            books.settings.put(_PREFIX + name, value)
        self._kept[name] = value
