"""The tables.  Times are aware UTC, cut to the hour wherever a row could be laid beside a chat."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_name)s", "pk": "pk_%(table_name)s"}
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hour", DateTime(timezone=True), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("language", String(2), nullable=False),
    Column("decision", String(16), nullable=False),
    Column("category", String(32)),
    Column("entry", String(48)),
    Column("digest", String(64)),  # of the exact text that was sent: an entry's, else the phrases'
    Column("rules", Text, nullable=False, default=""),  # ids of safety rules, by spaces
    Column("confidence", Float),
    Column("ms", Integer),  # from question to reply, in milliseconds
    Index("ix_decisions_hour", "hour"),
)

unmatched = Table(
    "unmatched",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hour", DateTime(timezone=True), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("language", String(2), nullable=False),
    Column("text", Text, nullable=False),  # redacted
    Column("nearest", JSON, nullable=False),  # [[entry, probability], …], likeliest first
    # unmatched | none_of_these | not_chosen | not_helpful: how it came here
    Column("why", String(16), nullable=False, server_default="unmatched"),
    Column("entry", String(48)),  # of not_helpful: what was answered
    Column("group_id", Integer),  # none until it was grouped
    Column("ref", String(24)),  # what the button "tell me" holds, random
    Index("ix_unmatched_hour", "hour"),
    Index("ix_unmatched_group_id", "group_id"),
    # Holds all that a page of the queue counts.
    Index("ix_unmatched_counts", "group_id", "hour", "language", "why"),
    Index("ix_unmatched_ref", "ref"),
)

# Who asked a question that is not grouped yet: erased within a minute, when they are counted.
asked = Table(
    "asked",
    metadata,
    Column("person", String(64), nullable=False),  # keyed hash
    Column("question", Integer, nullable=False),  # id in unmatched
    Column("seen", Date, nullable=False),
    PrimaryKeyConstraint("person", "question"),
)

# Questions of one meaning.  Staff change a group only at the version that they have seen.
groups = Table(
    "question_groups",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", Integer, nullable=False, server_default="1"),
    # open | answered | drafted | dismissed | merged
    Column("state", String(16), nullable=False, server_default="open"),
    Column("entry", String(48)),  # that answers it, or is drafted for it
    Column("merged_into", Integer),
    Column("assigned", String(48)),  # a member's name
    Column("first_hour", DateTime(timezone=True), nullable=False),
    Column("last_hour", DateTime(timezone=True), nullable=False),
    Column("questions", Integer, nullable=False, server_default="0"),
    Column("middle", Text, nullable=False),  # the mean vector, base64 of float16; may be encrypted
    Index("ix_question_groups_state", "state", "last_hour"),
)

# Who asked of a group, to count people: a keyed hash made anew for each group, so that nobody's
# questions can be laid beside each other.
askers = Table(
    "askers",
    metadata,
    Column("scope", Integer, nullable=False),  # the group in which it was counted
    Column("asker", String(64), nullable=False),
    Column("seen", Date, nullable=False),
    PrimaryKeyConstraint("scope", "asker"),
)

notes = Table(
    "notes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("group_id", Integer, nullable=False),
    Column("who", String(48), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("text", Text, nullable=False),
    Index("ix_notes_group_id", "group_id"),
)

# What staff did with groups, with what is needed to take it back.
steps = Table(
    "steps",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("group_id", Integer, nullable=False),
    Column("who", String(48), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("what", String(16), nullable=False),
    Column("before", JSON, nullable=False),
    Column("undone", Boolean, nullable=False, server_default="0"),
    Index("ix_steps_group_id", "group_id"),
)

# Who wants to be told when there is an answer.
waiting = Table(
    "waiting",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person", String(64), nullable=False),  # keyed hash
    Column("ref", String(24), nullable=False),  # of the question in unmatched
    Column("chat", Text, nullable=False),  # Telegram's number; may be encrypted
    Column("language", String(2), nullable=False),
    Column("until", Date, nullable=False),
    Column("taken_at", DateTime(timezone=True)),  # set before it is sent: never sent twice
    UniqueConstraint("person", "ref", name="uq_waiting_person"),
    Index("ix_waiting_ref", "ref"),
)

# People of the organisation.  A removed one keeps the row: what they did stays theirs.
staff = Table(
    "staff",
    metadata,
    Column("name", String(48), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("telegram", BigInteger),  # the member's own number there
    Column("added_at", DateTime(timezone=True), nullable=False),
    Column("removed_at", DateTime(timezone=True)),
    UniqueConstraint("telegram", name="uq_staff_telegram"),
)

# One-time links, by the hash of their secret.
links = Table(
    "links",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("name", String(48), nullable=False),
    Column("purpose", String(16), nullable=False),  # console | telegram
    Column("until", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    Index("ix_links_name", "name"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("name", String(48), nullable=False),
    Column("began_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Index("ix_sessions_name", "name"),
)

# What members said of a text: written | submitted | approved | returned | withdrawn | comment.
verdicts = Table(
    "verdicts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("object", String(64), nullable=False),  # entries/malaria-spread, phrases, contacts/KE
    Column("language", String(2), nullable=False),  # empty for contacts
    Column("digest", String(64), nullable=False),
    Column("who", String(48), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("comment", Text, nullable=False, server_default=""),
    Index("ix_verdicts_object", "object", "language"),
)

# The exact text behind a digest, as it was when somebody judged it.
versions = Table(
    "versions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("object", String(64), nullable=False),
    Column("language", String(2), nullable=False),
    Column("body", JSON, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)

# Who did what; each row holds the hash of the one before it.  Never changed: triggers see to it.
audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", String(32), nullable=False),  # ISO 8601, UTC, as it was hashed
    Column("who", String(48), nullable=False),
    Column("what", String(32), nullable=False),
    Column("object", String(120), nullable=False),
    Column("before", String(64), nullable=False, server_default=""),
    Column("after", String(64), nullable=False, server_default=""),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

# The last row of the audit, so that taking it away shows.  One row.
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)

# When staff were last told of something, so that a restart tells it no second time.
told = Table(
    "told",
    metadata,
    Column("kind", String(64), primary_key=True),  # digest, rise:<group>, …
    Column("at", DateTime(timezone=True), nullable=False),
    Column("number", Integer, nullable=False, server_default="0"),
)

people = Table(
    "people",
    metadata,
    Column("person", String(64), primary_key=True),  # keyed hash
    Column("language", String(2), nullable=False),
    Column("seen", Date, nullable=False),
)

votes = Table(
    "votes",
    metadata,
    Column("person", String(64), nullable=False),  # keyed hash
    Column("entry", String(48), nullable=False),
    Column("language", String(2), nullable=False),
    Column("helpful", Boolean, nullable=False),
    Column("seen", Date, nullable=False),
    PrimaryKeyConstraint("person", "entry"),
)

# Who used a word that is in no list, so that it may be shown once three people have.
words = Table(
    "words",
    metadata,
    Column("person", String(64), nullable=False),  # keyed hash
    Column("word", String(64), nullable=False),  # keyed hash
    Column("seen", Date, nullable=False),
    PrimaryKeyConstraint("person", "word"),
    Index("ix_words_word", "word"),
)

handled = Table(
    "handled_updates",
    metadata,
    Column("update_id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", DateTime(timezone=True), nullable=False),
)

troubled = Table(
    "troubled_updates",
    metadata,
    Column("update_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(32), nullable=False),
    Column("error", String(64), nullable=False),  # the exception's type; never its message
    Column("attempts", Integer, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
