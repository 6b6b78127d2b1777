"""Schedules of the full engine on one core, beside the two columns that numpy-financial gives."""

import importlib
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from time import monotonic, perf_counter
from typing import Final, Protocol

import typer

from domain.calendar import MONTHLY, add_months
from domain.daycount import DayCount
from domain.lending.schedule import build_schedule
from domain.lending.terms import InterestMethod, Terms
from tenor.bench.machine import Others, machine
from tenor.bench.measures import Measure, Report, median

INSTALMENTS: Final = 12
BAR: Final = 2.0
STRETCH: Final = 8.0
_VARIETY: Final = 64
"""Different loans in turn, so that nothing is answered from memory."""
_EXIT_MISSING: Final = 2


class _NumpyFinancial(Protocol):
    """What is used of the yardstick."""

    def ipmt(self, rate: float, per: object, nper: int, pv: float) -> object:
        """The interest of periods."""

    def ppmt(self, rate: float, per: object, nper: int, pv: float) -> object:
        """The principal of periods."""


class _Numpy(Protocol):
    def arange(self, start: int, stop: int) -> object:
        """Whole numbers."""


def measure(rounds: int, seconds: float) -> Report:
    """Schedules a second of both, in turns, the median of the rounds."""
    began = monotonic()
    others = Others.watch()
    theirs = _yardstick()
    ours = _engine()
    engine: list[float] = []
    yardstick: list[float] = []
    for _ in range(rounds):
        engine.append(_per_second(ours, seconds))
        yardstick.append(_per_second(theirs, seconds))
    return Report(
        "quote",
        [
            Measure(
                f"schedules of {INSTALMENTS} instalments a second, one core",
                median(engine),
                median(yardstick),
                BAR,
                STRETCH,
            )
        ],
        machine(),
        monotonic() - began,
        [
            "Ours: due dates, day count, exact interest, rows that add up to the cent. "
            "Yardstick: numpy-financial, ipmt and ppmt of all periods, in floats.",
            *others.note(),
        ],
    )


def _engine() -> Callable[[int], object]:
    loans = [_loan(number) for number in range(_VARIETY)]
    return lambda number: build_schedule(loans[number % _VARIETY])


def _loan(number: int) -> Terms:
    lent_on = date(2028, 1 + number % 12, 1 + number % 28)
    return Terms(
        principal=Decimal(1000 + 37 * number),
        currency="EUR",
        annual_rate_percent=Decimal(900 + number).scaleb(-2),
        instalments=INSTALMENTS,
        frequency=MONTHLY,
        interest_method=InterestMethod.DECLINING_BALANCE,
        day_count=DayCount.THIRTY_360 if number % 2 else DayCount.ACTUAL_365,
        disbursed_on=lent_on,
        first_due_on=add_months(lent_on, 1),
    )


def _yardstick() -> Callable[[int], object]:
    try:
        financial: _NumpyFinancial = importlib.import_module("numpy_financial")
        numpy: _Numpy = importlib.import_module("numpy")
    except ModuleNotFoundError:
        typer.echo(
            "The yardstick is not installed: make bootstrap-dev, or "
            ".venv/bin/python -m pip install numpy-financial",
            err=True,
        )
        raise typer.Exit(_EXIT_MISSING) from None
    periods = numpy.arange(1, INSTALMENTS + 1)

    def both(number: int) -> object:
        rate, principal = (9.0 + number % _VARIETY / 100) / 1200, 1000.0 + number % _VARIETY
        return (
            financial.ipmt(rate, periods, INSTALMENTS, principal),
            financial.ppmt(rate, periods, INSTALMENTS, principal),
        )

    return both


def _per_second(once: Callable[[int], object], seconds: float) -> float:
    done, began = 0, perf_counter()
    while (elapsed := perf_counter() - began) < seconds:
        for number in range(_VARIETY):
            once(number)
        done += _VARIETY
    return done / elapsed
