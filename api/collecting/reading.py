"""What is shown of collections and their attempts."""

from collections.abc import Sequence
from uuid import UUID

from api.collecting import queries
from api.collecting.tables import CollectionAttemptRow, CollectionRow
from api.loans import queries as loans
from api.pagination import PageRequest
from api.work import Work
from contracts.base import Page
from contracts.collecting import Collection
from domain.errors import DomainError, ErrorCode
from domain.ids import collection_workflow_id
from domain.money import quantize


async def get_collection(work: Work, collection_id: UUID) -> Collection:
    """A collection with its attempts; raises `NOT_FOUND`."""
    row = await queries.collection(work, collection_id)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such collection.")
    return _shown(row, (await queries.attempts(work, [row.id]))[row.id])


async def list_collections(
    work: Work, which: queries.CollectionFilter, page: PageRequest
) -> Page[Collection]:
    """Collections by number; raises `NOT_FOUND` for a loan that is not to be seen."""
    if which.loan_id is not None:
        await loans.book_of(work, which.loan_id)
    rows = await queries.page(work, which, page.after_number(), page.limit + 1)
    cut, cursor = page.cut(rows, [row.number for row in rows])
    tried = await queries.attempts(work, [row.id for row in cut])
    return Page(items=[_shown(row, tried[row.id]) for row in cut], next_cursor=cursor)


def _shown(row: CollectionRow, attempts: Sequence[CollectionAttemptRow]) -> Collection:
    return Collection.model_validate(
        {
            "id": row.id,
            "number": f"CO-{row.number}",
            "loan_id": row.loan_id,
            "kind": row.kind,
            "status": row.status,
            "reason": row.reason,
            "currency": row.currency,
            "instalment": row.instalment,
            "asks": row.asks,
            "collected": quantize(row.collected, row.currency),
            "payment_id": row.payment_id,
            "next_at": row.due_at if row.status == "open" else None,
            "created_at": row.created_at,
            "test_clock_id": row.test_clock_id,
            "workflow_id": collection_workflow_id(row.id),
            "version": row.version,
            "attempts": [
                {
                    "id": each.id,
                    "number": each.number,
                    "action": each.action,
                    "status": each.status,
                    "amount": quantize(each.amount, row.currency),
                    "gateway_reference": each.payment_reference or each.gateway_id,
                    "failure_code": each.failure_code,
                    "claimed_at": each.claimed_at,
                    "ended_at": each.ended_at,
                }
                for each in attempts
            ],
        }
    )
