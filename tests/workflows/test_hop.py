"""How long a run sleeps."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from workflows.hop import SHORTEST, UNTIL_POKED, back_off

NOW = datetime(2028, 2, 1, 12, tzinfo=UTC)


def test_it_sleeps_until_the_instant() -> None:
    until = NOW + timedelta(days=30)
    assert back_off(until, NOW, on_test_clock=False) == timedelta(days=30)


def test_an_instant_that_has_passed_does_not_make_it_spin() -> None:
    assert back_off(NOW - timedelta(days=1), NOW, on_test_clock=False) == SHORTEST


def test_on_a_test_clock_time_does_not_wake_it() -> None:
    assert back_off(NOW - timedelta(days=1), NOW, on_test_clock=True) == UNTIL_POKED


def test_many_workflows_due_together_are_spread_and_each_keeps_its_place() -> None:
    until = NOW + timedelta(days=30)
    keys = [f"loan:{uuid4()}" for _ in range(200)]
    waits = [back_off(until, NOW, on_test_clock=False, spread_by=key) for key in keys]
    assert waits == [back_off(until, NOW, on_test_clock=False, spread_by=key) for key in keys]
    assert all(timedelta(days=30) <= wait <= timedelta(days=30, minutes=10) for wait in waits)
    assert max(waits) - min(waits) > timedelta(minutes=7)


def test_a_short_wait_is_hardly_lengthened() -> None:
    wait = back_off(NOW + timedelta(seconds=10), NOW, on_test_clock=False, spread_by="loan:1")
    assert timedelta(seconds=10) <= wait <= timedelta(seconds=10.1)
