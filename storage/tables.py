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
    Column("digest", String(16)),  # of the entry's exact text that was sent
    Column("rules", Text, nullable=False, default=""),  # ids of safety rules, by spaces
    Column("confidence", Float),
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
    Index("ix_unmatched_hour", "hour"),
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
