"""Products that say more about their schedules."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("products", sa.Column("schedule", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("products", "schedule")
