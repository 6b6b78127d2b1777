"""SQL of holds: which concern a case, and which a person."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Select,
    Uuid,
    and_,
    any_,
    literal,
    or_,
    select,
    union,
)
from sqlalchemy.orm import aliased

from api.complaints.tables import ComplaintRow
from api.db.base import among
from api.loans.tables import LoanRow
from api.recovery.tables import (
    CaseLoanRow,
    CaseRow,
    HoldRow,
)
from api.work import Work
from domain.complaints.complaint import OPEN
from domain.recovery.holds import OF_THE_DEBT, OF_THE_PERSON


def _concerning(case_id: UUID) -> Select[HoldRow]:
    """The holds that concern a case: those on its debt, and those about the person.

    A hold outlives the case it was placed on: a debt that is disputed is so when it falls late
    again.
    """
    case, placed_on = aliased(CaseRow), aliased(CaseRow)
    same_debt = and_(placed_on.creditor_id == case.creditor_id, placed_on.currency == case.currency)
    return (
        select(HoldRow)
        .join(case, case.customer_id == HoldRow.customer_id)
        .join(placed_on, placed_on.id == HoldRow.case_id)
        .where(case.id == case_id, or_(same_debt, HoldRow.kind.in_(sorted(OF_THE_PERSON))))
    )


def _of_the_debt(case_id: UUID) -> Select[HoldRow]:
    """The holds of other parties that are about the debt of a case itself."""
    case, placed_on = aliased(CaseRow), aliased(CaseRow)
    return (
        select(HoldRow)
        .join(placed_on, placed_on.id == HoldRow.case_id)
        .join(case, case.customer_id == placed_on.customer_id)
        .where(
            case.id == case_id,
            HoldRow.customer_id != case.customer_id,
            HoldRow.kind.in_(sorted(OF_THE_DEBT)),
            placed_on.creditor_id == case.creditor_id,
            placed_on.currency == case.currency,
        )
    )


def _of_the_joint_debt(case_id: UUID) -> Select[HoldRow]:
    """The holds about the debt itself that stand on the case which this one stands in for."""
    return _joint_debts([case_id]).with_only_columns(HoldRow)


def _placed_for_others(case_id: UUID) -> Select[HoldRow]:
    """The holds that were placed on a case for another party than its customer."""
    return (
        select(HoldRow)
        .join(CaseRow, CaseRow.id == HoldRow.case_id)
        .where(HoldRow.case_id == case_id, HoldRow.customer_id != CaseRow.customer_id)
    )


async def _rows(work: Work, *queries: Select[HoldRow]) -> Sequence[HoldRow]:
    found = union(*(query.with_only_columns(HoldRow.id) for query in queries))
    rows = await work.session.scalars(
        select(HoldRow)
        .where(HoldRow.id.in_(found))
        .order_by(HoldRow.created_at, HoldRow.id)
        .execution_options(populate_existing=True)
    )
    return rows.all()


async def holds(work: Work, case_id: UUID) -> Sequence[HoldRow]:
    """All holds that concern a case, wherever they were placed, oldest first."""
    return await _rows(
        work, _concerning(case_id), _of_the_debt(case_id), _of_the_joint_debt(case_id)
    )


async def holds_shown(work: Work, case_id: UUID) -> Sequence[HoldRow]:
    """The same, and those placed on it that bind another party alone."""
    return await _rows(
        work,
        _concerning(case_id),
        _of_the_debt(case_id),
        _of_the_joint_debt(case_id),
        _placed_for_others(case_id),
    )


async def find_hold(work: Work, case_id: UUID, hold_id: UUID) -> HoldRow | None:
    """A hold that concerns a case, or was placed on it for another party."""
    return next((row for row in await holds_shown(work, case_id) if row.id == hold_id), None)


async def holds_of_debts(
    work: Work, case_ids: Collection[UUID]
) -> Sequence[tuple[HoldRow, UUID, UUID]]:
    """The holds about the debts of cases themselves, whoever they came from.

    Each with the case that it binds, and its creditor.
    """
    case, placed_on = aliased(CaseRow), aliased(CaseRow)
    rows = await work.session.execute(
        select(HoldRow, case.id, case.creditor_id)
        .join(placed_on, placed_on.id == HoldRow.case_id)
        .join(
            case,
            and_(
                case.customer_id == placed_on.customer_id,
                case.creditor_id == placed_on.creditor_id,
                case.currency == placed_on.currency,
            ),
        )
        .where(case.id.in_(case_ids), HoldRow.kind.in_(sorted(OF_THE_DEBT)))
    )
    stood_in = await work.session.execute(_joint_debts(case_ids))
    return [(hold, case_id, creditor_id) for hold, case_id, creditor_id in (*rows, *stood_in)]


def _joint_debts(case_ids: Collection[UUID]) -> Select[HoldRow, UUID, UUID]:
    """The holds about debts which cases stand in for, each with the case that stands in."""
    stood_for, placed_on = aliased(CaseRow), aliased(CaseRow)
    return (
        select(HoldRow, CaseLoanRow.case_id, placed_on.creditor_id)
        .join(placed_on, placed_on.id == HoldRow.case_id)
        .join(
            stood_for,
            and_(
                stood_for.customer_id == placed_on.customer_id,
                stood_for.creditor_id == placed_on.creditor_id,
                stood_for.currency == placed_on.currency,
            ),
        )
        .join(CaseLoanRow, CaseLoanRow.for_case_id == stood_for.id)
        .where(
            CaseLoanRow.case_id.in_(case_ids),
            CaseLoanRow.left_on.is_(None),
            HoldRow.kind.in_(sorted(OF_THE_DEBT)),
        )
        .distinct()
    )


async def holds_of_customers(
    work: Work, customer_ids: Collection[UUID]
) -> Sequence[tuple[HoldRow, UUID]]:
    """Every hold of these people with the creditor of its case, ended or not."""
    rows = await work.session.execute(
        select(HoldRow, CaseRow.creditor_id)
        .join(CaseRow, CaseRow.id == HoldRow.case_id)
        .where(among(HoldRow.customer_id, customer_ids))
    )
    return [(hold, creditor_id) for hold, creditor_id in rows]


# -- complaints --------------------------------------------------------------------------------


async def holds_of_complaint(work: Work, complaint_id: UUID) -> Sequence[HoldRow]:
    """The holds that follow from a complaint, by their cases."""
    query = select(HoldRow).where(HoldRow.complaint_id == complaint_id)
    return (await work.session.scalars(query.order_by(HoldRow.case_id))).all()


async def is_held_for(work: Work, case_id: UUID, complaint_id: UUID) -> bool:
    """Whether a hold that follows from a complaint concerns a case already."""
    query = _concerning(case_id).where(
        HoldRow.complaint_id == complaint_id, HoldRow.ended_at.is_(None)
    )
    return await work.session.scalar(query.limit(1)) is not None


async def open_complaints(
    work: Work, customer_ids: Collection[UUID], loan_ids: Collection[UUID]
) -> Sequence[ComplaintRow]:
    """The complaints of people, or about loans, that wait for an answer; oldest first."""
    return (
        await work.session.scalars(
            select(ComplaintRow)
            .where(
                or_(
                    among(ComplaintRow.customer_id, customer_ids),
                    ComplaintRow.loan_id == any_(literal(list(loan_ids), ARRAY(Uuid()))),
                ),
                ComplaintRow.state.in_(sorted(OPEN)),
            )
            .order_by(ComplaintRow.number)
        )
    ).all()


async def loans_of(work: Work, customer_id: UUID, creditor_id: UUID) -> Sequence[UUID]:
    """The loans that a customer has with a creditor as their first debtor."""
    return (
        await work.session.scalars(
            select(LoanRow.id).where(
                LoanRow.customer_id == customer_id, LoanRow.creditor_id == creditor_id
            )
        )
    ).all()
