"""Products that spell out their allocation or their buckets."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("products", sa.Column("allocation", postgresql.JSONB(), nullable=True))
    op.add_column("products", sa.Column("buckets", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("products", "buckets")
    op.drop_column("products", "allocation")
