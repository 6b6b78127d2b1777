"""How far back a loan's past may be corrected: not behind a change to its schedule.

What was paid and late before such a change followed from another schedule; telling it again by
the present one would be wrong.
"""

from datetime import date
from uuid import UUID

from sqlalchemy import func, select

from api.payments.tables import TransactionRow
from api.work import Work
from domain.errors import DomainError, ErrorCode


async def earliest_correctable_on(work: Work, loan_id: UUID) -> date | None:
    """The first day from which a loan's past may be told again; None: from its beginning."""
    found: date | None = await work.session.scalar(
        select(func.max(TransactionRow.value_on)).where(
            TransactionRow.loan_id == loan_id, TransactionRow.kind == "replanned"
        )
    )
    return found


async def check(work: Work, loan_id: UUID, value_on: date, number: int) -> None:
    """Refuse to tell a past again that a change to the schedule has closed.

    Raises `BEHIND_SCHEDULE_CHANGE` with the fact `from`.
    """
    await work.session.flush()
    since = await earliest_correctable_on(work, loan_id)
    if since is None:
        return
    last: int | None = await work.session.scalar(
        select(func.max(TransactionRow.number)).where(
            TransactionRow.loan_id == loan_id, TransactionRow.kind == "replanned"
        )
    )
    if value_on < since or (last is not None and number < last):
        raise DomainError(
            ErrorCode.BEHIND_SCHEDULE_CHANGE,
            f"The schedule was changed on {since}; what came before stands as it is.",
            {"from": since.isoformat()},
        )
