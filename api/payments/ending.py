"""What is written to an announced payment when it is cleared, or when it comes to nothing."""

from datetime import date
from uuid import UUID

from api.clock import Clock
from api.db.base import new_id
from api.payments.tables import PaymentLifeRow
from domain.lending.payment_life import PaymentState, PaymentStep, after
from domain.lending.reversal import ReversalKind


def post(life: PaymentLifeRow) -> UUID:
    """Its money counts from now on; answers the key that its transaction is to have."""
    life.posted_key = new_id()
    return life.id


def clear(life: PaymentLifeRow, clock: Clock, today: date) -> None:
    """Its money is there; raises `ILLEGAL_TRANSITION`."""
    life.state = after(PaymentState(life.state), PaymentStep.CLEAR).value
    life.cleared_at = clock.now
    _awaited_no_longer(life, today)


def take_back(
    life: PaymentLifeRow, kind: ReversalKind, reason: str, clock: Clock, today: date
) -> None:
    """It was returned by the bank, or reversed otherwise.

    Raises `ALREADY_REVERSED` and `ILLEGAL_TRANSITION`.
    """
    step = PaymentStep.RETURN if kind is ReversalKind.RETURNED else PaymentStep.REVERSE
    end(life, step, clock, today)
    life.reason = reason


def end(life: PaymentLifeRow, step: PaymentStep, clock: Clock, today: date) -> None:
    """It comes to nothing; raises `ALREADY_REVERSED` and `ILLEGAL_TRANSITION`."""
    life.state = after(PaymentState(life.state), step).value
    life.ended_at = clock.now
    _awaited_no_longer(life, today)


def _awaited_no_longer(life: PaymentLifeRow, today: date) -> None:
    life.awaited_to = life.awaited_to or min(today, life.awaited_until)
    life.version += 1
