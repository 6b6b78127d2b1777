"""How much of a change one person may make alone, by kind and currency, set by a creditor."""

from uuid import UUID

from api.audit.service import record as audit
from api.creditors import service as creditors
from api.loan_changes import queries
from api.versions import check_version
from api.work import Work
from contracts.loan_changes import ChangeLimit, ChangeLimits
from domain.errors import DomainError, ErrorCode
from domain.money import exact, quantize


async def get(work: Work, creditor_id: UUID) -> tuple[ChangeLimits, int]:
    """A creditor's limits with the creditor's version; raises `NOT_FOUND`."""
    creditor = await creditors.by_id(work, creditor_id)
    rows = await queries.limits(work, creditor_id)
    found = ChangeLimits.model_validate(
        {
            "limits": [
                {
                    "kind": row.kind,
                    "currency": row.currency,
                    "amount": quantize(row.amount, row.currency),
                }
                for row in rows
            ]
        }
    )
    return found, creditor.version


async def put(
    work: Work, creditor_id: UUID, wanted: ChangeLimits, seen: int
) -> tuple[ChangeLimits, int]:
    """Set all limits of a creditor.

    Raises `NOT_FOUND`, `PRECONDITION_FAILED`, `INVALID_REQUEST` where one is named twice or below
    zero, `UNKNOWN_CURRENCY` and `AMOUNT_PRECISION`.
    """
    creditor = await creditors.by_id(work, creditor_id)
    await work.session.refresh(creditor, with_for_update=True)
    check_version(seen, creditor.version)
    _check(wanted.limits)
    await queries.replace_limits(work, creditor_id, wanted.limits)
    creditor.version += 1
    audit(
        work,
        "creditor.change_limits_set",
        "creditor",
        creditor_id,
        {f"{limit.kind}.{limit.currency}": str(limit.amount) for limit in wanted.limits},
    )
    return await get(work, creditor_id)


def _check(limits: list[ChangeLimit]) -> None:
    if len({(limit.kind, limit.currency) for limit in limits}) != len(limits):
        raise DomainError(ErrorCode.INVALID_REQUEST, "A kind and currency has one limit.")
    for limit in limits:
        if exact(limit.amount, limit.currency) < 0:
            raise DomainError(ErrorCode.INVALID_REQUEST, "A limit is not below zero.")
