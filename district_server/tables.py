"""The tables of the upper server. The commune leads every key: it is what the data is divided by.

They are made by `migrations`; a test compares what those make with what stands here.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

metadata = MetaData()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


meta = Table(
    "meta",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)
"""Schema, epoch, the server's keys (sealed where a passphrase is set), its CA."""

commune = Table(
    "commune",
    metadata,
    Column("org", String(40), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("incarnation", String(16), nullable=False),
    Column("dseq", Integer, nullable=False),
    Column("head", String(64), nullable=False),
    Column("name", String(200), nullable=False, server_default=""),
)
"""`seq` is the last place in the order and `digest` the sum of the hashes up to it; the rest is the
head of the server's own chain there."""

device_home = Table(
    "device_home",
    metadata,
    Column("device", String(40), primary_key=True),
    Column("commune", String(40), nullable=False),
)
"""Which commune a device belongs to: small, the same everywhere, read before anything else."""

device = Table(
    "device",
    metadata,
    Column("commune", String(40), ForeignKey("commune.org"), nullable=False),
    Column("id", String(40), nullable=False),
    Column("counter", Integer, nullable=False),
    Column("public_key", String(64), nullable=False),
    Column("key_id", String(8), nullable=False),
    Column("enrolled_at", String(40), nullable=False),
    Column("revoked_at", String(40)),
    Column("last_sync_at", String(40)),
    PrimaryKeyConstraint("commune", "id"),
)

stream = Table(
    "stream",
    metadata,
    Column("commune", String(40), nullable=False),
    Column("device", String(40), nullable=False),
    Column("incarnation", String(16), nullable=False),
    Column("high", Integer, nullable=False),
    Column("head", String(64), nullable=False),
    Column("counter", Integer),
    PrimaryKeyConstraint("commune", "device", "incarnation"),
    ForeignKeyConstraint(["commune", "device"], ["device.commune", "device.id"]),
)
"""How far each life of each device has been taken, and the hash there; the counter number that a copy of a
store was given under this life.
"""

event = Table(
    "event",
    metadata,
    Column("commune", String(40), nullable=False),
    Column("cseq", Integer, nullable=False),
    Column("device", String(40), nullable=False),
    Column("incarnation", String(16), nullable=False),
    Column("dseq", Integer, nullable=False),
    Column("event_id", String(40), nullable=False),
    Column("type", String(60), nullable=False),
    Column("version", Integer, nullable=False),
    Column("subject", String(60), nullable=False),
    Column("occurred_at", String(40), nullable=False),
    Column("clock", String(80), nullable=False),
    Column("actor_id", String(60), nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("payload_hash", String(64), nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    PrimaryKeyConstraint("commune", "cseq"),
    Index("event_origin", "commune", "device", "incarnation", "dseq", unique=True),
    Index("event_event_id", "commune", "event_id", unique=True),
    Index("event_subject", "commune", "subject"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("commune", String(40), nullable=False),
    Column("device", String(40), nullable=False),
    Column("incarnation", String(16), nullable=False),
    Column("dseq", Integer, nullable=False),
    Column("event_id", String(40), nullable=False),
    Column("subject", String(60), nullable=False),
    Column("dossier_code", String(40), nullable=False),
    Column("code", String(40), nullable=False),
    Column("message", Text, nullable=False),
    Column("raw", Text, nullable=False),
    Column("state", String(12), nullable=False, server_default="waiting"),
    Column("set_aside_at", String(40), default=_now),
    Column("decided_at", String(40)),
    Column("decided_by", String(60)),
    Column("decision", String(500)),
    PrimaryKeyConstraint("commune", "device", "incarnation", "dseq"),
    Index("quarantine_subject", "commune", "subject"),
)
"""Events that could not be taken, as they came, with the reason in Vietnamese. `waiting`, or `discarded`
by somebody with a reason; what is taken after all leaves for the log."""

to_wipe = Table(
    "to_wipe",
    metadata,
    Column("commune", String(40), nullable=False),
    Column("address", String(64), nullable=False),
    Column("noted_at", String(40), nullable=False),
    PrimaryKeyConstraint("commune", "address"),
)
"""What was emptied and still lies on the disk: pages of scanned papers by their SHA-256; an empty address
says that the database's own file does.
"""

attachment_piece = Table(
    "attachment_piece",
    metadata,
    Column("commune", String(40), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("start", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("commune", "sha256", "start"),
)
"""What has come of scanned pages that are not whole yet."""

dossier = Table(
    "dossier",
    metadata,
    Column("commune", String(40), nullable=False),
    Column("id", String(40), nullable=False),
    Column("code", String(40), nullable=False),
    Column("status", String(24), nullable=False),
    Column("holder_side", String(8), nullable=False),
    Column("received_at", String(40), nullable=False),
    Column("judged_due_at", String(40), nullable=False),
    Column("voided", Boolean, nullable=False),
    Column("words", Text, nullable=False),
    PrimaryKeyConstraint("commune", "id"),
    Index("dossier_code", "commune", "code"),
    Index("dossier_received", "commune", "received_at"),
)
"""Projection of the events: one row a dossier."""

enrol_code = Table(
    "enrol_code",
    metadata,
    Column("commune", String(40), nullable=False),
    Column("counter", Integer, nullable=False),
    Column("code_hash", String(64), nullable=False),
    Column("expires_at", String(40), nullable=False),
    Column("tries", Integer, nullable=False),
    PrimaryKeyConstraint("commune", "counter"),
)
"""The one open code of a counter."""

spent_challenge = Table(
    "spent_challenge",
    metadata,
    Column("commune", String(40), nullable=False),
    Column("challenge", String(120), nullable=False),
    Column("expires_at", Integer, nullable=False),
    PrimaryKeyConstraint("commune", "challenge"),
    Index("spent_challenge_expires", "commune", "expires_at"),
)
"""Challenges are good for one request."""

notice_number = Table(
    "notice_number",
    metadata,
    Column("commune", String(40), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("year", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    PrimaryKeyConstraint("commune", "kind", "year"),
)

administrator = Table(
    "administrator",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("password_hash", String(200), nullable=False),
    Column("changed_at", String(40), nullable=False),
    Column("wrong_tries", Integer, nullable=False),
    Column("locked_until", String(40)),
)

admin_session = Table(
    "admin_session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("administrator", String(60), ForeignKey("administrator.name"), nullable=False),
    Column("form_key", String(64), nullable=False),
    Column("seen_at", String(40), nullable=False),
)
"""Who is signed in; the token itself is only in the browser."""

rate = Table(
    "rate",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("key", String(32), primary_key=True),
    Column("tokens", Double, nullable=False),
    Column("at", Double, nullable=False),
    Index("rate_at", "name", "at"),
)
"""How many tries are left of a fence that all processes share, by the database's clock; the key is hashed."""

second_factor = Table(
    "second_factor",
    metadata,
    Column("administrator", String(60), ForeignKey("administrator.name"), primary_key=True),
    Column("secret", String(120), nullable=False),
    Column("state", String(8), nullable=False),
    Column("last_step", Integer, nullable=False),
    Column("since", String(40), nullable=False),
)
"""The sealed secret, `pending` until a code has proved it, then `on`; no step up to `last_step` is taken."""

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("administrator", String(60), ForeignKey("administrator.name"), primary_key=True),
    Column("code_hash", String(64), primary_key=True),
)
"""Codes that are left; a used one is gone."""

reading_right = Table(
    "reading_right",
    metadata,
    Column("administrator", String(60), ForeignKey("administrator.name"), primary_key=True),
    Column("org", String(40), ForeignKey("commune.org"), primary_key=True),
)
"""Of which communes somebody may look at scanned papers; nobody may unless it stands here."""

admin_log = Table(
    "admin_log",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("at", String(40), nullable=False),
    Column("administrator", String(60), nullable=False),
    Column("action", String(40), nullable=False),
    Column("object", String(200), nullable=False),
    Column("reason", String(500), nullable=False),
    Index("admin_log_at", "at"),
)
"""What administrators did."""

publication = Table(
    "publication",
    metadata,
    Column("kind", String(12), nullable=False),
    Column("name", String(60), nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("title", String(200), nullable=False),
    Column("effective_on", String(10), nullable=False),
    Column("decision_no", String(60), nullable=False),
    Column("text", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("drafted_at", String(40), nullable=False),
    Column("drafted_by", String(60), nullable=False),
    Column("published_at", String(40)),
    Column("published_by", String(60)),
    Column("signature", String(120)),
    PrimaryKeyConstraint("kind", "name", "version"),
)
"""Files of the upper level by version: `draft`, `published` (signed, never changed) or `dropped`."""
