"""Settings of this PC: where the printer is, how large the letters are. Never synced."""

from counter_app.ports import Store


class LocalSettings:
    """Small values kept in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, name: str, default: str = "") -> str:
        """A kept value."""
        with self._store.read() as books:
            return books.settings.get(f"local.{name}") or default

    def put(self, name: str, value: str) -> None:
        """Keep a value."""
        with self._store.write() as books:
            books.settings.put(f"local.{name}", value)
