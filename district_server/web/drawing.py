"""How pages are drawn: templates that escape everything, our own icons, files beside this module."""

from importlib.resources import files
from urllib.parse import quote

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

import resources
from district_server.web import words


def read(name: str) -> str:
    """A file of this package."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def environment() -> Environment:
    """What the templates are drawn with; a name that is not given is a fault."""
    made = Environment(
        loader=FunctionLoader(lambda name: read(f"templates/{name}")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        when=words.when,
        day=words.day,
        ago=words.ago,
        event_name=words.event_name,
        quoted=quote,
        moment=words.moment,
        hour_and_day=words.hour_and_day,
    )
    made.globals.update(
        icon=_icon,
        today=words.today,
        clock=words.clock,
        KINDS=words.KINDS,
        ACTIONS=words.ACTIONS,
    )
    return made


def _icon(name: str) -> Markup:
    # our own files, drawn in the text's colour
    return Markup(resources.icon(name).decode())
