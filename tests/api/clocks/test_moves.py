"""What a walking clock does next."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from api.clocks.moves import Arrive, Close, Look, Wait, Wake, onward
from contracts.names import WakeKind

NOON = datetime(2028, 2, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LOOK = Look(
    clock_id=UUID(int=1),
    now=NOON,
    target=NOON + 24 * HOUR,
    settled=True,
    closes_at=NOON + 12 * HOUR,
    due=(
        (WakeKind.LOAN, NOON + 3 * HOUR),
        (WakeKind.CASE, NOON + 2 * HOUR),
        (WakeKind.DELIVERY, None),
    ),
)


def test_nothing_moves_while_something_is_at_work() -> None:
    move, look = onward(replace(LOOK, settled=False))
    assert (move, look.now) == (Wait(), NOON)


def test_it_goes_to_the_next_due_instant() -> None:
    move, look = onward(LOOK)
    assert (move, look.now) == (Wake(WakeKind.CASE), NOON + 2 * HOUR)


def test_days_are_closed_before_anybody_is_woken() -> None:
    due = tuple((kind, NOON) for kind, _ in LOOK.due)
    assert onward(replace(LOOK, closes_at=NOON, due=due))[0] == Close()


def test_loans_go_before_cases_and_cases_before_deliveries() -> None:
    order = []
    due = {kind: NOON for kind, _ in LOOK.due}
    while due:
        move, _ = onward(replace(LOOK, due=tuple(due.items())))
        assert isinstance(move, Wake)
        order.append(move.kind)
        del due[move.kind]
    assert order == [WakeKind.LOAN, WakeKind.CASE, WakeKind.DELIVERY]


def test_it_arrives_only_when_nothing_is_due_at_the_target() -> None:
    quiet = replace(LOOK, closes_at=None, due=tuple((kind, None) for kind, _ in LOOK.due))
    move, look = onward(quiet)
    assert (move, look.now) == (Arrive(), quiet.target)
    busy = replace(quiet, due=((WakeKind.DELIVERY, quiet.target),))
    assert onward(busy)[0] == Wake(WakeKind.DELIVERY)


def test_a_clock_without_a_target_stands_still() -> None:
    move, look = onward(replace(LOOK, target=None))
    assert (move, look.now) == (Arrive(), NOON)
