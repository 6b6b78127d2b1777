"""How the demo's people behave: what a person does on a day, by what he sees.

Pure: chance is a hash of seed, customer number, date and what it decides, so a run depends neither
on ids nor on the order in which things arrive.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final, assert_never

from tenor.portfolio.chance import chance, weighted, whole


class Behaviour(StrEnum):
    """The ways of behaving."""

    STEADY = "steady"
    """Pays on the due date or up to two days before."""
    FORGETFUL = "forgetful"
    """Pays one to six days late, often because a text reminded him."""
    PAYDAY_SHIFTED = "payday-shifted"
    """Pays five days late, always: his wages come then."""
    PART_PAYER = "part-payer"
    """Pays 40 to 80 % of each instalment."""
    PROMISER = "promiser"
    """Pays only what he promised in answer to a text, and less and less of that."""
    SILENT = "silent"
    """Never pays and never answers."""
    STOPPER = "stopper"
    """Answers the first text with STOP, and pays a few days late."""
    DISPUTER = "disputer"
    """Answers the first text about arrears that he disputes the debt, and pays a fortnight on."""
    ARRANGER = "arranger"
    """Pays nothing until instalments are agreed on, and keeps to all of them."""
    LAPSER = "lapser"
    """Agrees on instalments, pays the first, and then tells that he has lost his work."""
    SETTLER = "settler"
    """Pays nothing but what he is offered for the whole."""


class Paper(StrEnum):
    """What a person sends when a bank statement is asked of him."""

    PDF = "pdf"
    CSV = "csv"
    SMUDGED = "smudged"
    """A table in which one amount is wrong: it does not add up."""
    PHOTO = "photo"
    """A picture, which nobody reads."""


STATEMENT_ON: Final = date(2028, 2, 11)
"""The day on which those who pay in parts show what they live on."""
PAPERS: Final = (Paper.PDF, Paper.CSV, Paper.SMUDGED, Paper.PDF, Paper.PHOTO)
"""What they send, by their number, one after the other."""


CAST: Final = (
    Behaviour.PROMISER,
    Behaviour.FORGETFUL,
    Behaviour.PAYDAY_SHIFTED,
    Behaviour.PART_PAYER,
    Behaviour.PROMISER,
    Behaviour.SILENT,
    Behaviour.STEADY,
    Behaviour.STOPPER,
    Behaviour.FORGETFUL,
    Behaviour.PAYDAY_SHIFTED,
    Behaviour.DISPUTER,
    Behaviour.PART_PAYER,
    Behaviour.ARRANGER,
    Behaviour.SILENT,
    Behaviour.STEADY,
    Behaviour.LAPSER,
    Behaviour.PART_PAYER,
    Behaviour.STEADY,
    Behaviour.SETTLER,
    Behaviour.STEADY,
)
"""The parts of the first twenty customers, in every run: each behaviour at least once."""

_OTHERS: Final = (
    (Behaviour.STEADY, 63),
    (Behaviour.FORGETFUL, 15),
    (Behaviour.PAYDAY_SHIFTED, 8),
    (Behaviour.PART_PAYER, 7),
    (Behaviour.PROMISER, 5),
    (Behaviour.SILENT, 2),
)

WAGES_AFTER: Final = timedelta(days=5)
"""How late the payday-shifted pay."""
PROMPTED: Final = 0.55
"""How often a text moves the forgetful."""
SETTLED_AFTER: Final = timedelta(days=14)
"""How long after his dispute somebody has shown the disputer what he owes."""
AHEAD_OF_DUE: Final = timedelta(days=1)
"""How early somebody pays his next bills who keeps to an arrangement."""
DESPAIRS_AFTER: Final = timedelta(days=6)
"""How long after the instalment that he misses somebody tells that he has lost his work."""
KEPT: Final = (0.70, 0.35, 0.10)
"""How likely a promise is kept: the first, the second, any later one."""
_HALF_KEPT: Final = 0.5
"""Of the promises that are not kept, how many see half of the money."""

_SOONEST_PROMISE, _LATEST_PROMISE = 3, 6


@dataclass(frozen=True, slots=True)
class Person:
    """A customer, and the part he plays; `number` is the figure in his human number."""

    number: int
    behaviour: Behaviour


@dataclass(frozen=True, slots=True)
class Bill:
    """An instalment that is not paid in full; `loan` is the figure in the loan's number."""

    loan: int
    instalment: int
    due_on: date


@dataclass(frozen=True, slots=True)
class Text:
    """A text message that reached the person's phone."""

    on: date
    body: str


