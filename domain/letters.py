"""Letters: what there is to write, what each is for, and when a loan lets it be written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Self

from domain.calendar import Holidays
from domain.contact.channel import Purpose
from domain.contact.holidays import FixedHoliday, HolidayCalendar, WeekdayHoliday
from domain.errors import DomainError, ErrorCode
from domain.lending.loan import ClosedReason, Lifecycle
from domain.money import ZERO


class LetterCode(StrEnum):
    """A kind of letter."""

    ARREARS_NOTICE = "arrears_notice"
    """What is overdue, instalment by instalment."""
    DEFAULT_NOTICE = "default_notice"
    """What has to be paid by when, or else the debt falls due as a whole."""
    STATEMENT = "statement"
    """The movements of a period and what was owed after each."""
    PAYOFF = "payoff"
    """What closes the loan on a day."""
    NO_DUES = "no_dues"
    """Nothing is owed any more."""
    SETTLEMENT_AGREEMENT = "settlement_agreement"
    """An agreed sum settles what is owed."""
    AGENCY_NOTICE = "agency_notice"
    """Somebody else collects from now on."""
    VALIDATION_NOTICE = "validation_notice"
    """What the debt consists of, and how to dispute it (12 CFR 1006.34)."""
    COMPLAINT_RECEIVED = "complaint_received"
    """A complaint arrived, and until when it is answered."""
    COMPLAINT_ANSWERED = "complaint_answered"
    """What we found of a complaint, and who decides over us."""
    CASE_TEXT = "case_text"
    """The text of a step of a strategy, on paper."""


PURPOSES: Final[Mapping[LetterCode, Purpose]] = MappingProxyType(
    {
        LetterCode.ARREARS_NOTICE: Purpose.COLLECTION,
        LetterCode.DEFAULT_NOTICE: Purpose.STATUTORY,
        LetterCode.STATEMENT: Purpose.REPLY,
        LetterCode.PAYOFF: Purpose.REPLY,
        LetterCode.NO_DUES: Purpose.STATUTORY,
        LetterCode.SETTLEMENT_AGREEMENT: Purpose.REPLY,
        LetterCode.AGENCY_NOTICE: Purpose.STATUTORY,
        LetterCode.VALIDATION_NOTICE: Purpose.STATUTORY,
        LetterCode.COMPLAINT_RECEIVED: Purpose.STATUTORY,
        LetterCode.COMPLAINT_ANSWERED: Purpose.STATUTORY,
        LetterCode.CASE_TEXT: Purpose.COLLECTION,
    }
)
"""What each is for, and so which holds stop it. Statements, figures and agreements are written
because somebody asked for them."""

ABOUT_COMPLAINTS: Final = frozenset({LetterCode.COMPLAINT_RECEIVED, LetterCode.COMPLAINT_ANSWERED})
"""Letters that are answered at the address for complaints, where a creditor has one."""

NEEDS_SENDER: Final = frozenset(
    {LetterCode.DEFAULT_NOTICE, LetterCode.AGENCY_NOTICE, LetterCode.VALIDATION_NOTICE}
)
"""Letters that are worth nothing without the address to which an answer may be posted: a notice of
default (SI 1983/1561, schedule 2), one that somebody else collects, one that validates a debt (12
CFR 1006.34(c)(2)(i))."""


def check_sender(code: LetterCode, *, has_address: bool) -> None:
    """Refuse a letter that must say where to write, of a creditor that has nowhere.

    Raises:
        DomainError: `LETTER_LACKS_SENDER`.
    """
    if code in NEEDS_SENDER and not has_address:
        raise DomainError(
            ErrorCode.LETTER_LACKS_SENDER,
            "The law wants the creditor's postal address on this letter, and none is known.",
            {"code": code.value},
        )


BY_STEPS: Final = frozenset(
    {
        LetterCode.ARREARS_NOTICE,
        LetterCode.DEFAULT_NOTICE,
        LetterCode.STATEMENT,
        LetterCode.PAYOFF,
    }
)
"""Letters that a step of a strategy may name: all they say follows from the loan and the day."""

_STANDING: Final = frozenset({Lifecycle.ACTIVE, Lifecycle.CLOSED})

_STATES: Final[Mapping[LetterCode, frozenset[Lifecycle]]] = MappingProxyType(
    {
        LetterCode.STATEMENT: _STANDING,
        LetterCode.NO_DUES: frozenset({Lifecycle.CLOSED}),
        LetterCode.SETTLEMENT_AGREEMENT: _STANDING,
    }
)
"""In which states of the loan a letter says something true; where nothing stands, while it runs."""


@dataclass(frozen=True, slots=True)
class PaidOff:
    """How a loan ended, as far as a letter that nothing is owed depends on it.

    Attributes:
        lifecycle: Its state.
        closed_reason: Why it was closed; None while it is not.
        written_off: Part of it was given up and never paid.
        payments: The days on which the payments that stand were made known, by value date and
            posting, whichever is later.
        window_days: For how many days after such a day a bank may still take a payment back.
        awaited: Some announced payment is not final yet.
    """

    lifecycle: Lifecycle
    closed_reason: ClosedReason | None
    written_off: bool
    payments: tuple[date, ...]
    window_days: int
    awaited: bool = False


def certain_on(loan: PaidOff) -> date | None:
    """The first day on which nothing that paid a loan off can be taken back.

    None for a loan that was not repaid in full: who settled for less, or was forgiven or
    refinanced, has not repaid it. None as well while announced money is not final.
    """
    repaid = (
        loan.lifecycle is Lifecycle.CLOSED
        and loan.closed_reason is ClosedReason.REPAID
        and not loan.written_off
        and not loan.awaited
    )
    if not repaid or not loan.payments:
        return None
    return max(loan.payments) + timedelta(days=loan.window_days + 1)


def check_writable(code: LetterCode, loan: PaidOff, today: date) -> None:
    """Refuse a letter that would say something untrue of a loan.

    Raises:
        DomainError: `LETTER_NOT_TRUE`, with the loan's state or the day from which it may be
            written.
    """
    states = _STATES.get(code, frozenset({Lifecycle.ACTIVE}))
    if loan.lifecycle not in states:
        raise DomainError(
            ErrorCode.LETTER_NOT_TRUE,
            "The letter does not fit the state of the loan.",
            {"code": code.value, "lifecycle": loan.lifecycle.value},
        )
    if code is not LetterCode.NO_DUES:
        return
    day = certain_on(loan)
    if day is None:
        raise DomainError(
            ErrorCode.LETTER_NOT_TRUE,
            "Only a loan that was repaid in full is free of dues.",
            {"code": code.value, "lifecycle": loan.lifecycle.value},
        )
    if today < day:
        raise DomainError(
            ErrorCode.LETTER_NOT_TRUE,
            "The last payment can still be taken back by the bank.",
            {"code": code.value, "from_on": day.isoformat()},
        )


VALIDATION_WITHIN_DAYS: Final = 5
"""A validation notice goes with the first communication or so many days after it
(12 CFR 1006.34(a)(1)(i)(B))."""

_RECEIVED_AFTER: Final = 5
"""Days without Saturdays, Sundays and holidays after which a notice counts as received
(12 CFR 1006.34(b)(5))."""
_WEEK: Final = Holidays()
_DISPUTE_DAYS: Final = 30
"""Days after receipt in which the debt can be disputed."""


_MONDAY: Final = 0
_THURSDAY: Final = 3

_FEDERAL: Final = HolidayCalendar(
    (
        FixedHoliday(1, 1),
        WeekdayHoliday(_MONDAY, 1, 21),
        WeekdayHoliday(_MONDAY, 2, 21),
        WeekdayHoliday(_MONDAY, 5, 31),
        FixedHoliday(6, 19),
        FixedHoliday(7, 4),
        WeekdayHoliday(_MONDAY, 9, 7),
        WeekdayHoliday(_MONDAY, 10, 14),
        FixedHoliday(11, 11),
        WeekdayHoliday(_THURSDAY, 11, 28),
        FixedHoliday(12, 25),
    )
)
"""The legal public holidays of 5 U.S.C. 6103(a); the days kept instead of one on a weekend, which
6103(b) names, are none of them."""


def dispute_until(sent_on: date) -> date:
    """The last day of the validation period of a notice that is sent on a day."""
    left, day = _RECEIVED_AFTER, sent_on
    while left:
        day += timedelta(days=1)
        if day not in _FEDERAL and not _WEEK.closed(day):
            left -= 1
    return day + timedelta(days=_DISPUTE_DAYS)


@dataclass(frozen=True, slots=True)
class Changes:
    """What has become of a debt since a day: none is negative.

    Attributes:
        interest: What was charged in interest.
        fees: What was charged in fees.
        credits: What was paid, waived or credited.
    """

    interest: Decimal
    fees: Decimal
    credits: Decimal

    @classmethod
    def between(
        cls,
        principal: tuple[Decimal, Decimal],
        interest: tuple[Decimal, Decimal],
        fees: tuple[Decimal, Decimal],
    ) -> Self:
        """The changes that lead from what was owed then to what is owed now, of each part.

        They add up: then + interest + fees - credits is now, whatever came between. What grew
        the principal is interest that was added to it.
        """
        grown = [now - then for then, now in (principal, interest, fees)]
        by_principal, by_interest, by_fees = (max(each, ZERO) for each in grown)
        return cls(
            by_principal + by_interest, by_fees, sum((max(-each, ZERO) for each in grown), ZERO)
        )
