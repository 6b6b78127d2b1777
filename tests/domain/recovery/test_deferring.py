"""What was agreed waits while a hold binds: nothing is missed, and dates keep their distance."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.recovery import deferring
from domain.recovery.arrangement import Part, PartState, judge
from domain.recovery.deferring import Deferred, defer, windows
from domain.recovery.holds import EFFECTS, Hold, HoldKind, binds
from domain.recovery.promise import Promise, PromisePolicy

MADE_ON = date(2028, 3, 1)
KEEPING = PromisePolicy(
    grace_days=2,
    threshold_percent=Decimal(80),
    max_days_ahead=30,
    min_percent_of_overdue=Decimal(10),
    max_broken=2,
    max_promises=5,
)

DAYS = st.integers(-20, 200).map(lambda days: MADE_ON + timedelta(days))
DATES = st.lists(st.integers(0, 120), min_size=1, max_size=6, unique=True).map(
    lambda days: [MADE_ON + timedelta(day) for day in sorted(days)]
)


@st.composite
def holds(draw: st.DrawFn) -> Hold:
    starts_on = draw(DAYS)
    lasts = draw(st.none() | st.integers(0, 90))
    ends_on = None if lasts is None else starts_on + timedelta(lasts)
    return Hold(draw(st.sampled_from(HoldKind)), starts_on, ends_on)


def moved(dates: list[date], held: list[Hold], today: date) -> tuple[Deferred, ...]:
    return defer(dates, windows(held, MADE_ON), grace_days=KEEPING.grace_days, today=today)


@given(DATES, st.lists(holds(), max_size=4), DAYS)
def test_nothing_is_missed_while_a_hold_binds(
    dates: list[date], held: list[Hold], today: date
) -> None:
    now = moved(dates, held, today)
    binding = [
        hold
        for hold in held
        if binds(hold, today)
        and EFFECTS[hold.kind].suspends_case
        and (hold.kind not in deferring.AGREED_IN_SPITE or hold.starts_on > MADE_ON)
    ]
    parts = [Part(at, each.on, Decimal(50)) for at, each in enumerate(now, 1)]
    found = judge(parts, [], KEEPING, today)
    for part, was in zip(found.parts, dates, strict=True):
        over = was + timedelta(KEEPING.grace_days)
        if any(hold.starts_on <= over for hold in binding) and today >= MADE_ON:
            assert part.state is PartState.DUE


@given(DATES, st.lists(holds(), max_size=4), DAYS)
def test_dates_move_on_in_their_order_by_whole_holds(
    dates: list[date], held: list[Hold], today: date
) -> None:
    now = moved(dates, held, today)
    by = [each.on - was for each, was in zip(now, dates, strict=True)]
    assert all(days >= timedelta(0) for days in by), "no date comes earlier"
    assert [each.on for each in now] == sorted(each.on for each in now)
    assert all(not each.waits or any(hold.ends_on is None for hold in held) for each in now)
    if all(hold.ends_on is not None for hold in held):
        assert moved(dates, held, today + timedelta(30)) == now, "what is known stays as it is"


def test_a_date_inside_a_hold_and_all_later_ones_move_by_its_days() -> None:
    dates = [date(2028, 3, 10), date(2028, 4, 10), date(2028, 5, 10)]
    space = Hold(HoldKind.MORATORIUM, date(2028, 4, 1), date(2028, 5, 31))
    assert [each.on for each in moved(dates, [space], date(2028, 4, 2))] == [
        date(2028, 3, 10),
        date(2028, 6, 9),
        date(2028, 7, 9),
    ]
    # Ended early, it takes fewer days; without an end, what it covers waits.
    early = Hold(HoldKind.MORATORIUM, date(2028, 4, 1), date(2028, 4, 20))
    assert moved(dates, [early], date(2028, 5, 1))[1] == Deferred(date(2028, 4, 29))
    open_ended = Hold(HoldKind.DISPUTE, date(2028, 4, 1))
    assert moved(dates, [open_ended], date(2028, 4, 9))[1] == Deferred(date(2028, 4, 10))
    assert moved(dates, [open_ended], date(2028, 4, 12))[1] == Deferred(date(2028, 4, 22), True)


def test_a_hold_between_dates_or_known_when_they_were_agreed_moves_none() -> None:
    dates = [date(2028, 3, 10), date(2028, 4, 10)]
    between = Hold(HoldKind.MORATORIUM, date(2028, 3, 13), date(2028, 4, 10))
    known = Hold(HoldKind.HARDSHIP, date(2028, 2, 1), date(2028, 6, 1))
    note = Hold(HoldKind.VULNERABLE, date(2028, 3, 1))
    for hold in (between, known, note):
        assert [each.on for each in moved(dates, [hold], date(2028, 4, 1))] == dates
    # In the grace of a date it counts: the money is asked for when it is over.
    grace = Hold(HoldKind.MORATORIUM, date(2028, 3, 12), date(2028, 4, 1))
    assert [each.on for each in moved(dates, [grace], date(2028, 4, 1))] == [
        date(2028, 4, 1),
        date(2028, 4, 30),
    ]
    promise = Promise("1", Decimal(50), MADE_ON, date(2028, 3, 10))
    assert deferring.promise(promise, [grace], grace_days=2, today=MADE_ON).due_on == date(
        2028, 4, 1
    )
