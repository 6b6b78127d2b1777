"""Who gets a case: portfolio, skill, load; the same whoever comes first."""

import random

from hypothesis import given
from hypothesis import strategies as st

from domain.recovery.assigning import (
    MICROFINANCE,
    VULNERABLE,
    Because,
    Given,
    Team,
    Waiting,
    Worker,
    assign,
    needs_of,
)

TEAM = Team("desk")


def worker(key: str, capacity: int = 10, load: int = 0, *skills: str, here: bool = True) -> Worker:
    return Worker(key, "desk", frozenset(skills), capacity, load, here)


def case(number: int, *needs: str, portfolio: str | None = None) -> Waiting:
    return Waiting(f"c{number}", number, "book", frozenset(needs), portfolio)


def only(waiting: Waiting, *workers: Worker, teams: tuple[Team, ...] = (TEAM,)) -> Given:
    (given_to,) = assign([waiting], teams, workers)
    return given_to


def test_the_portfolio_comes_before_load_and_skill() -> None:
    mine, free = worker("mine", 10, 9), worker("free")
    found = only(case(1, VULNERABLE, portfolio="mine"), mine, free)
    assert (found.worker, found.because) == ("mine", Because.PORTFOLIO)
    full = worker("mine", 9, 9)
    assert only(case(1, portfolio="mine"), full, free).worker == "free"
    away = worker("mine", here=False)
    assert only(case(1, portfolio="mine"), away, free).worker == "free"


def test_the_load_is_measured_by_what_one_can_carry() -> None:
    # 4 of 10 is less than 3 of 5.
    found = only(case(1), worker("a", 5, 3), worker("b", 10, 4))
    assert (found.worker, found.because) == ("b", Because.LEAST_LOADED)
    assert only(case(1), worker("b", 10, 5), worker("a", 10, 5)).worker == "a"


def test_who_lacks_a_skill_gets_nothing_and_the_queue_says_why() -> None:
    plain, special = worker("plain"), worker("special", 1, 1, VULNERABLE)
    found = only(case(1, VULNERABLE), plain, special)
    assert (found.worker, found.team, found.because) == (None, "desk", Because.FULL)
    found = only(case(1, VULNERABLE), plain)
    assert (found.worker, found.team, found.because) == (None, "desk", Because.NO_SKILL)
    skilled = Team("desk", frozenset({VULNERABLE}))
    assert only(case(1, VULNERABLE), plain, teams=(skilled,)).worker == "plain"


def test_a_team_takes_its_books_alone() -> None:
    other = Team("desk", creditors=frozenset({"another"}))
    found = only(case(1), worker("a"), teams=(other,))
    assert (found.worker, found.team, found.because) == (None, None, Because.NOBODY)


def test_what_a_case_asks_for() -> None:
    asked = needs_of(language="es", is_vulnerable=True, is_microfinance=True, spoken={"es", "en"})
    assert asked == {"language:es", VULNERABLE, MICROFINANCE}
    # A language that nobody wrote down is asked of nobody.
    asked = needs_of(language="hi", is_vulnerable=False, is_microfinance=False, spoken={"es"})
    assert asked == frozenset()


@given(
    st.lists(st.tuples(st.integers(1, 6), st.integers(0, 6), st.booleans()), max_size=5),
    st.lists(st.sampled_from([(), (VULNERABLE,)]), max_size=20),
    st.randoms(use_true_random=False),
)
def test_a_night_is_shared_out_evenly_whatever_the_order(
    people: list[tuple[int, int, bool]], needs: list[tuple[str, ...]], chance: random.Random
) -> None:
    workers = [
        worker(f"w{at}", capacity, load, *([VULNERABLE] if special else []))
        for at, (capacity, load, special) in enumerate(people)
    ]
    waiting = [case(number, *asked) for number, asked in enumerate(needs)]
    found = assign(waiting, [TEAM], workers)
    assert [each.case for each in found] == [each.key for each in waiting]
    chance.shuffle(workers)
    chance.shuffle(waiting)
    assert assign(waiting, [TEAM], workers) == found
    for one in workers:
        got = sum(each.worker == one.key for each in found)
        assert got == 0 or one.load + got <= one.capacity
    if all(each == () for each in needs) and any(each.worker is None for each in found):
        for one in workers:
            got = sum(each.worker == one.key for each in found)
            assert one.load + got >= one.capacity, "nobody waits while there is room"
