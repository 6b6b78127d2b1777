"""SQL of what orders the open cases of a book: what of each of them its priority follows from."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from api.db.base import among
from api.loans.tables import InstalmentRow, LoanRow
from api.payments.tables import PaymentLifeRow
from api.recovery.risk_queries import YEAR
from api.recovery.sla import ESCALATION
from api.recovery.tables import CaseLoanRow, CaseRow, HoldRow, PromiseRow
from api.tasks.tables import TaskRow
from api.work import Work
from domain.errors import Fact
from domain.recovery.holds import OF_THE_DEBT, OF_THE_PERSON, HoldKind
from domain.recovery.promise import PromiseState

REPLY: Final = "reply"
"""The kind of task that asks for a look at what a customer wrote."""

NOT_WORK: Final = frozenset({REPLY, ESCALATION})
"""Kinds of task that count by what they stand for."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the loans of one creditor on one clock, by their keys."""

    creditor_id: UUID
    test_clock_id: UUID | None
    first: UUID
    below: UUID | None


@dataclass(frozen=True, slots=True)
class Standing:
    """An open case: what is kept of its risk and priority, and the facts they follow from.

    Attributes:
        loans: The loans in it now.
        last_promise: How the last promise stands.
        broken: Promises broken within the year that a card looks at.
        tasks: Open tasks, apart from replies and escalations.
    """

    id: UUID
    suspended_by: str | None
    escalation: str
    risk_score: int | None
    risk_level: str | None
    priority: int
    priority_parts: Sequence[Mapping[str, Fact]]
    loans: Sequence[UUID]
    has_reply: bool
    tasks: int
    last_promise: str | None
    broken: int
    is_hold_due: bool
    is_vulnerable: bool


async def standing(work: Work, part: Part, on: date, days: Collection[int]) -> Sequence[Standing]:
    """The open cases of a part of a book on which a day by itself may change something.

    Everything else about a case makes it plan, and a plan rates it, too.

    Args:
        work: The unit of work.
        part: Which part of the book.
        on: The business day that opens.
        days: The days past due at which the card gives other points.
    """
    within = [LoanRow.id >= part.first]
    if part.below is not None:
        within.append(LoanRow.id < part.below)
    rows = await work.session.execute(
        select(
            CaseRow.id,
            CaseRow.suspended_by,
            CaseRow.escalation,
            CaseRow.risk_score,
            CaseRow.risk_level,
            CaseRow.priority,
            CaseRow.priority_parts,
            select(func.array_agg(CaseLoanRow.loan_id))
            .where(CaseLoanRow.case_id == CaseRow.id, CaseLoanRow.left_on.is_(None))
            .correlate(CaseRow)
            .scalar_subquery(),
            exists().where(
                TaskRow.case_id == CaseRow.id, TaskRow.status == "open", TaskRow.kind == REPLY
            ),
            select(func.count())
            .where(
                TaskRow.case_id == CaseRow.id,
                TaskRow.status == "open",
                TaskRow.kind.not_in(sorted(NOT_WORK)),
            )
            .correlate(CaseRow)
            .scalar_subquery(),
            select(PromiseRow.status)
            .where(PromiseRow.case_id == CaseRow.id)
            .order_by(PromiseRow.made_at.desc(), PromiseRow.id.desc())
            .limit(1)
            .correlate(CaseRow)
            .scalar_subquery(),
            select(func.count())
            .where(
                PromiseRow.case_id == CaseRow.id,
                PromiseRow.status == PromiseState.BROKEN.value,
                PromiseRow.due_on >= on - YEAR,
            )
            .correlate(CaseRow)
            .scalar_subquery(),
            _held(and_(_binds(on), HoldRow.review_on <= on)),
            _held(and_(_binds(on), HoldRow.kind == HoldKind.VULNERABLE.value)),
        ).where(
            CaseRow.status == "open",
            CaseRow.creditor_id == part.creditor_id,
            CaseRow.test_clock_id.is_(None)
            if part.test_clock_id is None
            else CaseRow.test_clock_id == part.test_clock_id,
            exists()
            .where(
                CaseLoanRow.case_id == CaseRow.id,
                CaseLoanRow.left_on.is_(None),
                CaseLoanRow.loan_id == LoanRow.id,
                *within,
                or_(CaseRow.risk_score.is_(None), _moves(on, days)),
            )
            .correlate(CaseRow),
        )
    )
    return [Standing(*row) for row in rows]


def _moves(on: date, days: Collection[int]) -> ColumnElement[bool]:
    """Whether a day changes a figure of a loan of a case, or whether a hold of it is looked at."""
    left = on - YEAR - timedelta(days=1)
    return or_(
        LoanRow.next_unmet_due_on.in_([on - timedelta(days=each) for each in sorted(days)]),
        exists().where(
            InstalmentRow.loan_id == LoanRow.id,
            InstalmentRow.due_on.in_((on - timedelta(days=1), left)),
        ),
        exists().where(PaymentLifeRow.loan_id == LoanRow.id, PaymentLifeRow.announced_on == left),
        exists().where(PromiseRow.case_id == CaseRow.id, PromiseRow.due_on == left),
        _held(
            or_(HoldRow.starts_on == on, HoldRow.ends_on == on, HoldRow.review_on == on),
        ),
    )


def _binds(on: date) -> ColumnElement[bool]:
    return and_(HoldRow.starts_on <= on, or_(HoldRow.ends_on.is_(None), HoldRow.ends_on > on))


def _held(binding: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a hold of that sort concerns a case; few do, so they are found once for all.

    Which holds concern a case is the rule of `hold_queries`.
    """
    case, placed_on = aliased(CaseRow), aliased(CaseRow)
    same_debt = and_(placed_on.creditor_id == case.creditor_id, placed_on.currency == case.currency)
    own = (
        select(case.id)
        .select_from(HoldRow)
        .join(placed_on, placed_on.id == HoldRow.case_id)
        .join(case, case.customer_id == HoldRow.customer_id)
        .where(
            binding,
            case.status == "open",
            or_(same_debt, HoldRow.kind.in_(sorted(OF_THE_PERSON))),
        )
    )
    of_the_debt = (
        select(case.id)
        .select_from(HoldRow)
        .join(placed_on, placed_on.id == HoldRow.case_id)
        .join(case, case.customer_id == placed_on.customer_id)
        .where(
            binding,
            case.status == "open",
            same_debt,
            HoldRow.kind.in_(sorted(OF_THE_DEBT)),
        )
    )
    return or_(CaseRow.id.in_(own), CaseRow.id.in_(of_the_debt))


async def lock_free(work: Work, case_ids: Collection[UUID]) -> Mapping[UUID, CaseRow]:
    """Those of some open cases that nobody holds at this moment, locked, as they are now."""
    rows = await work.session.scalars(
        select(CaseRow)
        .where(among(CaseRow.id, case_ids), CaseRow.status == "open")
        .order_by(CaseRow.number)
        .with_for_update(key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return {row.id: row for row in rows}
