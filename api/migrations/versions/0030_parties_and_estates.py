"""Parties of a loan get dates and liabilities of their own; deaths are told, verified, reversed."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a party have more than a role, and make room for bereavements and payers."""
    _widen_parties()
    op.add_column("loan_changes", sa.Column("customer_id", sa.Uuid(), nullable=True))
    op.execute(
        "update loan_changes c set customer_id = l.customer_id from loans l where l.id = c.loan_id"
    )
    op.alter_column("loan_changes", "customer_id", nullable=False)
    op.create_foreign_key(
        op.f("fk_loan_changes_customer_id_customers"),
        "loan_changes",
        "customers",
        ["customer_id"],
        ["id"],
    )
    op.create_table(
        "payment_payers",
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_payment_payers_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("payment_id", name=op.f("pk_payment_payers")),
    )
    op.create_index(
        op.f("ix_payment_payers_customer_id"), "payment_payers", ["customer_id"], unique=False
    )
    op.create_table(
        "bereavements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("notified_on", sa.Date(), nullable=False),
        sa.Column("notified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("notified_by", sa.String(), nullable=False),
        sa.Column("died_on", sa.Date(), nullable=True),
        sa.Column("evidence_ref", sa.String(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_by", sa.String(), nullable=True),
        sa.Column("representative_id", sa.Uuid(), nullable=True),
        sa.Column("reversed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reversed_by", sa.String(), nullable=True),
        sa.Column("reason_ct", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_bereavements_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["representative_id"],
            ["customers.id"],
            name=op.f("fk_bereavements_representative_id_customers"),
        ),
        sa.CheckConstraint(
            "status in ('notified', 'verified', 'reversed')", name=op.f("ck_bereavements_status")
        ),
        sa.CheckConstraint(
            "status <> 'verified' or (died_on is not null and evidence_ref is not null)",
            name=op.f("ck_bereavements_verified"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bereavements")),
    )
    op.create_index(
        "uq_bereavements_customer_id",
        "bereavements",
        ["customer_id"],
        unique=True,
        postgresql_where=sa.text("status <> 'reversed'"),
    )
    op.create_table(
        "bereavement_loans",
        sa.Column("bereavement_id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("principal", sa.Numeric(20, 3), nullable=False),
        sa.Column("interest", sa.Numeric(20, 3), nullable=False),
        sa.Column("fee", sa.Numeric(20, 3), nullable=False),
        sa.Column("penalty", sa.Numeric(20, 3), nullable=False),
        sa.Column("successor_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["bereavement_id"],
            ["bereavements.id"],
            name=op.f("fk_bereavement_loans_bereavement_id_bereavements"),
        ),
        sa.ForeignKeyConstraint(
            ["loan_id"], ["loans.id"], name=op.f("fk_bereavement_loans_loan_id_loans")
        ),
        sa.ForeignKeyConstraint(
            ["successor_id"],
            ["customers.id"],
            name=op.f("fk_bereavement_loans_successor_id_customers"),
        ),
        sa.PrimaryKeyConstraint("bereavement_id", "loan_id", name=op.f("pk_bereavement_loans")),
    )
    op.create_index(
        op.f("ix_bereavement_loans_loan_id"), "bereavement_loans", ["loan_id"], unique=False
    )
    for table in ("payment_payers", "bereavements", "bereavement_loans"):
        op.execute(f"grant select, insert, update on {table} to tenor_api")


def _widen_parties() -> None:
    op.add_column("loan_parties", sa.Column("id", sa.Uuid(), nullable=True))
    op.add_column("loan_parties", sa.Column("liability", sa.String(), nullable=True))
    op.add_column("loan_parties", sa.Column("share_percent", sa.Numeric(7, 4), nullable=True))
    op.add_column("loan_parties", sa.Column("from_on", sa.Date(), nullable=True))
    op.add_column("loan_parties", sa.Column("until_on", sa.Date(), nullable=True))
    op.add_column("loan_parties", sa.Column("called_on", sa.Date(), nullable=True))
    op.add_column("loan_parties", sa.Column("evidence_ref", sa.String(), nullable=True))
    op.add_column(
        "loan_parties", sa.Column("version", sa.Integer(), nullable=False, server_default="1")
    )
    op.alter_column("loan_parties", "version", server_default=None)
    # Whoever owed nothing was there to be talked to; a guarantor is liable once he is called.
    op.execute("""
        update loan_parties p set
            id = gen_random_uuid(),
            role = case when p.role = 'co_borrower' and not p.liable
                        then 'authorised_third_party' else p.role end,
            liability = case
                when p.role = 'primary' then 'full'
                when p.role = 'guarantor' then 'guarantee'
                when p.role = 'co_borrower' and p.liable then 'full'
                else 'none' end,
            from_on = coalesce(l.disbursed_on, cast(l.applied_at at time zone 'UTC' as date))
        from loans l where l.id = p.loan_id
    """)
    for name in ("id", "liability", "from_on"):
        op.alter_column("loan_parties", name, nullable=False)
    op.drop_column("loan_parties", "liable")
    op.drop_constraint(op.f("pk_loan_parties"), "loan_parties")
    op.create_primary_key(op.f("pk_loan_parties"), "loan_parties", ["id"])
    op.create_index(
        "uq_loan_parties_current",
        "loan_parties",
        ["loan_id", "customer_id"],
        unique=True,
        postgresql_where=sa.text("until_on is null"),
    )
    op.create_index(
        "uq_loan_parties_primary",
        "loan_parties",
        ["loan_id"],
        unique=True,
        postgresql_where=sa.text("role = 'primary' and until_on is null"),
    )
    op.create_index(op.f("ix_loan_parties_loan_id"), "loan_parties", ["loan_id"], unique=False)
    op.create_check_constraint(
        op.f("ck_loan_parties_owes"),
        "loan_parties",
        "role <> 'authorised_third_party' or liability = 'none'",
    )


def downgrade() -> None:
    """Take the change back; parties who left are forgotten."""
    op.drop_table("bereavement_loans")
    op.drop_table("bereavements")
    op.drop_table("payment_payers")
    op.drop_column("loan_changes", "customer_id")
    op.drop_constraint(op.f("ck_loan_parties_owes"), "loan_parties")
    op.drop_index(op.f("ix_loan_parties_loan_id"), table_name="loan_parties")
    op.drop_index("uq_loan_parties_primary", table_name="loan_parties")
    op.drop_index("uq_loan_parties_current", table_name="loan_parties")
    op.execute("delete from loan_parties where until_on is not null or role = 'estate'")
    op.drop_constraint(op.f("pk_loan_parties"), "loan_parties")
    op.create_primary_key(op.f("pk_loan_parties"), "loan_parties", ["loan_id", "customer_id"])
    op.add_column(
        "loan_parties",
        sa.Column("liable", sa.Boolean(), nullable=False, server_default=sa.true()),
    )
    op.alter_column("loan_parties", "liable", server_default=None)
    op.execute("update loan_parties set liable = liability <> 'none'")
    for name in (
        "id",
        "liability",
        "share_percent",
        "from_on",
        "until_on",
        "called_on",
        "evidence_ref",
        "version",
    ):
        op.drop_column("loan_parties", name)
