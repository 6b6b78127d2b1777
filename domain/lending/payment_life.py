"""The life of a payment: reported, pending, cleared, returned; which step follows, and when.

What a borrower merely reports moves no balance and holds reminders back for some days. What a
bank says is under way (direct debit, ACH, SEPA, a cheque) either waits to be counted until it is
final or counts provisionally from its value date on; the product says which. A cleared payment
may still be returned.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from domain.errors import DomainError, ErrorCode
from domain.money import ZERO


class PaymentState(StrEnum):
    """Where a payment is in its life."""

    REPORTED = "reported"
    """Somebody says that he has paid; no money was seen."""
    PENDING = "pending"
    """The bank says that the money is under way; it may still fail."""
    CLEARED = "cleared"
    """The money is there."""
    RETURNED = "returned"
    """The bank took the money back, or never sent it."""
    REVERSED = "reversed"
    """Taken back by ourselves, or charged back by the payer."""
    WITHDRAWN = "withdrawn"
    """Whoever reported it took that back."""
    EXPIRED = "expired"
    """It was reported, and in its days no money came."""


class PaymentStep(StrEnum):
    """What may happen to a payment."""

    CONFIRM = "confirm"
    """The bank says that what was reported is under way."""
    CLEAR = "clear"
    RETURN = "return"
    REVERSE = "reverse"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"


TRANSITIONS: Mapping[tuple[PaymentState, PaymentStep], PaymentState] = MappingProxyType(
    {
        (PaymentState.REPORTED, PaymentStep.CONFIRM): PaymentState.PENDING,
        (PaymentState.REPORTED, PaymentStep.CLEAR): PaymentState.CLEARED,
        (PaymentState.REPORTED, PaymentStep.WITHDRAW): PaymentState.WITHDRAWN,
        (PaymentState.REPORTED, PaymentStep.EXPIRE): PaymentState.EXPIRED,
        # Money is sometimes later than its days; then it is there all the same.
        (PaymentState.EXPIRED, PaymentStep.CLEAR): PaymentState.CLEARED,
        (PaymentState.PENDING, PaymentStep.CLEAR): PaymentState.CLEARED,
        (PaymentState.PENDING, PaymentStep.RETURN): PaymentState.RETURNED,
        (PaymentState.PENDING, PaymentStep.REVERSE): PaymentState.REVERSED,
        (PaymentState.CLEARED, PaymentStep.RETURN): PaymentState.RETURNED,
        (PaymentState.CLEARED, PaymentStep.REVERSE): PaymentState.REVERSED,
    }
)
"""All that may follow; everything else is refused."""

AWAITED = frozenset({PaymentState.REPORTED, PaymentState.PENDING})
"""States in which money is still to come, or still to become final."""

TAKEN_BACK = frozenset({PaymentState.RETURNED, PaymentState.REVERSED})


def after(state: PaymentState, step: PaymentStep) -> PaymentState:
    """The state that follows a step.

    Raises `ALREADY_REVERSED` for a payment that was taken back before, and `ILLEGAL_TRANSITION`
    for any other step that cannot follow.
    """
    found = TRANSITIONS.get((state, step))
    if found is not None:
        return found
    if state in TAKEN_BACK and step in {PaymentStep.RETURN, PaymentStep.REVERSE}:
        raise DomainError(
            ErrorCode.ALREADY_REVERSED, f"The payment was {state.value} before.", {"state": state}
        )
    raise DomainError(
        ErrorCode.ILLEGAL_TRANSITION,
        f"A payment that is {state.value} does not {step.value}.",
        {"state": state.value, "command": step.value},
    )


class PendingEnds(StrEnum):
    """What happens when a pending payment's days are over and nobody said what became of it."""

    ASK = "ask"
    """A person finds out; its reminders are no longer held back."""
    CLEAR = "clear"
    """It is held for final: the bank's time for a return is over."""


@dataclass(frozen=True, slots=True)
class LifeTerms:
    """What a product says about payments that are not final yet.

    Attributes:
        reported_days: How long a report holds reminders back; then it expires.
        unkept_reports: After so many reports without money, a further one holds nothing back.
        pending_days: How long a pending payment may be without news.
        pending_ends: What happens then.
        pending_counts: A pending payment is allocated at its value date at once, provisionally;
            otherwise nothing moves before it is cleared.
        pending_pauses: A pending payment holds reminders back for its days.
        return_fee: What a returned payment costs the borrower, within the caps of the law.
        return_window_days: For how many days after a payment its bank may take it back.
    """

    reported_days: int = 5
    unkept_reports: int = 2
    pending_days: int = 10
    pending_ends: PendingEnds = PendingEnds.ASK
    pending_counts: bool = False
    pending_pauses: bool = True
    return_fee: Decimal = ZERO
    return_window_days: int = 60

    def awaited_until(self, state: PaymentState, today: date) -> date:
        """The first day on which a payment that enters a state today is awaited no longer."""
        days = self.reported_days if state is PaymentState.REPORTED else self.pending_days
        return today + timedelta(days=days)


def overdue_step(
    state: PaymentState, awaited_until: date, today: date, terms: LifeTerms
) -> PaymentStep | None:
    """The step that time alone brings; none while the days run, or where a person is asked."""
    if today < awaited_until:
        return None
    if state is PaymentState.REPORTED:
        return PaymentStep.EXPIRE
    if state is PaymentState.PENDING and terms.pending_ends is PendingEnds.CLEAR:
        return PaymentStep.CLEAR
    return None


def holds_reminders_back(
    state: PaymentState,
    amount: Decimal,
    asked_for: Decimal,
    unkept: int,
    terms: LifeTerms,
) -> bool:
    """Whether a payment that is announced stops reminders for its days.

    Args:
        state: `REPORTED` or `PENDING`.
        amount: The payment, with what else is awaited on the loan.
        asked_for: What reminders ask for now; a payment of less leaves the rest to be asked for.
        unkept: Reports of this loan that came to nothing since money last came.
        terms: The product's.
    """
    if amount < asked_for:
        return False
    if state is PaymentState.REPORTED:
        return terms.reported_days > 0 and unkept < terms.unkept_reports
    return terms.pending_pauses and terms.pending_days > 0


@dataclass(frozen=True, slots=True)
class Announced:
    """A payment that is awaited, as far as it takes to know it again.

    Attributes:
        id: Its key, opaque here.
        amount: How much is to come.
        reference: The sender's, if one was told.
        announced_on: The day it was announced; money is matched with the oldest first.
    """

    id: str
    amount: Decimal
    reference: str | None
    announced_on: date


def matching(
    awaited: Sequence[Announced], amount: Decimal, reference: str | None
) -> Announced | None:
    """The announced payment that money which comes in is; None when it is another one.

    The amount is the same to the cent. A reference on both sides decides: the same one is taken
    before all others, a different one never. Among equals the oldest is taken.
    """
    wanted = _plain(reference)
    equal = [each for each in awaited if each.amount == amount]
    candidates = [each for each in equal if wanted and _plain(each.reference) == wanted] or [
        each for each in equal if not wanted or not _plain(each.reference)
    ]
    return min(candidates, key=lambda each: (each.announced_on, each.id), default=None)


def _plain(reference: str | None) -> str:
    """A reference without what banks and people write differently."""
    return "".join(part for part in (reference or "").casefold() if part.isalnum())
