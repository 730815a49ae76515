"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("decision", sa.String(16), nullable=False),
        sa.Column("category", sa.String(32)),
        sa.Column("entry", sa.String(48)),
        sa.Column("digest", sa.String(16)),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("confidence", sa.Float),
    )
    op.create_index("ix_decisions_hour", "decisions", ["hour"])
    op.create_table(
        "unmatched",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("nearest", sa.JSON, nullable=False),
    )
    op.create_index("ix_unmatched_hour", "unmatched", ["hour"])
    op.create_table(
        "people",
        sa.Column("person", sa.String(64), primary_key=True),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("seen", sa.Date, nullable=False),
    )
    op.create_table(
        "votes",
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("entry", sa.String(48), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("helpful", sa.Boolean, nullable=False),
        sa.Column("seen", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("person", "entry", name="pk_votes"),
    )
    op.create_table(
        "handled_updates",
        sa.Column("update_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "troubled_updates",
        sa.Column("update_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("error", sa.String(64), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Take the tables away."""
    for name in (
        "troubled_updates",
        "handled_updates",
        "votes",
        "people",
        "unmatched",
        "decisions",
    ):
        op.drop_table(name)
