"""The tables of a counter's store. The log is the truth; what is marked projection can be rebuilt.

The statements that make them stand in `migrations/`; a test holds the two together.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    text,
)

metadata = MetaData()

event_log = Table(
    "event_log",
    metadata,
    Column("num", Integer, primary_key=True),
    Column("device", String, nullable=False),
    Column("incarnation", String, nullable=False),
    Column("dseq", Integer, nullable=False),
    Column("event_id", String, nullable=False, unique=True),
    Column("type", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("subject", String, nullable=False, index=True),
    Column("occurred_at", String, nullable=False),
    Column("clock", String, nullable=False),
    Column("actor_id", String, nullable=False),
    Column("actor_name", String, nullable=False),
    Column("payload", Text, nullable=False),
    Column("payload_hash", String, nullable=False),
    Column("prev_hash", String, nullable=False),
    Column("hash", String, nullable=False),
    Index("event_log_origin", "device", "incarnation", "dseq", unique=True),
    Index("event_log_occurred", "occurred_at"),
    Index("event_log_erased", "subject", sqlite_where=text("type = 'subject.erased'")),
)
"""Every event known here, own and pulled. Append-only by trigger; a payload may be emptied, once an
event says that its dossier is erased."""

event_order = Table(
    "event_order",
    metadata,
    Column("cseq", Integer, primary_key=True),
    Column("event_id", String, nullable=False, unique=True),
)
"""The upper server's order of the commune's events; own events are last until they are in it."""

REFUSED, SEEN = "rejected", "seen"
"""Of verdicts: the common order refuses the event; the same, once somebody has seen it."""

event_verdict = Table(
    "event_verdict",
    metadata,
    Column("event_id", String, primary_key=True),
    Column("subject", String, nullable=False, index=True),
    Column("verdict", String, nullable=False),
    Column("code", String, nullable=False),
    Column("message", Text, nullable=False),
)
"""Events that the upper server could not take, with its reason in Vietnamese."""

sync_state = Table(
    "sync_state",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
)
"""Server, epoch, cursor, own high, batch size, last cycle, delivery proof: one row each."""

HIGH = "high:"
"""How the names begin that tell of a life how far the server has it."""

code_number = Table(
    "code_number",
    metadata,
    Column("day", String, nullable=False),
    Column("block", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    PrimaryKeyConstraint("day", "block"),
)
"""The last running number of a local day; block 0 is the ordinary one."""

notice_number = Table(
    "notice_number",
    metadata,
    Column("kind", String, nullable=False),
    Column("year", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    PrimaryKeyConstraint("kind", "year"),
)

dossier = Table(
    "dossier",
    metadata,
    Column("num", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("code", String, nullable=False, index=True),
    Column("own", Boolean, nullable=False),
    Column("applicant_name", String, nullable=False),
    Column("applicant_key", String, nullable=False),
    Column("personal_number", String, nullable=False),
    Column("procedure_code", String, nullable=False),
    Column("procedure_name", String, nullable=False),
    Column("status", String, nullable=False),
    Column("received_at", String, nullable=False),
    Column("received_on", String, nullable=False),
    Column("due_at", String, nullable=False),
    Column("judged_due_at", String, nullable=False),
    Column("judged_due_on", String, nullable=False),
    Column("completed_at", String),
    Column("returned_at", String),
    Column("holder_side", String, nullable=False),
    Column("holder", String, nullable=False),
    Column("shelf", String, nullable=False),
    Column("voided", Boolean, nullable=False),
    Column("slip", Boolean, nullable=False),
    Column("printed", Boolean, nullable=False),
    Column("visit_id", String, nullable=False),
    Column("last_own_num", Integer, nullable=False),
    Index("dossier_received_on", "received_on"),
    Index("dossier_status_due", "status", "judged_due_on"),
    Index("dossier_applicant", "applicant_key", "procedure_code"),
    Index("dossier_unsent", "last_own_num"),
    Index("dossier_visit", "visit_id", sqlite_where=text("visit_id <> ''")),
    Index("dossier_unprinted", "num", sqlite_where=text("slip AND NOT printed AND NOT voided")),
)
"""Projection: one row a dossier, for lists and figures. `num` rises with reception."""

dossier_alias = Table(
    "dossier_alias",
    metadata,
    Column("code", String, nullable=False),
    Column("dossier_id", String, nullable=False),
    PrimaryKeyConstraint("code", "dossier_id"),
)
"""Projection: old codes, pad numbers, portal codes."""

issued_code = Table(
    "issued_code",
    metadata,
    Column("code", String, primary_key=True),
    Column("dossier_id", String, nullable=False),
)
"""Every code this store ever gave out: the database itself refuses a second one."""

notice = Table(
    "notice",
    metadata,
    Column("id", String, primary_key=True),
    Column("notice_no", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("made_at", String, nullable=False),
)
"""Projection: refusals and supplement requests that have no dossier."""

print_job = Table(
    "print_job",
    metadata,
    Column("id", String, primary_key=True),
    Column("what", String, nullable=False),
    Column("subject", String, nullable=False, index=True),
    Column("dossier_id", String, index=True),
    Column("receipt_no", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("outcome", String),
    Column("copy_no", Integer, nullable=False),
    Column("printer", String, nullable=False),
    Column("bytes_hash", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("created_at", String, nullable=False),
    Index("print_job_unfinished", "state", sqlite_where=text("state <> 'done'")),
)
"""Whatever was to be printed, and how it ended."""

attachment = Table(
    "attachment",
    metadata,
    Column("num", Integer, primary_key=True),
    Column("event_id", String, nullable=False),
    Column("page", Integer, nullable=False),
    Column("sha256", String, nullable=False),
    Column("size", Integer, nullable=False),
    Column("epoch", String, nullable=False),
    Index("attachment_of", "event_id", "page", unique=True),
    Index("attachment_epoch", "epoch", "num"),
)
"""Pages of scanned papers that were scanned here. `epoch` is that of the upper server which has the
page; empty where none has. The bytes lie beside the book."""

pad_slip = Table(
    "pad_slip",
    metadata,
    Column("number", String, primary_key=True),
    Column("life", String, nullable=False, index=True),
    Column("running", Integer, nullable=False),
    Column("device", String, nullable=False),
    Column("printed_at", String),
    Column("fate", String, nullable=False),
    Column("reason", String, nullable=False),
)
"""Projection: slips of the emergency pad. `life` is what stands before the running number."""

ticket = Table(
    "ticket",
    metadata,
    Column("day", String, nullable=False),
    Column("group", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("taken_at", String, nullable=False),
    Column("state", String, nullable=False),
    PrimaryKeyConstraint("day", "group", "number"),
)
"""The queue: local, nobody's name, never in the log."""

