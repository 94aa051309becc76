"""Everything that is data: fonts, icons, forms, procedures, calendars, offices.

Typed accessors over `importlib.resources`, so that files are found from source and frozen alike.
"""

import re
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

_NAME = re.compile(r"[\w-]{1,60}", re.ASCII)
"""Of a set and of a form, as somebody typed it: never a path."""


def office_names() -> tuple[str, ...]:
    """The sample offices that are shipped."""
    return _stems("offices", ".toml")


def office_text(name: str) -> str:
    """An office file."""
    return _root("offices").joinpath(f"{name}.toml").read_text(encoding="utf-8")


def calendar_texts() -> tuple[str, ...]:
    """The shipped calendars, a year each."""
    return _texts("calendars")


def procedure_texts() -> tuple[str, ...]:
    """The shipped catalogue, a field of work (lĩnh vực) each."""
    return _texts("procedures")


def calendar_text(year: str) -> str | None:
    """The shipped calendar of a year."""
    return _text("calendars", year)


def procedure_text(field_code: str) -> str | None:
    """The shipped procedures of a field of work."""
    return _text("procedures", field_code)


def form_set_texts() -> tuple[str, ...]:
    """The manifests of the sets of forms."""
    folders = sorted(_root("forms").iterdir(), key=lambda folder: folder.name)
    return tuple(
        folder.joinpath("set.toml").read_text(encoding="utf-8")
        for folder in folders
        if folder.joinpath("set.toml").is_file()
    )


def form_text(form_set: str, name: str) -> str | None:
    """The template of a form in a set such as `FS-2018`; None where the set has none."""
    if not (_NAME.fullmatch(form_set) and _NAME.fullmatch(name)):
        return None
    file = _root("forms").joinpath(form_set.lower(), f"{name}.toml")
    return file.read_text(encoding="utf-8") if file.is_file() else None


@cache
def font(name: str) -> bytes:
    """A font file such as `NotoSans-Regular.ttf`, read once: window, slips and forms share it."""
    return _root("fonts").joinpath(name).read_bytes()


def icon(name: str) -> bytes:
    """An icon as SVG."""
    return _root("icons").joinpath(f"{name}.svg").read_bytes()


def _root(kind: str) -> Traversable:
    return files(__name__).joinpath(kind)


def _stems(kind: str, ending: str) -> tuple[str, ...]:
    names = (file.name for file in _root(kind).iterdir())
    return tuple(sorted(name.removesuffix(ending) for name in names if name.endswith(ending)))


def _text(kind: str, name: str) -> str | None:
    if not _NAME.fullmatch(name):
        return None
    file = _root(kind).joinpath(f"{name}.toml")
    return file.read_text(encoding="utf-8") if file.is_file() else None


def _texts(kind: str) -> tuple[str, ...]:
    return tuple(
        _root(kind).joinpath(f"{name}.toml").read_text(encoding="utf-8")
        for name in _stems(kind, ".toml")
    )
