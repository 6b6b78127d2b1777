"""What arrangements and settlements have in common: who is asked, and what stands in the way."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from api.clock import clock_for
from api.recovery import cases, queries
from api.recovery.cases import Held
from api.recovery.tables import CaseRow
from api.tasks import service as tasks
from api.work import Work
from contracts.names import Role
from domain.errors import DomainError, ErrorCode

DECIDE_WITHIN: Final = timedelta(days=2)
"""How soon a second person should have decided."""


async def found(work: Work, case_id: UUID) -> tuple[CaseRow, date]:
    """A case that is only looked at, and the business date of its books. Raises `NOT_FOUND`."""
    case = await queries.find(work, case_id)
    if case is None:
        raise cases.missing()
    zone = (await cases.zones(work, [case.creditor_id]))[case.creditor_id]
    return case, (await clock_for(work, case.test_clock_id)).today(zone)


def require(status: str, wanted: Collection[str]) -> None:
    """Refuse what is not possible in a state (`ILLEGAL_TRANSITION`)."""
    if status not in wanted:
        raise DomainError(
            ErrorCode.ILLEGAL_TRANSITION, f"It is {status} by now.", {"status": status}
        )


def stands(what: str) -> DomainError:
    """The refusal of something beside what stands already."""
    return DomainError(
        ErrorCode.PLAN_STANDS,
        "Something agreed on the case stands in the way; end it first.",
        {"what": what},
    )


def task_key(what: str, agreed_id: UUID) -> str:
    """The key of the task that asks a second person."""
    return f"{what}:{agreed_id}"


async def ask_second_person(work: Work, held: Held, what: str, agreed_id: UUID) -> None:
    """Ask a manager to agree to what somebody proposed."""
    await tasks.open_task(
        work,
        held.clock,
        natural_key=task_key(what, agreed_id),
        kind=what,
        title=f"Decide on the {what} of {cases.number(held.case)}",
        role=Role.MANAGER,
        due_at=held.clock.now + DECIDE_WITHIN,
        case_id=held.case.id,
        customer_id=held.case.customer_id,
        payload={f"{what}_id": str(agreed_id)},
    )
