"""A problem: a field, a stable code, and a sentence that says what to do."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with what was given. `may` warns and refuses nothing."""

    field: str
    code: str
    message: str
    severity: Literal["must", "may"] = "must"
