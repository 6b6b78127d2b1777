"""What letters say of a loan, read as it stands: figures by name, and the rows of their tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from api.clock import Clock
from api.creditors import service as creditors
from api.letters import queries
from api.loans import queries as loans
from api.loans.balances import owed
from api.loans.queries import Book
from api.loans.reading import outstanding
from api.payments import lives
from api.payments import queries as payments
from api.products.terms import life_terms
from api.work import Work
from contracts.letters import NewLetter
from domain.errors import DomainError, ErrorCode
from domain.lending.loan import ClosedReason, Lifecycle
from domain.letters import Changes, PaidOff, dispute_until
from domain.money import ZERO

PUT_RIGHT_DAYS: Final = 14
"""How long somebody has at least to put a default right (Consumer Credit Act 1974, s. 88)."""

_SHOWN_DIGITS: Final = 4
"""Of an account number on a notice that others may see (12 CFR 1006.34(c)(2)(iv))."""

_MOVEMENTS: Final = frozenset(
    {
        "disbursement",
        "repayment",
        "late_fee",
        "origination_fee",
        "reversal",
        "returned",
        "chargeback",
    }
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the letter's language, by its name in the pack."""

    name: str


@dataclass(frozen=True, slots=True)
class Signed:
    """An amount that is added (`+`) or taken off (`-`)."""

    sign: str
    amount: Decimal


Value = str | Decimal | date | Word | Signed
"""Text, an amount in the loan's currency, a date, a word of the pack, or a signed amount."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one letter says beside what all of them say."""

    values: Mapping[str, Value]
    rows: Sequence[Sequence[Value]] = field(default_factory=tuple)


async def paid_off(work: Work, book: Book) -> PaidOff:
    """How a loan ended, or that it has not."""
    loan = book.loan
    standing = await payments.live_payments(work, loan.id, date.min, 0)
    return PaidOff(
        lifecycle=Lifecycle(loan.lifecycle),
        closed_reason=None if loan.closed_reason is None else ClosedReason(loan.closed_reason),
        written_off=loan.written_off > loan.recovered,
        payments=tuple(max(row.value_on, row.booked_on) for row in standing),
        window_days=life_terms(book.product).return_window_days,
        awaited=bool(await lives.awaited(work, loan.id)),
    )


async def arrears_notice(work: Work, book: Book, clock: Clock) -> Figures:
    """What is overdue; raises `LETTER_NOT_TRUE` when nothing is."""
    rows = await _overdue(work, book, clock)
    return Figures(
        {"overdue": sum((amount for _, amount in rows), ZERO), "past_due_since": rows[0][0]}, rows
    )


async def default_notice(work: Work, book: Book, clock: Clock, asked: NewLetter) -> Figures:
    """What is overdue, and by when it is to be paid.

    Raises `LETTER_NOT_TRUE` when nothing is overdue, and `INVALID_DATE` for too early a day.
    """
    rows = await _overdue(work, book, clock)
    earliest = clock.today(book.creditor.zone) + timedelta(days=PUT_RIGHT_DAYS)
    pay_by = asked.pay_by_on or earliest
    if pay_by < earliest:
        raise DomainError(
            ErrorCode.INVALID_DATE,
            "A default must leave some days to be put right.",
            {"pay_by_on": pay_by.isoformat(), "from_on": earliest.isoformat()},
        )
    now = await outstanding(work, book.loan.id, None)
    overdue = sum((amount for _, amount in rows), ZERO)
    return Figures({"overdue": overdue, "pay_by_on": pay_by, "owed_in_all": now.owed}, rows)


async def _overdue(work: Work, book: Book, clock: Clock) -> list[tuple[date, Decimal]]:
    today = clock.today(book.creditor.zone)
    unmet = (await loans.unmet_through(work, [book.loan.id], today - timedelta(days=1)))[
        book.loan.id
    ]
    rows = [(row.due_on, unpaid) for row in unmet if (unpaid := owed(row).total) > 0]
    if not rows:
        raise DomainError(ErrorCode.LETTER_NOT_TRUE, "Nothing is overdue on the loan.")
    return rows


