"""Risk by points: every figure counts as its card says, and the words say the same."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import DomainError
from domain.recovery.risk import Figure, Level, card_from_mapping, score, worst

FILE = Path(__file__).parents[3] / "api" / "packs" / "risk" / "standard.toml"
DATA: dict[str, Any] = tomllib.loads(FILE.read_text("utf-8"))
CARD = card_from_mapping(DATA)

figures = st.dictionaries(st.sampled_from(list(Figure)), st.integers(0, 400))


def test_nothing_known_is_no_risk() -> None:
    found = score(CARD, {})
    assert (found.value, found.level, found.reasons) == (0, Level.LOW, ())


def test_the_reasons_are_the_figures_in_words_the_weightiest_first() -> None:
    found = score(
        CARD,
        {Figure.DAYS_PAST_DUE: 65, Figure.BROKEN_PROMISES: 2, Figure.UNPAID_INSTALMENTS: 3},
    )
    assert (found.value, found.level) == (28 + 16 + 10, Level.MEDIUM)
    assert found.reasons == (
        "65 days past due",
        "2 promises were broken in the last year",
        "3 instalments are overdue",
    )
    assert score(CARD, {Figure.DAYS_PAST_DUE: 0}).value == 0


@given(figures, st.sampled_from(list(Figure)), st.integers(0, 50))
def test_a_worse_figure_never_lowers_the_score(
    known: dict[Figure, int], figure: Figure, more: int
) -> None:
    before = score(CARD, known)
    after = score(CARD, known | {figure: known.get(figure, 0) + more})
    assert 0 <= before.value <= after.value <= 100
    assert before.value == min(100, sum(part.points for part in before.parts))
    assert all(bool(part.reason) == bool(part.points) for part in before.parts)


def test_several_loans_add_up_what_counts_and_take_the_worst_of_the_rest() -> None:
    one = {Figure.DAYS_PAST_DUE: 10, Figure.UNPAID_INSTALMENTS: 1, Figure.UNPAID_PERCENT: 40}
    two = {Figure.DAYS_PAST_DUE: 3, Figure.UNPAID_INSTALMENTS: 2, Figure.UNPAID_PERCENT: 90}
    assert worst([one, two]) == {
        Figure.DAYS_PAST_DUE: 10,
        Figure.UNPAID_INSTALMENTS: 3,
        Figure.UNPAID_PERCENT: 90,
    }
    assert worst([]) == {}


@pytest.mark.parametrize(
    "change",
    [
        {"high_from": 30},
        {"version": "1"},
        {"components": [{"figure": "income", "name": "Income", "points": []}]},
        {"components": DATA["components"][:1] * 2},
        {
            "components": [
                {
                    "figure": "days_past_due",
                    "name": "Late",
                    "points": [
                        {"from": 5, "points": 9, "reason": "late"},
                        {"from": 9, "points": 3, "reason": "later"},
                    ],
                }
            ]
        },
    ],
)
def test_a_card_that_makes_no_sense_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(DomainError):
        card_from_mapping(DATA | change)
