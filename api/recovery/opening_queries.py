"""SQL of opening: which cases are open, making the missing ones, which loans are in them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, exists, func, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert

from api.db.base import among
from api.recovery.plan_tables import ArrangementRow, SettlementRow
from api.recovery.tables import CASE_NUMBERS, CaseLoanRow, CaseRow
from api.work import Work
from domain.recovery.arrangement import ArrangementState
from domain.recovery.case import CloseReason
from domain.recovery.settlement import SettlementState


@dataclass(frozen=True, slots=True)
class NewCase:
    """A case to be opened."""

    id: UUID
    number: int
    customer_id: UUID
    creditor_id: UUID
    currency: str
    test_clock_id: UUID | None
    strategy_id: UUID
    stage: str
    anchor_on: date
    opened_on: date
    opened_at: datetime


async def lock_open(work: Work, keys: Collection[tuple[UUID, UUID, str]]) -> Sequence[CaseRow]:
    """The open cases of these customers, creditors and currencies, locked in number order."""
    if not keys:
        return []
    return (
        await work.session.scalars(
            select(CaseRow)
            .where(
                CaseRow.status == "open",
                tuple_(CaseRow.customer_id, CaseRow.creditor_id, CaseRow.currency).in_(list(keys)),
            )
            .order_by(CaseRow.number)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).all()


async def next_numbers(work: Work, count: int) -> list[int]:
    """The next numbers of cases, in rising order."""
    found = await work.session.scalars(
        select(CASE_NUMBERS.next_value()).select_from(func.generate_series(1, count))
    )
    return sorted(found)


async def insert_cases(work: Work, cases: Sequence[NewCase]) -> Sequence[CaseRow]:
    """Open those cases that nobody else opens at this moment, and lock them.

    Rows go in by key, so that two callers never wait for each other crosswise.
    """
    ordered = sorted(cases, key=lambda case: (case.customer_id, case.creditor_id, case.currency))
    rows = [
        asdict(case)
        | {"status": "open", "escalation": "none", "waiting_for": "the first plan", "version": 1}
        for case in ordered
    ]
    made = (
        await work.session.scalars(
            insert(CaseRow)
            .values(rows)
            .on_conflict_do_nothing(
                index_elements=["customer_id", "creditor_id", "currency"],
                index_where=text("status = 'open'"),
            )
            .returning(CaseRow)
        )
    ).all()
    return sorted(made, key=lambda case: case.number)


async def members(work: Work, case_ids: Collection[UUID]) -> Mapping[UUID, frozenset[UUID]]:
    """Case id to the ids of the loans that are in it now."""
    found: dict[UUID, set[UUID]] = {}
    rows = await work.session.execute(
        select(CaseLoanRow.case_id, CaseLoanRow.loan_id).where(
            among(CaseLoanRow.case_id, case_ids), CaseLoanRow.left_on.is_(None)
        )
    )
    for case_id, loan_id in rows:
        found.setdefault(case_id, set()).add(loan_id)
    return {case_id: frozenset(loans) for case_id, loans in found.items()}


async def join(
    work: Work, case_id: UUID, loan_id: UUID, on: date, for_case_id: UUID | None = None
) -> None:
    """Put a loan into a case, again if it had left; `for_case_id`: the one it stands in for."""
    await work.session.execute(
        insert(CaseLoanRow)
        .values(
            case_id=case_id, loan_id=loan_id, joined_on=on, left_on=None, for_case_id=for_case_id
        )
        .on_conflict_do_update(
            index_elements=[CaseLoanRow.case_id, CaseLoanRow.loan_id],
            set_={"left_on": None, "for_case_id": for_case_id},
        )
    )


async def decided_until(work: Work, loan_ids: Collection[UUID]) -> Mapping[UUID, date]:
    """Loan id to the last day on which a case of it was ended by a person's decision."""
    rows = await work.session.execute(
        select(
            CaseLoanRow.loan_id,
            func.max(func.coalesce(CaseLoanRow.left_on, CaseRow.opened_on)),
        )
        .join(CaseRow, CaseRow.id == CaseLoanRow.case_id)
        .where(
            among(CaseLoanRow.loan_id, loan_ids),
            CaseRow.status == "closed",
            # What became of a joint debtor's case decides nothing about the borrower's.
            CaseLoanRow.for_case_id.is_(None),
            CaseRow.closed_reason.not_in([CloseReason.CURED, CloseReason.PASSED_ON]),
            # What ended with the money that came ended by itself: without the money it is open.
            ~and_(
                CaseRow.closed_reason == CloseReason.ARRANGEMENT_COMPLETED.value,
                exists().where(
                    ArrangementRow.case_id == CaseRow.id,
                    ArrangementRow.status == ArrangementState.COMPLETED.value,
                ),
            ),
            ~exists().where(
                SettlementRow.case_id == CaseRow.id,
                SettlementRow.status == SettlementState.BROKEN.value,
                CaseRow.closed_reason == CloseReason.SETTLED.value,
            ),
        )
        .group_by(CaseLoanRow.loan_id)
    )
    return {loan_id: until for loan_id, until in rows}
