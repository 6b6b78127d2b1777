"""The follow-up of a task: each step once, in time, and no noise after an outage."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import DomainError, ErrorCode
from domain.tasks import LADDER, OpenTask, StepKind, Terms, follow_up

OPENED = datetime(2028, 2, 1, 12, tzinfo=UTC)
DUE = OPENED + timedelta(days=3)
DAY = timedelta(days=1)
TERMS = Terms((DAY, timedelta(hours=2)), DAY)


def task(done: tuple[str, ...] = (), role: str = "agent", terms: Terms = TERMS) -> OpenTask:
    return OpenTask(OPENED, DUE, role, terms, done)


def keys(found: OpenTask, now: datetime) -> tuple[list[str], list[str], str | None]:
    decided = follow_up(found, now)
    coming = None if decided.coming is None else decided.coming.key
    return [s.key for s in decided.due], [s.key for s in decided.overtaken], coming


def test_it_waits_for_the_first_reminder() -> None:
    assert keys(task(), OPENED) == ([], [], "remind:1440")
    assert follow_up(task(), OPENED).coming.at == DUE - DAY  # type: ignore[union-attr]


def test_each_step_has_its_time() -> None:
    assert keys(task(), DUE - DAY) == (["remind:1440"], [], "remind:120")
    first = ("remind:1440",)
    assert keys(task(first), DUE - timedelta(hours=2)) == (["remind:120"], [], "due")
    second = (*first, "remind:120")
    assert keys(task(second), DUE) == (["due"], [], "escalate:1")
    third = (*second, "due")
    assert keys(task(third), DUE + DAY) == (["escalate:1"], [], "escalate:2")
    fourth = (*third, "escalate:1")
    assert keys(task(fourth, "manager"), DUE + 2 * DAY) == (["escalate:2"], [], None)
    assert keys(task((*fourth, "escalate:2"), "admin"), DUE + 99 * DAY) == ([], [], None)


def test_whoever_is_above_is_asked() -> None:
    decided = follow_up(task(("remind:1440", "remind:120", "due"), "advisor"), DUE + 2 * DAY)
    assert [(step.kind, step.role) for step in decided.due] == [
        (StepKind.ESCALATE, "manager"),
        (StepKind.ESCALATE, "admin"),
    ]


def test_after_an_outage_no_reminder_is_made_up_for() -> None:
    assert keys(task(), DUE - timedelta(hours=1)) == (["remind:120"], ["remind:1440"], "due")
    assert keys(task(), DUE) == (["due"], ["remind:1440", "remind:120"], "escalate:1")


def test_a_reminder_from_before_the_task_is_none() -> None:
    late = OpenTask(DUE - timedelta(hours=3), DUE, "agent", TERMS, ())
    assert keys(late, late.opened_at) == ([], [], "remind:120")


def test_without_terms_it_only_falls_due() -> None:
    plain = task(terms=Terms())
    assert keys(plain, OPENED) == ([], [], "due")
    assert keys(task(("due",), terms=Terms()), DUE + 9 * DAY) == ([], [], None)


@pytest.mark.parametrize(
    "terms",
    [
        lambda: Terms((timedelta(0),)),
        lambda: Terms((timedelta(days=91),)),
        lambda: Terms(tuple(timedelta(hours=n) for n in range(1, 7))),
        lambda: Terms((), timedelta(minutes=14)),
        lambda: Terms((), timedelta(days=31)),
    ],
)
def test_terms_that_help_nobody_are_refused(terms: object) -> None:
    with pytest.raises(DomainError) as caught:
        terms()  # type: ignore[operator]
    assert caught.value.code is ErrorCode.INVALID_REQUEST


@given(
    leads=st.sets(st.integers(1, 90 * 24 * 60), max_size=5),
    patience=st.none() | st.integers(15, 43_200),
    role=st.sampled_from(["agent", "advisor", "manager", "admin"]),
    looks=st.lists(st.integers(0, 200 * 24 * 60), min_size=1, max_size=30),
)
def test_however_often_one_looks_each_step_comes_once_and_in_order(
    leads: set[int], patience: int | None, role: str, looks: list[int]
) -> None:
    terms = Terms(
        tuple(timedelta(minutes=lead) for lead in leads),
        None if patience is None else timedelta(minutes=patience),
    )
    due_at = OPENED + timedelta(days=100)
    done: list[str] = []
    asked, times = role, []
    for minutes in sorted(looks):
        now = OPENED + timedelta(minutes=minutes)
        decided = follow_up(OpenTask(OPENED, due_at, asked, terms, tuple(done)), now)
        again = follow_up(OpenTask(OPENED, due_at, asked, terms, tuple(done)), now)
        assert decided == again
        for step in decided.due:
            assert step.at <= now
            asked = step.role or asked
            times.append(step.at)
        assert decided.coming is None or decided.coming.at > now
        done += [step.key for step in (*decided.overtaken, *decided.due)]
    assert len(done) == len(set(done))
    assert times == sorted(times)
    rungs = sum(1 for key in done if key.startswith("escalate:"))
    ladder = [role]
    while ladder[-1] in LADDER:
        ladder.append(LADDER[ladder[-1]])
    assert asked == ladder[rungs]
