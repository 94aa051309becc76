"""A printer that ends as it is told and remembers what it was given."""

from collections.abc import Callable

from counter_app.domain.outcome import Outcome, Reason, Sent
from counter_app.domain.printer import Learnt, Profile

REASONS = {
    Outcome.CONFIRMED: Reason.OK,
    Outcome.SENT: Reason.MUTE,
    Outcome.UNKNOWN: Reason.RESET_IN_JOB,
    Outcome.FAILED: Reason.PAPER_OUT,
}


class ToldPrinter:
    """`before` runs while the job is under way."""

    def __init__(
        self,
        outcome: Outcome = Outcome.CONFIRMED,
        name: str = "may-in-thu",
        width: int = 576,
        before: Callable[[], None] = lambda: None,
    ) -> None:
        self.outcome, self.name, self.before = outcome, name, before
        self.profile = Profile(width=width)
        self.jobs: list[bytes] = []

    def state(self) -> Reason | None:
        return None

    def learn(self) -> Learnt:
        return Learnt(self.profile, None)

    def send(self, job: bytes) -> Sent:
        self.jobs.append(job)
        self.before()
        message = "Máy in hết giấy." if self.outcome is Outcome.FAILED else ""
        return Sent(self.outcome, REASONS[self.outcome], message)
