"""What loans and payments tell collections: an instalment comes due, money came another way."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from api.audit.service import record as audit
from api.clock import Clock
from api.collecting import queries
from api.loans.queries import Book
from api.wakes import service as wakes
from api.work import Work
from contracts.names import WakeKind
from domain.collecting.retry import charge_at
from domain.ids import autopay_key, collection_workflow_id


async def plan_instalment(work: Work, book: Book, clock: Clock, number: int, due_on: date) -> bool:
    """Plan the charge of an instalment if its loan is on autopay; tells whether it is.

    Once per instalment, however often it is asked.
    """
    loan = book.loan
    if await queries.active_autopay(work, loan.id) is None:
        return False
    due_at = charge_at(due_on, book.creditor.zone)
    made = await queries.insert_instalment(
        work,
        {
            "loan_id": loan.id,
            "customer_id": loan.customer_id,
            "test_clock_id": loan.test_clock_id,
            "kind": "autopay",
            "status": "open",
            "currency": loan.currency,
            "instalment": number,
            "asks": "instalment",
            "natural_key": autopay_key(loan.id, number),
            "due_at": due_at,
            "created_at": clock.now,
            "page_wanted": False,
            "collected": 0,
            "version": 1,
        },
    )
    if made is not None:
        audit(
            work,
            "collection.planned",
            "loan",
            loan.id,
            {"collection": str(made), "instalment": number, "at": due_at.isoformat()},
        )
        await wakes.schedule_wake(
            work, collection_workflow_id(made), WakeKind.PAYMENT, due_at, loan.test_clock_id
        )
    return True


async def look_again(work: Work, loan_id: UUID) -> None:
    """What is owed on a locked loan has changed: its open collections plan again."""
    await wakes.raise_wakes(work, (await planned_on(work, [loan_id]))[loan_id])


async def planned_on(
    work: Work, loan_ids: Sequence[UUID]
) -> dict[UUID, list[tuple[str, WakeKind, UUID | None]]]:
    """The wakes of the open collections of locked loans, by loan, for when money moves there."""
    found: dict[UUID, list[tuple[str, WakeKind, UUID | None]]] = {key: [] for key in loan_ids}
    for row in await queries.open_on_loans(work, loan_ids):
        found[row.loan_id].append(
            (collection_workflow_id(row.id), WakeKind.PAYMENT, row.test_clock_id)
        )
    return found
