"""Reports of benches: ratios, bars and the JSON line."""

import json

import pytest

from tenor.bench.load import Seen
from tenor.bench.measures import Measure, Report, median


@pytest.mark.parametrize(
    ("value", "yardstick", "at_most", "met"),
    [(3.0, 10.0, False, True), (2.9, 10.0, False, False), (3.1, 10.0, True, False)],
)
def test_a_bar_is_a_ratio(value: float, yardstick: float, at_most: bool, met: bool) -> None:
    assert Measure("m", value, yardstick, 0.3, 0.6, at_most).met is met


def test_the_report_is_one_json_line() -> None:
    report = Report("payments", [Measure("m", 3, 10, 0.3, 0.6)], "here", 1.23, ["a note"])
    line = report.as_json()
    assert "\n" not in line
    assert json.loads(line) == {
        "bench": "payments",
        "measures": [
            {
                "name": "m",
                "value": 3,
                "yardstick": 10,
                "ratio": 0.3,
                "bar": 0.3,
                "stretch": 0.6,
                "met": True,
            }
        ],
        "machine": "here",
        "seconds": 1.2,
        "notes": ["a note"],
    }


def test_rates_and_medians_of_nothing_are_zero() -> None:
    assert (Seen(0, 0, 0.0).rate, median([])) == (0.0, 0.0)
    assert (Seen(30, 1, 2.0).rate, median([1, 9, 2])) == (15.0, 2)
