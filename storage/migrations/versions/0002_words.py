"""Who used which word that is in no list."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "words",
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("word", sa.String(64), nullable=False),
        sa.Column("seen", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("person", "word", name="pk_words"),
    )
    op.create_index("ix_words_word", "words", ["word"])


def downgrade() -> None:
    """Take the table away."""
    op.drop_table("words")
