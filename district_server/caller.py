"""Who asks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """A counter, as the device record says; never as the request says."""

    device: str
    commune: str
    counter: int
    public_key: bytes
    revoked_at: str | None
    """When its key stopped being trusted."""
