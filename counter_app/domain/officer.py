"""Officers (cán bộ) and what their roles let them do."""

from dataclasses import dataclass
from enum import StrEnum


class Right(StrEnum):
    """One thing that may be allowed."""

    INTAKE = "intake"
    PROCESS = "process"
    RETURN = "return"
    CORRECT = "correct"
    VOID = "void"
    OFFICERS = "officers"
    SETTINGS = "settings"
    EXPORT = "export"


class Role(StrEnum):
    """In a commune one person often holds several."""

    ADMIN = "admin"
    SUPERVISOR = "supervisor"
    INTAKE = "intake"
    PROCESSING = "processing"
    RETURNS = "returns"
    CASHIER = "cashier"


_RIGHTS: dict[Role, frozenset[Right]] = {
    Role.ADMIN: frozenset(Right),
    Role.SUPERVISOR: frozenset(Right) - {Right.SETTINGS},
    Role.INTAKE: frozenset({Right.INTAKE, Right.RETURN, Right.CORRECT, Right.PROCESS}),
    Role.PROCESSING: frozenset({Right.PROCESS}),
    Role.RETURNS: frozenset({Right.RETURN}),
    Role.CASHIER: frozenset({Right.RETURN}),
}

ROLE_NAMES: dict[Role, str] = {
    Role.ADMIN: "Quản trị",
    Role.SUPERVISOR: "Phụ trách bộ phận",
    Role.INTAKE: "Cán bộ một cửa",
    Role.PROCESSING: "Chuyên viên xử lý",
    Role.RETURNS: "Cán bộ trả kết quả",
    Role.CASHIER: "Cán bộ thu phí",
}

SUPERVISING = frozenset({Role.ADMIN, Role.SUPERVISOR})


@dataclass(frozen=True, slots=True)
class Officer:
    """Someone who signs in and acts. The PIN is kept elsewhere and never leaves its store."""

    id: str
    name: str
    title: str
    roles: frozenset[Role]
    active: bool = True

    def may(self, right: Right) -> bool:
        """Whether any of the officer's roles grants it."""
        return any(right in _RIGHTS[role] for role in self.roles)

    @property
    def supervises(self) -> bool:
        """Whether this officer may unlock others and set their PINs."""
        return bool(self.roles & SUPERVISING)