async def statement(work: Work, book: Book, clock: Clock, asked: NewLetter) -> Figures:
    """The movements of a period; the month before unless asked otherwise.

    Raises `INVALID_DATE` for a period that is none or not over.
    """
    today = clock.today(book.creditor.zone)
    last = asked.to_on or today.replace(day=1) - timedelta(days=1)
    first = asked.from_on or last.replace(day=1)
    if not first <= last < today:
        raise DomainError(
            ErrorCode.INVALID_DATE,
            "A statement is for days that are over, the first before the last.",
            {"from_on": first.isoformat(), "to_on": last.isoformat()},
        )
    found = await queries.movements(work, book.loan.id, first, last)
    then = await outstanding(work, book.loan.id, last)
    return Figures(
        {"from_on": first, "to_on": last, "closing_balance": then.outstanding.total},
        [
            (
                row.value_on,
                Word(row.kind if row.kind in _MOVEMENTS else "movement"),
                row.amount,
                row.principal_after + row.interest_after + row.fee_after + row.penalty_after,
            )
            for row in found
        ],
    )


async def payoff(work: Work, book: Book, clock: Clock, asked: NewLetter) -> Figures:
    """What closes the loan on a day; raises `INVALID_DATE` for a day that has passed."""
    today = clock.today(book.creditor.zone)
    on = asked.good_on or today
    if on < today:
        raise DomainError(
            ErrorCode.INVALID_DATE, "The day has passed.", {"good_on": on.isoformat()}
        )
    quote = (await outstanding(work, book.loan.id, on)).payoff
    if quote is None:
        raise DomainError(ErrorCode.LETTER_NOT_TRUE, "Nothing closes a loan that does not run.")
    parts: Sequence[tuple[str, Decimal]] = (
        ("principal", quote.principal),
        ("interest", quote.interest),
        ("fee", quote.fee),
        ("penalty", quote.penalty),
        ("total", quote.total),
    )
    return Figures(
        {"amount": quote.total, "good_on": on}, [(Word(name), amount) for name, amount in parts]
    )


def no_dues(book: Book) -> Figures:
    """When the loan ended."""
    if book.loan.closed_on is None:
        raise ValueError("a loan that is free of dues was closed on a day")
    return Figures({"principal": book.loan.principal, "closed_on": book.loan.closed_on})


async def agency_notice(work: Work, book: Book, clock: Clock, asked: NewLetter) -> Figures:
    """Who collects from now on; raises `INVALID_REQUEST` unless that is said."""
    if asked.agency_name is None:
        raise DomainError(ErrorCode.INVALID_REQUEST, "Say who collects.", {"fields": "agency_name"})
    now = await outstanding(work, book.loan.id, None)
    return Figures(
        {
            "amount": now.owed,
            "agency_name": asked.agency_name,
            "from_on": clock.today(book.creditor.zone),
        }
    )


async def validation_notice(work: Work, book: Book, clock: Clock) -> Figures:
    """Who collects what for whom, of what it consists, and until when it can be disputed.

    The itemisation date is the day of the last payment, or of the loan's disbursement (12 CFR
    1006.34(b)(3)(iii), (iv)); the itemisation runs from it to today, and adds up ((c)(2)(viii)).
    """
    loan, today = book.loan, clock.today(book.creditor.zone)
    paid = await payments.live_payments(work, loan.id, date.min, 0)
    since = max((row.value_on for row in paid), default=None) or loan.disbursed_on or today
    then = await outstanding(work, loan.id, since)
    now = await outstanding(work, loan.id, None)
    costs_then, costs_now = (
        each.outstanding.fee + each.outstanding.penalty for each in (then, now)
    )
    changes = Changes.between(
        (then.outstanding.principal, now.outstanding.principal),
        (
            then.owed - then.outstanding.principal - costs_then,
            now.owed - now.outstanding.principal - costs_now,
        ),
        (costs_then, costs_now),
    )
    known = creditors.correspondence_of(book.creditor)
    name = book.creditor.name
    return Figures(
        {
            "amount": now.owed,
            "itemised_on": since,
            "dispute_by_on": dispute_until(today),
            "owed_to": name if known is None else known.collects_for or name,
            "account": str(loan.number)[-_SHOWN_DIGITS:],
            "phone": "" if known is None else known.phone or "",
            "email": "" if known is None else known.email or "",
        },
        (
            (Word("owed_then"), then.owed),
            (Word("charged_interest"), Signed("+", changes.interest)),
            (Word("charged_fees"), Signed("+", changes.fees)),
            (Word("credited"), Signed("-", changes.credits)),
            (Word("owed_now"), now.owed),
        ),
    )
