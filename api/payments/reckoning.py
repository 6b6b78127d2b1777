"""What a group of payments does to its loans: read under one lock, reckoned in memory.

The rules are those of a payment on its own (`api.payments.posting`): the same waterfall, the same
balances, the same ladder. A payment that would do more than move balances (close its loan, change
its bucket, correct the past, give interest back) is not taken here, nor is one that will be
refused: it takes the ordinary way, and so do those that come after it on the same loan.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final, assert_never
from uuid import UUID

from api.db.base import new_id
from api.db.pipeline import Answer, Pipeline, pipeline
from api.loans.balances import apply, counts_as_late, owed
from api.payments.asking import Ask
from api.products.schedules import changes_schedule
from api.products.tables import ProductRow
from api.products.terms import ladder_of, waterfall_of
from api.security.access import visible_customer
from api.work import Work
from domain.calendar import business_date
from domain.errors import DomainError
from domain.lending.arrears import Ladder, assess
from domain.lending.waterfall import (
    Allocation,
    Component,
    FutureRule,
    Processing,
    Waterfall,
    apply_waterfall,
)
from domain.money import MAX_AMOUNT, ZERO, positive


@dataclass(slots=True, eq=False)
class Line:
    """An instalment that is not wholly paid (`api.loans.balances.InstalmentState`)."""

    loan_id: UUID
    number: int
    from_on: date
    due_on: date
    principal: Decimal
    interest: Decimal
    fee: Decimal
    penalty: Decimal
    principal_paid: Decimal
    interest_paid: Decimal
    interest_rebated: Decimal
    fee_paid: Decimal
    penalty_paid: Decimal
    principal_relieved: Decimal
    interest_relieved: Decimal
    fee_relieved: Decimal
    penalty_relieved: Decimal
    met_on: date | None


@dataclass(slots=True, eq=False)
class Account:
    """A locked loan with what posting needs of it (`api.loans.balances.LoanState`)."""

    id: UUID
    creditor_id: UUID
    product_id: UUID
    test_clock_id: UUID | None
    case_id: UUID | None
    currency: str
    lifecycle: str
    disbursed_on: date | None
    principal_outstanding: Decimal
    interest_outstanding: Decimal
    fee_outstanding: Decimal
    penalty_outstanding: Decimal
    credit: Decimal
    written_off: Decimal
    next_unmet_due_on: date | None
    bucket: str
    version: int
    paused: bool
    """Some of its lateness does not count."""
    awaits_payment: bool
    collected: bool
    """Collections are open on it, which must hear of money."""
    zone: str
    clock_now: datetime
    lines: list[Line] = field(default_factory=list)
    spoiled: bool = False
    """A payment on it takes the ordinary way, and so do all that come after."""


@dataclass(frozen=True, slots=True, eq=False)
class Posting:
    """A payment that is posted: its movement, what it paid, and what that has met."""

    ask: Ask
    account: Account
    id: UUID
    number: int
    amount: Decimal
    value_on: date
    booked_at: datetime
    allocations: Sequence[Allocation]
    met: tuple[int, ...]
    principal_after: Decimal
    interest_after: Decimal
    fee_after: Decimal
    penalty_after: Decimal
    credited: Decimal = ZERO

    @property
    def loan_id(self) -> UUID:
        """The loan it is on."""
        return self.account.id

    @property
    def currency(self) -> str:
        """The loan's currency."""
        return self.account.currency

    @property
    def method(self) -> str:
        """How the money came."""
        return self.ask.new.method

    @property
    def reference(self) -> str | None:
        """The sender's reference."""
        return self.ask.new.reference


@dataclass(frozen=True, slots=True)
class Terms:
    """What a product version says about payments; versions never change."""

    waterfall: Waterfall
    ladder: Ladder
    grace_days: int
    tolerance: Decimal
    changes_schedule: bool
    """Money paid ahead makes other instalments."""

    @property
    def in_order(self) -> bool:
        """Money pays one line after the other, in the order of their due dates."""
        order = self.waterfall
        return (
            order.future is FutureRule.NEXT
            and order.processing is Processing.HORIZONTAL
            and not order.charges_fall_due
        )


