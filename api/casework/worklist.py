"""The worklist as it goes over the wire."""

from api.pagination import PageRequest
from api.recovery import worklist
from api.recovery.worklist import Look, Row
from api.work import Work
from contracts.base import Page
from contracts.casework import WorklistRow


async def rows(work: Work, look: Look, page: PageRequest) -> Page[WorklistRow]:
    """A page of what somebody looks at.

    Raises `INVALID_REQUEST` for a number that is none, and for a foreign cursor.
    """
    found = await worklist.rows(work, look, page)
    return Page(items=[_told(row) for row in found.rows], next_cursor=found.next_cursor)


def _told(row: Row) -> WorklistRow:
    contact = row.contact
    return WorklistRow(
        case=row.case,
        customer_number=row.customer.number,
        suggestion=row.suggestion,
        next_step=row.step,
        promised=None if row.promise is None else row.promise.amount,
        promised_for=None if row.promise is None else row.promise.due_on,
        last_contact_at=None if contact is None else contact.at,
        last_contact=None if contact is None else f"{contact.how}:{contact.result}",
    )
