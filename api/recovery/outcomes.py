"""What came of a step, in the words that conditions of strategies use."""

from typing import Final

from domain.recovery.conditions import LastOutcome

_MESSAGES: Final = {
    "sent": LastOutcome.SENT,
    "unknown": LastOutcome.SENT,
    "delivered": LastOutcome.DELIVERED,
    "failed": LastOutcome.FAILED,
    "bounced": LastOutcome.FAILED,
    "withheld": LastOutcome.WITHHELD,
    "expired": LastOutcome.WITHHELD,
}
_TASKS: Final = {
    outcome.value: outcome
    for outcome in (
        LastOutcome.RIGHT_PARTY,
        LastOutcome.NO_ANSWER,
        LastOutcome.VOICEMAIL,
        LastOutcome.WRONG_NUMBER,
        LastOutcome.REFUSED,
        LastOutcome.CALL_BACK,
    )
}


def of_message(status: str) -> LastOutcome:
    """The outcome a message's status stands for; what has not left yet is waited for."""
    return _MESSAGES.get(status, LastOutcome.WAITING)


def of_task(status: str, outcome: str | None) -> LastOutcome:
    """The outcome of a task; words that only its author knows count as done."""
    if status == "open":
        return LastOutcome.WAITING
    return _TASKS.get(outcome or "", LastOutcome.DONE)
