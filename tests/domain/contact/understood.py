"""What is asked of every message that was understood, in whatever language it came."""

from datetime import date
from decimal import Decimal

from domain.contact.intents.kinds import CONFIDENT, Intent, IntentKind


def assert_promise(intent: Intent, amount: str, on: str) -> None:
    """It was read as a promise of this amount for this day, and surely."""
    assert intent.kind is IntentKind.PROMISE
    assert intent.amount == Decimal(amount)
    assert intent.on == date.fromisoformat(on)
    assert CONFIDENT <= intent.confidence <= 1