@dataclass(frozen=True, slots=True)
class Promise:
    """What the person promised to pay, when, and how much of it he is going to keep."""

    on: date
    share: Decimal


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the person has agreed with us to pay, and when."""

    on: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class View:
    """What a person knows on a day.

    Attributes:
        bills: What he has not paid, oldest first, some of it not due yet.
        texts: Every text he got, oldest first.
        promise: The last promise he made.
        promises_made: How many he made.
        has_stopped: Whether he texted STOP.
        disputed_on: When he texted that he disputes the debt.
        agreed: What he has agreed to pay, oldest first.
        has_despaired: Whether he texted that he has lost his work.
    """

    bills: tuple[Bill, ...]
    texts: tuple[Text, ...] = ()
    promise: Promise | None = None
    promises_made: int = 0
    has_stopped: bool = False
    disputed_on: date | None = None
    agreed: tuple[Agreed, ...] = ()
    has_despaired: bool = False


@dataclass(frozen=True, slots=True)
class PayBill:
    """Pay a share of one instalment, or what is left of it if that is less."""

    loan: int
    instalment: int
    share: Decimal


@dataclass(frozen=True, slots=True)
class PayOverdue:
    """Pay all that is overdue on a loan, fees included."""

    loan: int


@dataclass(frozen=True, slots=True)
class MakePromise:
    """Text that all that is overdue will be paid on a day.

    Attributes:
        on: The day.
        share: What of it will really come.
        phrasing: Which of the two ways of saying it.
    """

    on: date
    share: Decimal
    phrasing: int


@dataclass(frozen=True, slots=True)
class KeepPromise:
    """Pay a share of what was promised."""

    share: Decimal


@dataclass(frozen=True, slots=True)
class SayStop:
    """Text STOP."""


@dataclass(frozen=True, slots=True)
class SayDispute:
    """Text that the debt is disputed."""


@dataclass(frozen=True, slots=True)
class SayHardship:
    """Text that work is lost and nothing can be paid."""


@dataclass(frozen=True, slots=True)
class PayAgreed:
    """Pay what was agreed for today."""

    amount: Decimal


@dataclass(frozen=True, slots=True)
class SendStatement:
    """Hand in a bank statement of the thirty days before."""

    paper: Paper


Action = (
    PayBill
    | PayOverdue
    | MakePromise
    | KeepPromise
    | SayStop
    | SayDispute
    | SayHardship
    | PayAgreed
    | SendStatement
)


def cast(seed: int, numbers: Sequence[int]) -> tuple[Person, ...]:
    """Give every customer a part: the first by script, the others by chance, in number order."""
    return tuple(
        Person(
            number,
            CAST[place] if place < len(CAST) else weighted(seed, _OTHERS, number, "behaviour"),
        )
        for place, number in enumerate(sorted(numbers))
    )


def act(seed: int, person: Person, day: date, view: View) -> tuple[Action, ...]:
    """What a person does on a day."""
    match person.behaviour:
        case Behaviour.STEADY:
            return tuple(_steady(seed, person, day, view))
        case Behaviour.FORGETFUL:
            return _overdue([b for b in view.bills if _remembers(seed, person, day, view, b)])
        case Behaviour.PAYDAY_SHIFTED:
            return _overdue([b for b in view.bills if day >= b.due_on + WAGES_AFTER])
        case Behaviour.PART_PAYER:
            return tuple(_parts(seed, person, day, view))
        case Behaviour.PROMISER:
            return _promiser(seed, person, day, view)
        case Behaviour.SILENT:
            return ()
        case Behaviour.STOPPER:
            return _stopper(seed, person, day, view)
        case Behaviour.DISPUTER:
            return _disputer(day, view)
        case Behaviour.ARRANGER:
            return tuple(_arranger(day, view))
        case Behaviour.LAPSER:
            return tuple(_lapser(day, view))
        case Behaviour.SETTLER:
            return _agreed(day, view.agreed)
        case _:
            assert_never(person.behaviour)


def is_reminder_of_arrears(body: str) -> bool:
    """Whether a text says that something is late, as its reader would see it."""
    said = body.casefold()
    return "unpaid" in said or "overdue" in said


def promise_text(phrasing: int, amount: str, on: date) -> str:
    """A promise as it is texted; the day is one of the next seven."""
    if phrasing == 0:
        return f"cant today, {amount} on {on:%A}".lower()
    return f"I will pay {amount} on {on.day} {on:%B}"


def _steady(seed: int, person: Person, day: date, view: View) -> Iterator[Action]:
    for bill in view.bills:
        ahead = whole(seed, 0, 2, person.number, bill.due_on, "ahead", bill.loan)
        if day >= bill.due_on - timedelta(days=ahead):
            yield PayBill(bill.loan, bill.instalment, Decimal(1))


def _remembers(seed: int, person: Person, day: date, view: View, bill: Bill) -> bool:
    """Whether a forgetful person has thought of a bill by now, by himself or by a text."""
    about = (person.number, bill.due_on)
    late = whole(seed, 1, 6, *about, "late", bill.loan)
    if day >= bill.due_on + timedelta(days=late):
        return True
    if day <= bill.due_on or chance(seed, *about, "prompted", bill.loan) >= PROMPTED:
        return False
    # Within 48 hours of the text.
    delay = timedelta(days=whole(seed, 0, 1, *about, "delay", bill.loan))
    return any(bill.due_on <= text.on and day >= text.on + delay for text in view.texts)


def _parts(seed: int, person: Person, day: date, view: View) -> Iterator[Action]:
    if day == STATEMENT_ON:
        yield SendStatement(PAPERS[person.number % len(PAPERS)])
    for bill in view.bills:
        about = (person.number, bill.due_on)
        late = whole(seed, 0, 3, *about, "late", bill.loan)
        if day == bill.due_on + timedelta(days=late):
            percent = whole(seed, 40, 80, *about, "share", bill.loan)
            yield PayBill(bill.loan, bill.instalment, Decimal(percent) / 100)


def _promiser(seed: int, person: Person, day: date, view: View) -> tuple[Action, ...]:
    promise = view.promise
    if promise is not None and day <= promise.on:
        due = day == promise.on and promise.share > 0
        return (KeepPromise(promise.share),) if due else ()
    is_reminded = any(text.on == day and is_reminder_of_arrears(text.body) for text in view.texts)
    if not is_reminded or not any(bill.due_on < day for bill in view.bills):
        return ()
    about = (person.number, day)
    ahead = whole(seed, _SOONEST_PROMISE, _LATEST_PROMISE, *about, "ahead")
    return (
        MakePromise(
            on=day + timedelta(days=ahead),
            share=_kept_share(seed, person, day, view.promises_made),
            phrasing=view.promises_made % 2,
        ),
    )


def _kept_share(seed: int, person: Person, day: date, made: int) -> Decimal:
    """All, half, or nothing: the more promises a person has made, the less."""
    if chance(seed, person.number, day, "kept") < KEPT[min(made, len(KEPT) - 1)]:
        return Decimal(1)
    if chance(seed, person.number, day, "half kept") < _HALF_KEPT:
        return Decimal("0.5")
    return Decimal(0)


def _stopper(seed: int, person: Person, day: date, view: View) -> tuple[Action, ...]:
    said: tuple[Action, ...] = ()
    if view.texts and not view.has_stopped:
        said = (SayStop(),)
    late = [
        bill
        for bill in view.bills
        if day
        >= bill.due_on
        + timedelta(days=whole(seed, 2, 4, person.number, bill.due_on, "late", bill.loan))
    ]
    return said + _overdue(late)


def _disputer(day: date, view: View) -> tuple[Action, ...]:
    late = [bill for bill in view.bills if bill.due_on < day]
    if view.disputed_on is None:
        is_chased = any(is_reminder_of_arrears(text.body) for text in view.texts)
        return (SayDispute(),) if late and is_chased else ()
    return _overdue(late) if day >= view.disputed_on + SETTLED_AFTER else ()


def _arranger(day: date, view: View) -> Iterator[Action]:
    yield from _agreed(day, view.agreed)
    for bill in view.bills:
        # What was late when it was agreed on is paid by its parts.
        is_new = bool(view.agreed) and bill.due_on >= view.agreed[0].on
        if is_new and day >= bill.due_on - AHEAD_OF_DUE:
            yield PayBill(bill.loan, bill.instalment, Decimal(1))


def _lapser(day: date, view: View) -> Iterator[Action]:
    yield from _agreed(day, view.agreed[:1])
    missed = view.agreed[1:2]
    if missed and not view.has_despaired and day >= missed[0].on + DESPAIRS_AFTER:
        yield SayHardship()


def _agreed(day: date, parts: Sequence[Agreed]) -> tuple[Action, ...]:
    """Pay what was agreed for a day."""
    return tuple(PayAgreed(part.amount) for part in parts if part.on == day)


def _overdue(bills: Sequence[Bill]) -> tuple[Action, ...]:
    """Pay what is overdue on every loan of which one of these bills is, in number order."""
    return tuple(PayOverdue(loan) for loan in sorted({bill.loan for bill in bills}))
