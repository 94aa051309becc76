"""Reading what a form sent: plain fields, and files byte for byte."""

import re
from urllib.parse import parse_qsl

MOST_FIELDS = 50
_BOUNDARY = re.compile(r'boundary="?([^";,]{1,70})"?')
_NAME = re.compile(rb'[; ]name="([^"]*)"')
_FILE = re.compile(rb'[; ]filename="')


class Form:
    """Fields by name; what was not sent is empty."""

    def __init__(self, fields: dict[str, str], files: dict[str, bytes]) -> None:
        self.fields = fields
        self.files = files

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "").strip()


def read_form(content_type: str, body: bytes) -> Form:
    """Either encoding that browsers use; what is neither is empty."""
    if content_type.startswith("multipart/form-data"):
        return _parts(content_type, body)
    try:
        pairs = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            max_num_fields=MOST_FIELDS,
            errors="strict",
        )
    except ValueError:
        pairs = []
    return Form(dict(pairs), {})


def _parts(content_type: str, body: bytes) -> Form:
    fields: dict[str, str] = {}
    files: dict[str, bytes] = {}
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        return Form(fields, files)
    fence = b"\r\n--" + boundary[1].encode("latin-1", "replace")
    for part in (b"\r\n" + body).split(fence, MOST_FIELDS)[1:]:
        head, _, content = part.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if name is None:
            continue
        if _FILE.search(head):
            files[name[1].decode("utf-8", "replace")] = content
        else:
            fields[name[1].decode("utf-8", "replace")] = content.decode("utf-8", "replace")
    return Form(fields, files)
