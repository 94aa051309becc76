"""The tables of the upper server. The commune leads every key: it is what the data is divided by.

They are made by `migrations`; a test compares what those make with what stands here.
"""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

metadata = MetaData()

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
    PrimaryKeyConstraint("commune", "device", "incarnation"),
    ForeignKeyConstraint(["commune", "device"], ["device.commune", "device.id"]),
)
"""How far each life of each device has been taken, and the hash there."""

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
    PrimaryKeyConstraint("commune", "device", "incarnation", "dseq"),
    Index("quarantine_subject", "commune", "subject"),
)
"""Events that could not be taken, as they came, with the reason in Vietnamese."""

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
