"""Priority: the sum of its parts, that never falls when something more speaks for a case."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from domain.recovery.priority import CaseState, parts_of, total
from domain.recovery.risk import Level

states = st.builds(
    CaseState,
    is_suspended=st.booleans(),
    has_reply=st.booleans(),
    is_hold_due=st.booleans(),
    is_escalated=st.booleans(),
    is_vulnerable=st.booleans(),
    is_promise_broken=st.booleans(),
    tasks=st.integers(0, 3),
    risk=st.integers(0, 100),
    level=st.sampled_from(list(Level)),
    unpaid=st.integers(0, 12),
)


@given(states, st.integers(0, 30), st.integers(0, 4))
def test_older_arrears_never_come_later(state: CaseState, risk: int, unpaid: int) -> None:
    older = replace(state, risk=min(100, state.risk + risk), unpaid=state.unpaid + unpaid)
    assert total(parts_of(older)) >= total(parts_of(state))


@given(states, states)
def test_what_stands_still_comes_after_all_that_waits(one: CaseState, other: CaseState) -> None:
    still = replace(one, is_suspended=True, has_reply=False, is_hold_due=False)
    waiting = replace(other, is_suspended=False)
    assert total(parts_of(still)) < total(parts_of(waiting))
    parts = [abs(part.points) for part in parts_of(one)]
    assert parts == sorted(parts, reverse=True)
    assert all(parts)
