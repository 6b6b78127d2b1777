"""Decisions about contact become chains, one for each customer."""

from uuid import UUID

import sqlalchemy as sa
from alembic import op

from domain.evidence.canonical import digest_of, instant
from domain.evidence.chain import beginning, link

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

AT_ONCE = 2_000

decisions = sa.table(
    "contact_decisions",
    sa.column("id", sa.Uuid()),
    sa.column("customer_id", sa.Uuid()),
    sa.column("message_id", sa.Uuid()),
    sa.column("outcome", sa.String()),
    sa.column("reasons", sa.ARRAY(sa.String())),
    sa.column("packs", sa.ARRAY(sa.String())),
    sa.column("inputs", sa.JSON()),
    sa.column("decided_at", sa.DateTime(timezone=True)),
    sa.column("defer_until", sa.DateTime(timezone=True)),
    sa.column("valid_until", sa.DateTime(timezone=True)),
    sa.column("place", sa.BigInteger()),
    sa.column("link", sa.String()),
)


def upgrade() -> None:
    """Chain what was decided so far, in the order in which it was, then demand it of all."""
    op.add_column("contact_decisions", sa.Column("place", sa.BigInteger(), nullable=True))
    op.add_column("contact_decisions", sa.Column("link", sa.String(), nullable=True))
    # The guard of an append-only table sleeps while the old rows get what they lack.
    op.execute("alter table contact_decisions disable trigger append_only")
    _chain(op.get_bind())
    op.execute("alter table contact_decisions enable trigger append_only")
    op.alter_column("contact_decisions", "place", nullable=False)
    op.alter_column("contact_decisions", "link", nullable=False)
    op.create_unique_constraint(
        op.f("uq_contact_decisions_customer_id_place"),
        "contact_decisions",
        ["customer_id", "place"],
    )
    op.drop_index(op.f("ix_contact_decisions_customer_id"), table_name="contact_decisions")


def _chain(connection: sa.Connection) -> None:
    columns = [column for column in decisions.c if column.name not in {"place", "link"}]
    found = connection.execute(
        sa.select(*columns)
        .order_by(decisions.c.customer_id, decisions.c.id)
        .execution_options(yield_per=AT_ONCE)
    )
    owner: UUID | None = None
    place, previous = 0, ""
    ready: list[dict[str, object]] = []
    for row in found:
        if row.customer_id != owner:
            owner, place, previous = row.customer_id, 0, beginning(row.customer_id)
        made = link(
            previous,
            place + 1,
            digest_of(
                {
                    "id": str(row.id),
                    "customer_id": str(row.customer_id),
                    "message_id": str(row.message_id),
                    "outcome": row.outcome,
                    "reasons": list(row.reasons),
                    "packs": list(row.packs),
                    "inputs": dict(row.inputs),
                    "decided_at": instant(row.decided_at),
                    "defer_until": None if row.defer_until is None else instant(row.defer_until),
                    "valid_until": None if row.valid_until is None else instant(row.valid_until),
                }
            ),
        )
        place, previous = made.place, made.hash
        ready.append({"of": row.id, "at": made.place, "linked": made.hash})
        if len(ready) == AT_ONCE:
            _write(connection, ready)
            ready = []
    if ready:
        _write(connection, ready)


def _write(connection: sa.Connection, ready: list[dict[str, object]]) -> None:
    connection.execute(
        sa.update(decisions)
        .where(decisions.c.id == sa.bindparam("of"))
        .values(place=sa.bindparam("at"), link=sa.bindparam("linked")),
        ready,
    )


def downgrade() -> None:
    """Take the chains away."""
    op.create_index(
        op.f("ix_contact_decisions_customer_id"), "contact_decisions", ["customer_id"], unique=False
    )
    op.drop_constraint(op.f("uq_contact_decisions_customer_id_place"), "contact_decisions")
    op.drop_column("contact_decisions", "link")
    op.drop_column("contact_decisions", "place")
