"""Opens recovery cases for overdue loans, or lets a loan join the case that is already open.

Called where days are closed, in that transaction, with the loans locked. A customer has at most
one open case with a creditor in a currency; the unique index says so whoever comes first.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from api.audit.service import record
from api.casework import assigning
from api.clock import Clock
from api.db.base import new_id
from api.loans.tables import LoanRow
from api.products import service as products
from api.recovery import complaining, opening_queries, timeline
from api.recovery.tables import CaseRow
from api.strategies import service as strategies
from api.strategies.service import Follower, KeptStrategy
from api.wakes import service as wakes
from api.work import Work
from contracts.names import WakeKind
from domain.errors import DomainError, ErrorCode, Fact
from domain.ids import case_workflow_id

CaseKey = tuple[UUID, UUID, str]
"""Customer, creditor and currency: what a case is one of."""

_TRIES = 3
"""A case that another transaction closes just now leaves room for a new one: look again."""


@dataclass(frozen=True, slots=True)
class OverdueLoan:
    """A loan that is overdue on the day being closed.

    Attributes:
        row: The loan, locked by the caller; its `case_id` is set here.
        anchor_on: Due date of its oldest unmet instalment.
        bucket: Its arrears bucket on that day.
        past_due_days: Calendar days since `anchor_on`.
        joint_debtor: Who is asked in the place of its primary customer; None: he himself.
    """

    row: LoanRow
    anchor_on: date
    bucket: str
    past_due_days: int
    joint_debtor: UUID | None = None

    @property
    def key(self) -> CaseKey:
        """Which case it belongs to: whose it is asked of, with this creditor and currency."""
        debtor = self.joint_debtor or self.row.customer_id
        return (debtor, self.row.creditor_id, self.row.currency)


async def open_or_join(
    work: Work, clock: Clock, loans: Sequence[OverdueLoan], on: date
) -> dict[UUID, UUID]:
    """See to it that every loan given is in its customer's open case.

    A new case is opened once the strategy of the loan's product says so. A case that a person
    ended by decision (settled, forgiven, wrong party) is not opened anew for an obligation that
    fell due before that day. A loan that is in its case already only makes the case plan again.

    Args:
        work: The unit of work of the closing.
        clock: The clock of the book; it dates the story.
        loans: Overdue loans, locked, all on that clock.
        on: The business day being closed.

    Returns:
        Loan id to case id; a loan that stays without a case is left out.
    """
    ordered = sorted(loans, key=lambda loan: loan.row.number)
    decided = await opening_queries.decided_until(work, [loan.row.id for loan in ordered])
    wanted = [
        loan
        for loan in ordered
        if (until := decided.get(loan.row.id)) is None or loan.anchor_on > until
    ]
    versions = {
        product_id: await _version(work, product_id, on)
        for product_id in dict.fromkeys(loan.row.product_id for loan in wanted)
    }
    cases = await _cases_of(work, clock, wanted, versions, on)
    wanted = [loan for loan in wanted if loan.key in cases]
    if not wanted:
        return {}
    members = await opening_queries.members(work, [case.id for case in cases.values()])
    joined: dict[UUID, UUID] = {}
    fresh: list[tuple[CaseRow, LoanRow]] = []
    changed: set[tuple[str, WakeKind, UUID | None]] = set()
    for loan in wanted:
        case = cases[loan.key]
        joined[loan.row.id] = case.id
        loan.row.case_id = case.id
        changed.add((case_workflow_id(case.id), WakeKind.CASE, case.test_clock_id))
        if loan.row.id in members.get(case.id, frozenset()):
            continue
        await opening_queries.join(work, case.id, loan.row.id, on)
        fresh.append((case, loan.row))
        case.anchor_on = min(case.anchor_on, loan.anchor_on)
        _tell_of_joining(work, clock, case, loan, on)
    await complaining.hold_joined(work, clock, fresh)
    await work.session.flush()
    await wakes.raise_wakes(work, sorted(changed, key=lambda wake: wake[0]))
    return joined


async def stand_in(
    work: Work, clock: Clock, loan: OverdueLoan, for_case_id: UUID, on: date
) -> CaseRow | None:
    """Put a locked loan into the case of a joint debtor, beside that of its borrower.

    A case is opened for him where he has none and the strategy of the product says so. The loan's
    own case stays the borrower's. Answers the case, locked; None where none is opened yet.
    """
    versions = {loan.row.product_id: await _version(work, loan.row.product_id, on)}
    case = (await _cases_of(work, clock, [loan], versions, on)).get(loan.key)
    if case is None:
        return None
    await opening_queries.join(work, case.id, loan.row.id, on, for_case_id)
    case.anchor_on = min(case.anchor_on, loan.anchor_on)
    _tell_of_joining(work, clock, case, loan, on)
    await complaining.hold_joined(work, clock, [(case, loan.row)])
    return case


def _tell_of_joining(work: Work, clock: Clock, case: CaseRow, loan: OverdueLoan, on: date) -> None:
    told: dict[str, Fact] = {
        "loan": loan.row.number,
        "since": loan.anchor_on.isoformat(),
        "days": loan.past_due_days,
        "bucket": loan.bucket,
    }
    if loan.joint_debtor is not None:
        told["stands_in"] = "yes"
    timeline.write(work, case, clock.now, timeline.EventKind.LOAN_JOINED, told)
    record(
        work,
        "case.loan_joined",
        "case",
        case.id,
        {"loan_id": str(loan.row.id), "on": on.isoformat()},
    )


async def note_bucket_change(
    work: Work, clock: Clock, loan: LoanRow, before: str, after: str
) -> None:
    """Tell the case of a loan that the loan moved between buckets; nothing without a case.

    The loan is locked by the caller.
    """
    if loan.case_id is None or before == after:
        return
    case = await work.session.get(CaseRow, loan.case_id)
    if case is None or case.status != "open":
        return
    timeline.write(
        work,
        case,
        clock.now,
        timeline.EventKind.BUCKET_CHANGED,
        {"loan": loan.number, "before": before, "after": after},
    )
    await wakes.raise_wake(work, case_workflow_id(case.id), WakeKind.CASE, case.test_clock_id)


@dataclass(frozen=True, slots=True)
class BucketMove:
    """A loan in an open case that moved between buckets."""

    case_id: UUID
    loan_number: int
    before: str
    after: str


async def note_bucket_moves(work: Work, clock: Clock, moves: Sequence[BucketMove]) -> None:
    """The same for many loans at once; all on the clock, and their cases open."""
    timeline.write_many(
        work,
        clock.now,
        timeline.EventKind.BUCKET_CHANGED,
        [
            (
                move.case_id,
                {"loan": move.loan_number, "before": move.before, "after": move.after},
            )
            for move in moves
        ],
    )


async def plan_again(work: Work, clock: Clock, case_ids: Collection[UUID]) -> None:
    """Something about the loans of open cases changed: each plans anew."""
    await work.session.flush()
    await wakes.raise_wakes(
        work,
        [
            (case_workflow_id(case_id), WakeKind.CASE, clock.test_clock_id)
            for case_id in sorted(set(case_ids))
        ],
    )


async def loan_cured(work: Work, loan: LoanRow) -> None:
    """Nothing of a loan is overdue any more: its case has something to take in.

    Posting money never locks a case: the case's next plan lets the loan leave and, if it was the
    last, closes the case. Nothing happens for a loan without a case.
    """
    if loan.case_id is not None:
        await wakes.raise_wake(
            work, case_workflow_id(loan.case_id), WakeKind.CASE, loan.test_clock_id
        )


async def _version(work: Work, product_id: UUID, on: date) -> KeptStrategy:
    product = await products.by_id(work, product_id)
    return await strategies.followed(
        work, Follower(product.creditor_id, product.code, product.strategy), on
    )


async def _cases_of(
    work: Work,
    clock: Clock,
    loans: Sequence[OverdueLoan],
    versions: Mapping[UUID, KeptStrategy],
    on: date,
) -> dict[CaseKey, CaseRow]:
    """The open case of every key, locked; missing ones are opened where the strategy opens them."""
    # In loan-number order: case numbers are given out in that order, whoever comes first.
    keys = list(dict.fromkeys(loan.key for loan in loans))
    leaders: dict[CaseKey, OverdueLoan] = {}
    for loan in loans:
        leader = leaders.get(loan.key)
        opens = versions[loan.row.product_id].strategy.opens_on(loan.past_due_days)
        if opens and (leader is None or loan.anchor_on < leader.anchor_on):
            leaders[loan.key] = loan
    cases: dict[CaseKey, CaseRow] = {}
    for _ in range(_TRIES):
        for case in await opening_queries.lock_open(
            work, [key for key in keys if key not in cases]
        ):
            cases[(case.customer_id, case.creditor_id, case.currency)] = case
        missing = [key for key in keys if key not in cases and key in leaders]
        if not missing:
            return cases
        numbers = await opening_queries.next_numbers(work, len(missing))
        rows = [
            _new_case(clock, leaders[key], versions, number, on)
            for key, number in zip(missing, numbers, strict=True)
        ]
        made = await opening_queries.insert_cases(work, rows)
        for case in made:
            cases[(case.customer_id, case.creditor_id, case.currency)] = case
            _tell_of_opening(work, clock, case)
        await assigning.assign_new(work, clock, made, on)
    raise DomainError(
        ErrorCode.CONFLICT, "Cases of these customers are being opened and closed at once."
    )


def _new_case(
    clock: Clock,
    leader: OverdueLoan,
    versions: Mapping[UUID, KeptStrategy],
    number: int,
    on: date,
) -> opening_queries.NewCase:
    version = versions[leader.row.product_id]
    return opening_queries.NewCase(
        id=new_id(),
        number=number,
        customer_id=leader.key[0],
        creditor_id=leader.row.creditor_id,
        currency=leader.row.currency,
        test_clock_id=clock.test_clock_id,
        strategy_id=version.id,
        stage=version.strategy.stage_on(leader.past_due_days),
        anchor_on=leader.anchor_on,
        opened_on=on,
        opened_at=clock.now,
    )


def _tell_of_opening(work: Work, clock: Clock, case: CaseRow) -> None:
    timeline.write(
        work,
        case,
        clock.now,
        timeline.EventKind.OPENED,
        {"since": case.anchor_on.isoformat(), "stage": case.stage},
    )
    record(
        work,
        "case.opened",
        "case",
        case.id,
        {
            "number": case.number,
            "stage": case.stage,
            "anchor_on": case.anchor_on.isoformat(),
            "strategy_id": str(case.strategy_id),
        },
    )
