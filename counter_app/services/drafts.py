"""Intakes that were begun: kept field by field, so that a power cut costs at most one key press."""

from collections.abc import Mapping
from typing import Any

from counter_app.ports import Clock, Draft, Store


class Drafts:
    """Each officer has her own."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def save(self, officer_id: str, draft_id: str, fields: Mapping[str, Any]) -> None:
        """Keep what was typed so far."""
        with self._store.write() as books:
            books.drafts.save(Draft(draft_id, officer_id, self._clock.now(), fields))

    def list(self, officer_id: str) -> tuple[Draft, ...]:
        """Newest first."""
        with self._store.read() as books:
            return tuple(books.drafts.of(officer_id))

    def discard(self, draft_id: str) -> None:
        """It became a dossier, or was given up."""
        with self._store.write() as books:
            books.drafts.discard(draft_id)
