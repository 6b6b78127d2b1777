"""What came of a step, for each status a message or a task may have."""

import pytest

from api.recovery import outcomes
from domain.recovery.conditions import LastOutcome


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("queued", LastOutcome.WAITING),
        ("leased", LastOutcome.WAITING),
        ("dispatched", LastOutcome.WAITING),
        ("sent", LastOutcome.SENT),
        ("unknown", LastOutcome.SENT),
        ("delivered", LastOutcome.DELIVERED),
        ("failed", LastOutcome.FAILED),
        ("bounced", LastOutcome.FAILED),
        ("withheld", LastOutcome.WITHHELD),
        ("expired", LastOutcome.WITHHELD),
    ],
)
def test_a_message(status: str, outcome: LastOutcome) -> None:
    assert outcomes.of_message(status) is outcome


@pytest.mark.parametrize(
    ("status", "said", "outcome"),
    [
        ("open", None, LastOutcome.WAITING),
        ("done", "right_party", LastOutcome.RIGHT_PARTY),
        ("done", "no_answer", LastOutcome.NO_ANSWER),
        ("done", "voicemail", LastOutcome.VOICEMAIL),
        ("done", "wrong_number", LastOutcome.WRONG_NUMBER),
        ("done", "refused", LastOutcome.REFUSED),
        ("done", "call_back", LastOutcome.CALL_BACK),
        ("done", "done", LastOutcome.DONE),
        ("done", "a-word-of-a-program", LastOutcome.DONE),
        ("cancelled", "re_escalated", LastOutcome.DONE),
    ],
)
def test_a_task(status: str, said: str | None, outcome: LastOutcome) -> None:
    assert outcomes.of_task(status, said) is outcome
