"""Stretches in which the lateness of loans does not count. Append-only."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from api.arrears.tables import ArrearsPauseRow
from api.db.base import among
from api.work import Work
from domain.lending.arrears import Pause


async def of_loans(work: Work, loan_ids: Collection[UUID]) -> Mapping[UUID, Sequence[Pause]]:
    """Loan id to its pauses, of several loans; one without pauses is left out."""
    found: dict[UUID, list[Pause]] = {}
    if not loan_ids:
        return found
    rows = await work.session.scalars(
        select(ArrearsPauseRow).where(among(ArrearsPauseRow.loan_id, loan_ids))
    )
    for row in rows:
        found.setdefault(row.loan_id, []).append(Pause(row.starts_on, row.ends_on))
    return found


async def of_loan(work: Work, loan_id: UUID) -> Sequence[Pause]:
    """The pauses of a loan."""
    return (await of_loans(work, [loan_id])).get(loan_id, ())
