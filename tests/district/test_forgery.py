"""Requests are signed by whoever sends them, runs by whoever wrote them: one does not stand for the other."""

import uuid
from collections.abc import Callable

from sqlalchemy import func, select
from upper import Machine, Upper

from counter_app.wire.messages import Push, compress, encode, run_of
from counter_app.wire.signing import head_bytes
from district_server.tables import event


def test_a_run_that_its_author_did_not_sign_is_refused(
    upper: Upper, enrolled: Callable[..., Machine]
) -> None:
    author, neighbour = enrolled(1), enrolled(2, counter_no=2)
    events = author.seal([{"event_id": str(uuid.uuid4())}])
    last = events[-1]
    head = head_bytes(author.device, author.incarnation, last.dseq, last.hash)
    forged = Push(author.epoch, run_of(events), last.hash, neighbour.sign(head))
    body = compress(encode(forged))
    for sender, route in ((author, "push"), (neighbour, "relay")):
        answer = sender.send("POST", f"/sync/v1/{route}", body)
        assert (answer.status_code, answer.json()["code"]) == (400, "signature_wrong")
    with upper.database.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(event)) == 0
    author.hello()
    assert author.push(events).status_code == 200
