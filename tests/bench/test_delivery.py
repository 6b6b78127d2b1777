"""The bench of reminders: every message is really sent, and counted once."""

import pytest

from tenor.bench import delivery


@pytest.mark.timeout(300)
def test_all_of_a_morning_is_sent_and_measured() -> None:
    report = delivery.measure(messages=30)
    (only,) = report.measures
    assert only.value > 0
    assert only.yardstick > only.value
    assert (only.bar, only.stretch) == (0.4, 0.8)
    told, receipts = report.notes[-2:]
    assert "30 messages" in told
    assert "Receipts, when all had gone" in receipts
