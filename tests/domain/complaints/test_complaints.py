"""The clocks and the life of a complaint."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.complaints.packs import of_country, rulebooks, working_days
from domain.complaints.clocks import Deadlines, Rulebook, Term, Unit, deadlines, strictest
from domain.complaints.complaint import OPEN, Complaint, Outcome, RootCause, State
from domain.errors import DomainError, ErrorCode

DUE = Deadlines(date(2028, 3, 8), date(2028, 4, 26), date(2028, 3, 6))
NEW = Complaint(State.RECEIVED, date(2028, 3, 1), DUE)
LONG_AFTER = date(2028, 12, 1)


@pytest.mark.parametrize(
    ("country", "received_on", "acknowledge_by", "summary_by", "respond_by"),
    [
        # Good Friday is 14 April 2028 and Easter Monday the 17th: neither is a business day.
        ("GB", "2028-04-12", "2028-04-19", "2028-04-19", "2028-06-07"),
        ("GB", "2028-03-03", "2028-03-08", "2028-03-08", "2028-04-28"),
        ("AU", "2028-03-03", "2028-03-06", "2028-03-10", "2028-04-02"),
        ("IN", "2028-03-01", "2028-03-06", None, "2028-03-31"),
        ("US", "2028-03-01", "2028-03-08", None, "2028-03-16"),
        ("DE", "2028-03-01", "2028-03-08", None, "2028-03-22"),
    ],
)
def test_the_days_of_a_jurisdiction(
    country: str, received_on: str, acknowledge_by: str, summary_by: str | None, respond_by: str
) -> None:
    found = deadlines(of_country(country), date.fromisoformat(received_on), working_days(country))
    assert found == Deadlines(
        date.fromisoformat(acknowledge_by),
        date.fromisoformat(respond_by),
        None if summary_by is None else date.fromisoformat(summary_by),
    )


def test_an_unknown_country_has_the_shortest_of_every_term() -> None:
    unknown = of_country("BR")
    assert unknown == strictest(rulebooks())
    assert (unknown.acknowledge.count, unknown.summary) == (1, None)
    for each in rulebooks():
        assert unknown.final_response.shortest <= each.final_response.shortest
        assert unknown.refer.shortest >= each.refer.shortest


def test_only_what_was_read_at_its_source_says_so() -> None:
    assert [each.code for each in rulebooks() if each.verified] == ["gb"]


@given(
    start=st.dates(date(2000, 1, 1), date(2090, 1, 1)),
    count=st.integers(1, 60),
    unit=st.sampled_from(Unit),
)
def test_longer_terms_and_later_days_never_end_earlier(start: date, count: int, unit: Unit) -> None:
    works = working_days("GB")
    last = Term(count, unit, "a rule").last_day(start, works)
    assert last > start
    assert Term(count + 1, unit, "a rule").last_day(start, works) > last
    assert Term(count, unit, "a rule").last_day(start + timedelta(days=1), works) >= last
    if unit is Unit.BUSINESS_DAYS:
        assert works(last)


@pytest.mark.parametrize("count", [0, -1, 401])
def test_a_term_that_no_rule_could_mean_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="counts 1 to 400"):
        Term(count, Unit.DAYS, "a rule")


def test_without_any_rulebook_nothing_can_be_told() -> None:
    none: list[Rulebook] = []
    with pytest.raises(ValueError, match="no rulebook"):
        strictest(none)


def test_a_complaint_goes_from_receipt_to_its_answer() -> None:
    known = NEW.acknowledge(date(2028, 3, 7))
    assert (known.state, known.acknowledged_on) == (State.ACKNOWLEDGED, date(2028, 3, 7))
    assert known.next_day() == DUE.respond_by
    ended = known.investigate().resolve(
        date(2028, 4, 1), Outcome.PARTLY_UPHELD, RootCause.COMMUNICATION
    )
    assert (ended.is_open, ended.next_day(), ended.late(LONG_AFTER)) == (False, None, False)
    assert ended.refer(LONG_AFTER).state is State.REFERRED


def test_a_summary_answer_needs_no_acknowledgement_and_a_late_one_does() -> None:
    quick = NEW.resolve(date(2028, 3, 6), Outcome.UPHELD, RootCause.PEOPLE)
    assert (quick.state, quick.late(LONG_AFTER)) == (State.RESOLVED, False)
    with pytest.raises(DomainError) as refused:
        NEW.resolve(date(2028, 3, 7), Outcome.UPHELD, RootCause.PEOPLE)
    assert refused.value.code is ErrorCode.ILLEGAL_TRANSITION
    taken_back = NEW.resolve(date(2028, 3, 7), Outcome.WITHDRAWN, RootCause.NONE_FOUND)
    assert taken_back.outcome is Outcome.WITHDRAWN


def test_what_was_upheld_has_a_cause() -> None:
    for outcome in (Outcome.UPHELD, Outcome.PARTLY_UPHELD):
        with pytest.raises(DomainError) as refused:
            NEW.resolve(date(2028, 3, 2), outcome, RootCause.NONE_FOUND)
        assert refused.value.facts["field"] == "root_cause"


def test_it_is_taken_further_after_our_answer_or_its_day() -> None:
    with pytest.raises(DomainError):
        NEW.refer(DUE.respond_by)
    assert NEW.refer(DUE.respond_by + timedelta(days=1)).state is State.REFERRED


@pytest.mark.parametrize(
    ("acknowledged_on", "resolved_on", "on", "late"),
    [
        (None, None, date(2028, 3, 8), False),
        (None, None, date(2028, 3, 9), True),
        (date(2028, 3, 9), None, date(2028, 3, 9), True),
        (date(2028, 3, 8), None, date(2028, 4, 26), False),
        (date(2028, 3, 8), None, date(2028, 4, 27), True),
        (date(2028, 3, 8), date(2028, 4, 26), LONG_AFTER, False),
        (None, date(2028, 3, 5), LONG_AFTER, False),
    ],
)
def test_a_clock_runs_out_after_its_last_day(
    acknowledged_on: date | None, resolved_on: date | None, on: date, late: bool
) -> None:
    found = Complaint(State.RECEIVED, NEW.received_on, DUE, acknowledged_on, resolved_on)
    assert found.late(on) is late


@pytest.mark.parametrize("state", [state for state in State if state not in OPEN])
def test_an_answered_complaint_stays_so(state: State) -> None:
    ended = Complaint(state, NEW.received_on, DUE, resolved_on=date(2028, 3, 2))
    for act in (
        lambda: ended.acknowledge(LONG_AFTER),
        ended.investigate,
        lambda: ended.resolve(LONG_AFTER, Outcome.REJECTED, RootCause.NONE_FOUND),
    ):
        with pytest.raises(DomainError) as refused:
            act()
        assert refused.value.code is ErrorCode.ILLEGAL_TRANSITION