_LOCK: Final = """
    select l.id, l.creditor_id, l.product_id, l.test_clock_id, l.case_id, l.currency, l.lifecycle,
        l.disbursed_on, l.principal_outstanding, l.interest_outstanding, l.fee_outstanding,
        l.penalty_outstanding, l.credit, l.written_off, l.next_unmet_due_on, l.bucket, l.version,
        exists (select from arrears_pauses p where p.loan_id = l.id),
        exists (select from payment_lives p
            where p.loan_id = l.id and p.state in ('reported', 'pending')),
        exists (select from collections o where o.loan_id = l.id and o.status = 'open'),
        c.zone, coalesce(t.now_at, %(now)s)
    from loans l
    join creditors c on c.id = l.creditor_id
    left join test_clocks t on t.id = l.test_clock_id
    where l.id = any(%(ids)s)
    order by l.number
    for no key update of l
    """

_LINES: Final = """
    select loan_id, number, from_on, due_on, principal, interest, fee, penalty, principal_paid,
        interest_paid, interest_rebated, fee_paid, penalty_paid, principal_relieved,
        interest_relieved, fee_relieved, penalty_relieved, met_on
    from (
        select i.*, a.money, coalesce(t.now_at, %(now)s) as now_at,
            sum(i.principal - i.principal_paid - i.principal_relieved
                + i.interest - i.interest_paid - i.interest_rebated - i.interest_relieved
                + i.fee - i.fee_paid - i.fee_relieved) over (
                partition by a.loan_id order by i.due_on, i.number
                rows between unbounded preceding and 1 preceding) as before
        from unnest(%(ids)s, %(money)s) as a (loan_id, money)
        join loans l on l.id = a.loan_id
        left join test_clocks t on t.id = l.test_clock_id
        join instalments i on i.loan_id = a.loan_id
        where i.met_on is null
            or i.principal_paid + i.principal_relieved < i.principal
            or i.interest_paid + i.interest_rebated + i.interest_relieved < i.interest
            or i.fee_paid + i.fee_relieved < i.fee
            or i.penalty_paid + i.penalty_relieved < i.penalty
    ) unpaid
    where before is null or before <= money
        or due_on <= cast(now_at as date) + 1  -- in any time zone
    order by loan_id, due_on, number
    """
"""What is unpaid, as far as an amount of money reaches, and one line that stays unmet."""

_NUMBERS: Final = "select nextval('transaction_numbers') from generate_series(1, %(count)s)"

_EVERYTHING: Final = MAX_AMOUNT * 1_000
"""More than any loan owes."""


@dataclass(frozen=True, slots=True)
class Locking:
    """Loans that are being locked, and the next numbers of movements, of an open pipeline."""

    loans: Answer
    lines: Answer
    numbers: Answer

    async def accounts(self) -> dict[UUID, Account]:
        """The loans that exist, with what money may pay on them."""
        found = {account.id: account for account in await self.loans.rows(Account)}
        for line in await self.lines.rows(Line):
            found[line.loan_id].lines.append(line)
        return found

    async def next_numbers(self) -> list[int]:
        """The numbers, in order."""
        return sorted(await self.numbers.rows(int))


async def lock(work: Work, pipe: Pipeline, asks: Collection[Ask]) -> Locking:
    """Lock the loans of payments in the order of their numbers, and read what they may pay."""
    money: defaultdict[UUID, Decimal] = defaultdict(lambda: ZERO)
    for ask in asks:
        money[ask.loan_id] += min(max(ask.new.amount, ZERO), _EVERYTHING)
    values = {"ids": list(money), "money": list(money.values()), "now": work.now}
    return Locking(
        loans=await pipe.send(_LOCK, values),
        lines=await pipe.send(_LINES, values),
        numbers=await pipe.send(_NUMBERS, {"count": len(asks)}),
    )


async def read_whole(
    work: Work, accounts: Mapping[UUID, Account], terms: Mapping[UUID, Terms]
) -> None:
    """Read all that is unpaid on locked loans on which money does not pay the next lines first."""
    ids = [each.id for each in accounts.values() if not terms[each.product_id].in_order]
    if not ids:
        return
    values = {"ids": ids, "money": [_EVERYTHING] * len(ids), "now": work.now}
    async with pipeline(work.session) as pipe:
        lines = await pipe.send(_LINES, values)
    for loan_id in ids:
        accounts[loan_id].lines.clear()
    for line in await lines.rows(Line):
        accounts[line.loan_id].lines.append(line)


