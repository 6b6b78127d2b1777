"""What the published schedules need besides their figures, which `tenor quote` is held to."""

from dataclasses import replace

from domain.lending.payoff import payoff
from domain.lending.schedule import Instalment, build_schedule, schedule_dates
from domain.lending.terms import ScheduleOptions, Terms
from domain.lending.waterfall import Owed
from tenor.calculators.quoting import ScheduleInputs, terms_of
from tests.domain.lending.published import Case, cases

ALL = cases("schedules")


def terms(case: Case) -> Terms:
    return terms_of(ScheduleInputs.model_validate(case.inputs))


def test_smoothing_is_what_some_cases_need() -> None:
    """The cases marked so fail without it."""
    sensitive = [c for c in ALL if "instalment_smoothing" in (c.data.get("sensitive_to") or ())]
    standard = [case for case in sensitive if case.data["kind"] == "standard"]
    assert [case.id[:7] for case in standard] == ["SCH-003", "SCH-006", "SCH-012"]
    for case in standard:
        rough = replace(terms(case), options=ScheduleOptions())
        rows = [str(row.total) for row in build_schedule(rough)]
        assert rows != [row["total"] for row in case.data["expected"]["rows"]]


def test_due_dates_follow_from_the_terms() -> None:
    counted = 0
    for case in ALL:
        if case.data["kind"] == "standard" and "explicit" not in case.inputs["due_dates_rule"]:
            dates = [on.isoformat() for on in schedule_dates(terms(case))]
            assert dates == case.inputs["due_dates"], case.id
            counted += 1
    assert counted >= 30
    (rolling,) = (case for case in ALL if case.inputs.get("due_date_rule") == "roll_forward")
    assert [on.isoformat() for on in schedule_dates(terms(rolling))] == rolling.inputs["due_dates"]


def test_our_payoff_at_the_end_of_the_period_is_the_published_one() -> None:
    """The source bills the whole running period; we do on its last day."""
    (case,) = (c for c in ALL if c.data["kind"] == "payoff_quote")
    schedule: tuple[Instalment, ...] = build_schedule(terms(case))
    assert str(schedule[0].total) == case.inputs["payments"][0]["amount"]
    owed = [
        Owed(row.number, row.due_on, interest=row.interest, principal=row.principal)
        for row in schedule[1:]
    ]
    due = payoff(owed, schedule, schedule[1].due_on, "EUR")
    published = case.data["expected"]["payoff"]
    assert (str(due.principal), str(due.interest), str(due.total)) == (
        published["principal"],
        published["interest"],
        published["total"],
    )
