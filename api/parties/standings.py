"""Who stands how on which loan: what other features ask before they write to somebody."""

from collections.abc import Collection, Mapping
from datetime import date
from uuid import UUID

from api.loans.parties import rule_of
from api.parties import queries
from api.work import Work
from domain.lending.parties import Party


async def on_loans(
    work: Work, loan_ids: Collection[UUID], customer_ids: Collection[UUID]
) -> Mapping[tuple[UUID, UUID], Party]:
    """What these people are on these loans now, by customer and loan; nobody else is in it."""
    rows = await queries.current(work, loan_ids, customer_ids)
    return {(row.customer_id, row.loan_id): rule_of(row) for row in rows}


async def of_loans(work: Work, loan_ids: Collection[UUID]) -> list[Party]:
    """Everybody who is a party of any of these loans now, in the order they came."""
    return [rule_of(row) for row in await queries.current(work, loan_ids)]


async def cases_of_others(work: Work, customer_id: UUID) -> Collection[UUID]:
    """Open cases of somebody else that have a loan of which a person owes something now."""
    return await queries.cases_of_others(work, customer_id)


async def deceased_since(work: Work, customer_ids: Collection[UUID]) -> Mapping[UUID, date]:
    """Of these people, those who are said to have died, and the day on which we heard of it."""
    return {row.customer_id: row.notified_on for row in await queries.bereaved(work, customer_ids)}


async def deceased_in(work: Work, case_id: UUID) -> date | None:
    """The day on which we heard that the customer of a case has died; null while nobody said so."""
    return await queries.bereaved_in(work, case_id)
