"""A collection that syncs: `anki_client.py load|take FOLDER URL RECORDS`, in Anki's own environment."""

import json
import sys
from pathlib import Path

from anki.collection import AddNoteRequest, Collection
from turns import take_turns


def main(what: str, folder: Path, url: str, records: Path) -> None:
    folder.mkdir(parents=True)
    collection = Collection(str(folder / "collection.anki2"))
    auth = collection.sync_login("peer", "peer", url)
    # Both begin as one collection, which may not be empty; what is measured is what comes after.
    if what == "load":
        _add(collection, ["", ""])
    collection.close_for_full_sync()
    collection.full_upload_or_download(auth=auth, server_usn=None, upload=what == "load")
    collection.reopen(after_full_sync=True)
    before = collection.note_count()
    if what == "load":
        lines = records.read_text(encoding="utf-8").splitlines()
        told = [json.loads(line) for line in lines]
        _add(collection, *([one["id"], _text(one["record"])] for one in told))

    def sync(_: str) -> str:
        answer = collection.sync_collection(auth, False)
        return "" if answer.required == answer.NO_CHANGES else "it asks for a full sync"

    take_turns(sync, lambda: collection.note_count() - before)


def _add(collection: Collection, *notes: list[str]) -> None:
    kind = collection.models.by_name("Basic")
    deck = collection.decks.id("Default")
    asked = []
    for fields in notes:
        note = collection.new_note(kind)
        note.fields = fields
        asked.append(AddNoteRequest(note=note, deck_id=deck))
    collection.add_notes(asked)


def _text(record: object) -> str:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


what, folder, url, records = sys.argv[1:]
main(what, Path(folder), url, Path(records))
