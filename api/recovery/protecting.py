"""Who is protected by a moratorium now, and what may not be done to him while he is."""

from datetime import date
from uuid import UUID

from api.clock import Clock
from api.recovery import cases, hold_queries, holds, plan_queries
from api.recovery.tables import HoldRow
from api.work import Work
from domain.recovery import holds as rules
from domain.recovery.holds import HoldKind
from domain.recovery.moratorium import Scheme, forbid_charge


async def require_chargeable(work: Work, clock: Clock, customer_id: UUID) -> None:
    """Refuse to charge a borrower who is in a moratorium, by whatever law (`CHARGE_IN_MORATORIUM`).

    The loan is locked by the caller: a moratorium that is placed at the same time takes back what
    was charged before it, or is seen here.
    """
    binding = await _binding(work, clock, customer_id)
    if not binding:
        return
    # The one that lasts longest says until when; one without an end lasts longest of all.
    hold = max(binding, key=lambda row: row.ends_on or date.max)
    for row, placed in await plan_queries.moratoria_of(work, customer_id):
        if placed.id == hold.id:
            raise forbid_charge(Scheme(row.scheme), hold.ends_on, str(row.id))
    raise forbid_charge(None, hold.ends_on, None)


async def is_protected(work: Work, clock: Clock, customer_id: UUID) -> bool:
    """Whether a moratorium binds a person today, by whatever law."""
    return bool(await _binding(work, clock, customer_id))


async def _binding(work: Work, clock: Clock, customer_id: UUID) -> list[HoldRow]:
    found = await hold_queries.holds_of_customers(work, [customer_id])
    rows = [(row, creditor_id) for row, creditor_id in found if row.kind == HoldKind.MORATORIUM]
    zones = await cases.zones(work, [creditor_id for _, creditor_id in rows])
    return [
        row
        for row, creditor_id in rows
        if rules.binds(holds.rule_of(row), clock.today(zones[creditor_id]))
    ]
