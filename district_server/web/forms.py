"""Reading what a form sent: plain fields, and one file."""

from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl

MOST_FIELDS = 50


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
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    fields: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for part in list(message.iter_parts())[:MOST_FIELDS] if message.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        raw = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(raw, bytes):
            continue
        if part.get_filename() is not None:
            files[name] = raw
        else:
            fields[name] = raw.decode("utf-8", "replace")
    return Form(fields, files)
