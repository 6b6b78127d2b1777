"""Where customers live in their country, when they asked to be contacted, and what a slot is for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customers", sa.Column("region", sa.String(), nullable=True))
    op.add_column("customers", sa.Column("city_ct", sa.LargeBinary(), nullable=True))
    op.add_column("customers", sa.Column("postcode_ct", sa.LargeBinary(), nullable=True))
    op.add_column(
        "customers",
        sa.Column("contact_hours", postgresql.JSONB(), nullable=False, server_default="[]"),
    )
    op.add_column(
        "contact_slots",
        sa.Column("loan_ids", postgresql.ARRAY(sa.Uuid()), nullable=False, server_default="{}"),
    )
    op.add_column(
        "contact_slots",
        sa.Column("kind", sa.String(), nullable=False, server_default="attempt"),
    )
    for column in ("by_customer", "consented"):
        op.add_column(
            "contact_slots",
            sa.Column(column, sa.Boolean(), nullable=False, server_default=sa.false()),
        )


def downgrade() -> None:
    for column in ("consented", "by_customer", "kind", "loan_ids"):
        op.drop_column("contact_slots", column)
    for column in ("contact_hours", "postcode_ct", "city_ct", "region"):
        op.drop_column("customers", column)
