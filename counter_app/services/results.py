"""What the use cases answer. An expected refusal is an answer, not an exception."""

from dataclasses import dataclass, field
from datetime import datetime

from counter_app.domain.problems import Problem


@dataclass(frozen=True, slots=True)
class Changes:
    """What a write touched: views refresh from this and from nothing else."""

    dossiers: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    """`officers`, `prints`, `settings`, `sync`, `notices`, `tickets`, `backup`."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Nothing was written, and why."""

    problems: tuple[Problem, ...]

    @property
    def message(self) -> str:
        """The first reason."""
        return self.problems[0].message


@dataclass(frozen=True, slots=True)
class Accepted:
    """The dossier is in the book and durable."""

    dossier_id: str
    code: str
    received_at: datetime
    due_at: datetime
    slip: bool
    print_job_id: str | None
    warnings: tuple[Problem, ...] = ()
    changes: Changes = field(default_factory=Changes)


@dataclass(frozen=True, slots=True)
class Noticed:
    """A notice without a dossier code was given out."""

    notice_id: str
    notice_no: str
    changes: Changes = field(default_factory=Changes)


def rejected(code: str, message: str, at: str = "") -> Rejected:
    """A refusal with one reason."""
    return Rejected((Problem(at, code, message),))
