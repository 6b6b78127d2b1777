"""The command `tenor apr`: dated flows on standard input, the yearly cost on standard output."""

import sys
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import typer
from pydantic import ValidationError

from contracts.cost import Cost, CostFlow, CostRequest, CostUnit
from domain.errors import DomainError
from domain.lending.apr import Flow, Measure, UnitPeriod, eu_aprc, unit_period, us_actuarial
from tenor.calculators.refusals import refuse, refuse_input

_SHOWN: Final = Decimal("0.000001")


def apr() -> None:
    """Find the yearly cost of a credit given as JSON on standard input, by two laws.

    Reads {"advances": [{"on": "2028-01-10", "amount": "5000.00"}], "payments": [{"on":
    "2028-02-10", "amount": "450.00"}, ...]}; "unit_period": {"measure": "months", "every": 1} may
    be given. Answers "us_actuarial" (Regulation Z, Appendix J) and "eu_aprc" (Directive
    2008/48/EC, Annex I) in percent a year. A refusal is an object with "code" and "detail" on
    standard error, and exit code 2.
    """
    try:
        asked = CostRequest.model_validate_json(sys.stdin.read())
        advances, payments = _flows(asked.advances), _flows(asked.payments)
        unit = unit_period(advances, payments)
        if asked.unit_period is not None:
            unit = UnitPeriod(Measure(asked.unit_period.measure), asked.unit_period.every)
        found = Cost(
            us_actuarial=_shown(us_actuarial(advances, payments, unit)),
            eu_aprc=_shown(eu_aprc(advances, payments)),
            unit_period=CostUnit.model_validate(
                {"measure": unit.measure.value, "every": unit.every}
            ),
        )
    except ValidationError as error:
        refuse_input(error)
    except DomainError as error:
        refuse(error.code, error.detail)
    typer.echo(found.model_dump_json())


def _flows(told: Sequence[CostFlow]) -> list[Flow]:
    return [Flow(flow.on, flow.amount) for flow in told]


def _shown(rate: Decimal) -> str:
    return format(rate.quantize(_SHOWN), "f")
