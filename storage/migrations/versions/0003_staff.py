"""Staff, the queue, approvals, the audit, and who wants to be told."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = (
    "asked",
    "askers",
    "audit",
    "audit_head",
    "links",
    "notes",
    "question_groups",
    "sessions",
    "staff",
    "steps",
    "told",
    "verdicts",
    "versions",
    "waiting",
)
KEPT_AS_IT_IS = "what stands in the audit is never changed"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "asked",
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("question", sa.Integer(), nullable=False),
        sa.Column("seen", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("person", "question", name="pk_asked"),
    )
    op.create_table(
        "askers",
        sa.Column("scope", sa.Integer(), nullable=False),
        sa.Column("asker", sa.String(64), nullable=False),
        sa.Column("seen", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "asker", name="pk_askers"),
    )
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("who", sa.String(48), nullable=False),
        sa.Column("what", sa.String(32), nullable=False),
        sa.Column("object", sa.String(120), nullable=False),
        sa.Column("before", sa.String(64), server_default="", nullable=False),
        sa.Column("after", sa.String(64), server_default="", nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit"),
    )
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    op.create_table(
        "links",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("name", sa.String(48), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("hash", name="pk_links"),
    )
    op.create_index("ix_links_name", "links", ["name"])
    op.create_table(
        "notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(48), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notes"),
    )
    op.create_index("ix_notes_group_id", "notes", ["group_id"])
    op.create_table(
        "question_groups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("state", sa.String(16), server_default="open", nullable=False),
        sa.Column("entry", sa.String(48)),
        sa.Column("merged_into", sa.Integer()),
        sa.Column("assigned", sa.String(48)),
        sa.Column("first_hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("questions", sa.Integer(), server_default="0", nullable=False),
        sa.Column("middle", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_question_groups"),
    )
    op.create_index("ix_question_groups_state", "question_groups", ["state", "last_hour"])
    op.create_table(
        "sessions",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("name", sa.String(48), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_sessions"),
    )
    op.create_index("ix_sessions_name", "sessions", ["name"])
    op.create_table(
        "staff",
        sa.Column("name", sa.String(48), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("telegram", sa.BigInteger()),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("name", name="pk_staff"),
        sa.UniqueConstraint("telegram", name="uq_staff_telegram"),
    )
    op.create_table(
        "steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(48), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("undone", sa.Boolean(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_steps"),
    )
    op.create_index("ix_steps_group_id", "steps", ["group_id"])
    op.create_table(
        "told",
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("kind", name="pk_told"),
    )
    op.create_table(
        "verdicts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("object", sa.String(64), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("who", sa.String(48), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_verdicts"),
    )
    op.create_index("ix_verdicts_object", "verdicts", ["object", "language"])
    op.create_table(
        "versions",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("object", sa.String(64), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_versions"),
    )
    op.create_table(
        "waiting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("ref", sa.String(24), nullable=False),
        sa.Column("chat", sa.Text(), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_waiting"),
        sa.UniqueConstraint("person", "ref", name="uq_waiting_person"),
    )
    op.create_index("ix_waiting_ref", "waiting", ["ref"])
    with op.batch_alter_table("decisions") as batch_op:
        batch_op.add_column(sa.Column("ms", sa.Integer()))
        batch_op.alter_column(
            "digest", existing_type=sa.VARCHAR(16), type_=sa.String(64), existing_nullable=True
        )
    with op.batch_alter_table("unmatched") as batch_op:
        batch_op.add_column(
            sa.Column("why", sa.String(16), server_default="unmatched", nullable=False)
        )
        batch_op.add_column(sa.Column("entry", sa.String(48)))
        batch_op.add_column(sa.Column("group_id", sa.Integer()))
        batch_op.add_column(sa.Column("ref", sa.String(24)))
        batch_op.create_index("ix_unmatched_group_id", ["group_id"])
        batch_op.create_index("ix_unmatched_counts", ["group_id", "hour", "language", "why"])
        batch_op.create_index("ix_unmatched_ref", ["ref"])

    op.execute("INSERT INTO audit_head (id, number, hash) VALUES (1, 0, '')")
    _forbid_changes()


def _forbid_changes() -> None:
    """Let the database itself refuse to change or erase rows of the audit."""
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_no_{act.lower()} BEFORE {act} ON audit "
                f"BEGIN SELECT RAISE(ABORT, '{KEPT_AS_IT_IS}'); END"
            )
    elif op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{KEPT_AS_IT_IS}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_stays()"
        )


def downgrade() -> None:
    """Take the tables away; what staff did is lost with them."""
    for table in TABLES:
        op.drop_table(table)
    with op.batch_alter_table("unmatched") as unmatched:
        for index in ("ix_unmatched_group_id", "ix_unmatched_counts", "ix_unmatched_ref"):
            unmatched.drop_index(index)
        for column in ("why", "entry", "group_id", "ref"):
            unmatched.drop_column(column)
    with op.batch_alter_table("decisions") as decisions:
        decisions.drop_column("ms")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_stays()")