async def terms_of(
    work: Work, accounts: Mapping[UUID, Account], known: dict[UUID, Terms]
) -> Mapping[UUID, Terms]:
    """The terms of all products concerned; `known` remembers them between groups."""
    for product_id in {account.product_id for account in accounts.values()} - known.keys():
        product = await work.session.get_one(ProductRow, product_id)
        known[product_id] = Terms(
            waterfall_of(product),
            ladder_of(product),
            product.arrears_grace_days,
            product.arrears_tolerance,
            changes_schedule(product),
        )
    return known


def reckon(
    ask: Ask, account: Account | None, terms: Mapping[UUID, Terms], number: int, now: datetime
) -> Posting | None:
    """Move the balances of a locked loan by a payment; null leaves it to the ordinary way."""
    if account is None or account.spoiled:
        return None
    posted = _reckon(ask, account, terms[account.product_id], number, now)
    account.spoiled = posted is None
    return posted


def _reckon(ask: Ask, account: Account, terms: Terms, number: int, now: datetime) -> Posting | None:
    new, lines = ask.new, account.lines
    today = business_date(account.clock_now, account.zone)
    if (
        new.payoff
        or terms.changes_schedule
        or account.lifecycle != "active"
        or account.written_off  # a payment is a recovery too
        or account.paused
        or account.awaits_payment  # this may be the money that was announced
        or new.status != "cleared"
        or account.disbursed_on is None
        or account.disbursed_on > today
        or new.currency != account.currency
        or new.value_on not in {None, today}
        or visible_customer(ask.principal) is not None
    ):
        return None
    try:
        amount = positive(new.amount, account.currency)
    except DomainError:
        return None
    split = apply_waterfall(
        [owed(line) for line in lines], amount, terms.waterfall, today, account.currency
    )
    _pay_off(account, split.allocations)
    if _does_more(account, terms, today):
        _pay_off(
            account, [Allocation(p.instalment, p.component, -p.amount) for p in split.allocations]
        )
        return None
    met = _meet(account, {part.instalment for part in split.allocations}, today)
    account.version += 1
    return Posting(
        ask=ask,
        account=account,
        id=new_id(),
        number=number,
        amount=amount,
        value_on=today,
        booked_at=now,
        allocations=split.allocations,
        met=met,
        principal_after=account.principal_outstanding,
        interest_after=account.interest_outstanding,
        fee_after=account.fee_outstanding,
        penalty_after=account.penalty_outstanding,
    )


def _pay_off(account: Account, allocations: Sequence[Allocation]) -> None:
    """Put allocations on the lines of a loan and take them off what it owes."""
    apply(account.lines, allocations)
    for part in allocations:
        match part.component:
            case Component.PRINCIPAL:
                account.principal_outstanding -= part.amount
            case Component.INTEREST:
                account.interest_outstanding -= part.amount
            case Component.FEE:
                account.fee_outstanding -= part.amount
            case Component.PENALTY:
                account.penalty_outstanding -= part.amount
            case _:
                assert_never(part.component)


def _meet(account: Account, paid: Collection[int], today: date) -> tuple[int, ...]:
    """Note which of the paid lines are met, and when the next unmet one is due.

    As `api.loans.balances.refresh` does with all lines; here are those that money reaches, and
    unless they are all there are, one of them is still unmet.
    """
    met: list[int] = []
    unmet: list[date] = []
    for line in account.lines:
        if counts_as_late(line) > 0:
            line.met_on = None
            unmet.append(line.due_on)
            continue
        if line.met_on is None:
            line.met_on = today
        if line.number in paid:
            met.append(line.number)
    account.next_unmet_due_on = min(unmet, default=None)
    return tuple(met)


def _does_more(account: Account, terms: Terms, today: date) -> bool:
    """Whether the loan is repaid, or in another bucket, with its lines as they are now."""
    if not (
        account.principal_outstanding
        or account.interest_outstanding
        or account.fee_outstanding
        or account.penalty_outstanding
    ):
        return True
    late = [(line.due_on, counts_as_late(line)) for line in account.lines if line.due_on < today]
    arrears = assess(late, today, terms.grace_days, ladder=terms.ladder, tolerance=terms.tolerance)
    return arrears.bucket != account.bucket
