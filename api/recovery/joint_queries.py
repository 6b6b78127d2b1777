"""SQL of joint debtors: which cases stand in for a case, and which may not."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import exists, select

from api.db.base import among
from api.recovery.tables import CaseLoanRow, CaseRow, HoldRow
from api.work import Work
from domain.recovery.case import CloseReason
from domain.recovery.holds import HoldKind


@dataclass(frozen=True, slots=True)
class StandIn:
    """A loan in the open case of a joint debtor, which stands in for that of its borrower."""

    case_id: UUID
    number: int
    customer_id: UUID
    loan_id: UUID


async def may_concern(work: Work, case_id: UUID) -> bool:
    """Whether a case has, or may have, others that stand in for it; one look for most cases."""
    case = select(CaseRow.customer_id).where(CaseRow.id == case_id).scalar_subquery()
    found: bool | None = await work.session.scalar(
        select(
            exists().where(CaseLoanRow.for_case_id == case_id, CaseLoanRow.left_on.is_(None))
            | exists().where(HoldRow.customer_id == case, HoldRow.kind == HoldKind.MORATORIUM.value)
        )
    )
    return bool(found)


async def standing(work: Work, case_id: UUID) -> Sequence[StandIn]:
    """The loans that are asked of joint debtors now in the place of a case, by case and loan."""
    rows = await work.session.execute(
        select(CaseLoanRow.case_id, CaseRow.number, CaseRow.customer_id, CaseLoanRow.loan_id)
        .join(CaseRow, CaseRow.id == CaseLoanRow.case_id)
        .where(CaseLoanRow.for_case_id == case_id, CaseLoanRow.left_on.is_(None))
        .order_by(CaseRow.number, CaseLoanRow.loan_id)
    )
    return [StandIn(*row) for row in rows]


async def stands_in(work: Work, case_id: UUID) -> bool:
    """Whether a case has a loan now that is asked of its customer in the place of another."""
    found: bool | None = await work.session.scalar(
        select(
            exists().where(
                CaseLoanRow.case_id == case_id,
                CaseLoanRow.left_on.is_(None),
                CaseLoanRow.for_case_id.is_not(None),
            )
        )
    )
    return bool(found)


async def decided(
    work: Work, case_id: UUID, loan_ids: Collection[UUID]
) -> Mapping[tuple[UUID, UUID], bool]:
    """Joint debtors and loans whose case for this one was ended by a person's decision."""
    rows = await work.session.execute(
        select(CaseRow.customer_id, CaseLoanRow.loan_id)
        .join(CaseRow, CaseRow.id == CaseLoanRow.case_id)
        .where(
            CaseLoanRow.for_case_id == case_id,
            among(CaseLoanRow.loan_id, loan_ids),
            CaseRow.status == "closed",
            CaseRow.closed_reason.not_in([CloseReason.CURED, CloseReason.PROTECTION_ENDED]),
        )
    )
    return {(customer_id, loan_id): True for customer_id, loan_id in rows}