appointment = Table(
    "appointment",
    metadata,
    Column("number", String, primary_key=True),
    Column("day", String, nullable=False, index=True),
    Column("starts_at", String, nullable=False),
    Column("ends_at", String, nullable=False),
    Column("name", String, nullable=False),
    Column("phone", String, nullable=False),
    Column("procedure_code", String, nullable=False),
    Column("procedure_name", String, nullable=False),
    Column("booked_at", String, nullable=False),
    Column("cancelled", Boolean, nullable=False),
)
"""Booked hours: local, never in the log."""

draft = Table(
    "draft",
    metadata,
    Column("id", String, primary_key=True),
    Column("officer_id", String, nullable=False, index=True),
    Column("saved_at", String, nullable=False),
    Column("fields", Text, nullable=False),
)

officer = Table(
    "officer",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("title", String, nullable=False),
    Column("roles", String, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("added", Integer, nullable=False),
)
"""Projection: names and rights, in the order they were added."""

officer_secret = Table(
    "officer_secret",
    metadata,
    Column("officer_id", String, primary_key=True),
    Column("pin_hash", String, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked_boot", String, nullable=False),
    Column("locked_until", String, nullable=False),
    Column("lock_seconds", Integer, nullable=False),
)
"""PIN hashes and locks: local, never in the log."""

document = Table(
    "document",
    metadata,
    Column("kind", String, nullable=False),
    Column("version", String, nullable=False),
    Column("num", Integer, nullable=False),
    Column("content", Text, nullable=False),
    Column("since", String, nullable=False, server_default=""),
    PrimaryKeyConstraint("kind", "version"),
)
"""Versions of what the store was told: office files, wordings of forms (`form:SET/FORM`), published files
(`published:KIND:NAME`); the newest `num` of a kind is in force, of a published file the newest version
whose day has come. `since` when it came into force, where that matters."""

known_key = Table(
    "known_key",
    metadata,
    Column("key_id", String, primary_key=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("device_id", String, nullable=False),
    Column("counter", Integer, nullable=False),
    Column("valid_from", String),
    Column("revoked_at", String),
)
"""Whose slips this store can verify."""

store_meta = Table(
    "store_meta",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
)
"""Device key, incarnation, counter, head of the own chain, local settings."""

TRIGGERS = (
    """CREATE TRIGGER event_log_no_delete BEFORE DELETE ON event_log
       BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END""",
    """CREATE TRIGGER event_log_no_update BEFORE UPDATE ON event_log
       WHEN NEW.payload <> '' OR NEW.hash <> OLD.hash OR NEW.payload_hash <> OLD.payload_hash
         OR NEW.prev_hash <> OLD.prev_hash OR NEW.event_id <> OLD.event_id
         OR NEW.device <> OLD.device OR NEW.incarnation <> OLD.incarnation
         OR NEW.dseq <> OLD.dseq OR NEW.type <> OLD.type OR NEW.version <> OLD.version
         OR NEW.subject <> OLD.subject OR NEW.occurred_at <> OLD.occurred_at
         OR NEW.clock <> OLD.clock OR NEW.actor_id <> OLD.actor_id
         OR NEW.actor_name <> OLD.actor_name OR NEW.num <> OLD.num
         OR OLD.type = 'subject.erased'
         OR NOT EXISTS (SELECT 1 FROM event_log AS said
                        WHERE said.type = 'subject.erased' AND said.subject = OLD.subject)
       BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END""",
    """CREATE TRIGGER issued_code_no_delete BEFORE DELETE ON issued_code
       BEGIN SELECT RAISE(ABORT, 'a code once issued stays issued'); END""",
)

SEARCH = """CREATE VIRTUAL TABLE dossier_search USING fts5(
    words, content='', contentless_delete=1, detail=none,
    tokenize='unicode61 remove_diacritics 0', prefix='1 2 3 4 5 6')"""
"""Folded words of a dossier; its rowid is the dossier's `num`."""
