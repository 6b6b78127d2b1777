"""The command `tenor apr`: dated flows on standard input, the yearly cost on standard output."""

import json
import sys
from collections.abc import Sequence
from decimal import Decimal
from io import StringIO
from typing import Annotated, Final

import typer
from pydantic import ValidationError

from contracts.cost import Cost, CostFlow, CostRequest, CostUnit
from domain.errors import DomainError
from domain.lending.apr import Flow, Measure, UnitPeriod, eu_aprc, unit_period, us_actuarial
from tenor.calculators.costing import answer_cost
from tenor.calculators.lines import Figures, answer_lines, is_case, one_object
from tenor.calculators.refusals import refuse, refuse_input

_SHOWN: Final = Decimal("0.000001")


def apr(
    *,
    as_table: Annotated[bool, typer.Option("--table", help="Print figures for people.")] = False,
) -> None:
    """Find the yearly cost of credits given as JSON Lines, and fill in the rates asked for.

    Each line is a case: "method" (us_actuarial: Regulation Z, Appendix J; eu_aprc: Directive
    2008/48/EC, Annex I), "inputs" and "expected", in which "apr_percent" is filled in with as many
    "decimals" as it names (6 where it names none). The inputs are "advances" and "payments" with
    "date" and "amount", and "unit_period" {"type": "months", "every": 1} if it is given; for the EU
    also "drawdowns" and "payments" at "t" years, or "count" of them from "first_t", a "step" apart.
    A line that cannot be answered becomes {"id", "error": {"code", "message", "path"}}, and the
    exit status is 1.

    A single object {"advances": [{"on": "2028-01-10", "amount": "5000.00"}], "payments": [...]}
    that is no case is answered by both laws at once, "us_actuarial" and "eu_aprc"; a refusal of it
    is an object with "code" and "detail" on standard error, and exit code 2.
    """
    text = sys.stdin.read()
    told = one_object(text)
    if told is not None and not is_case(told):
        _by_both_laws(text)
        return
    lines = text if told is None else json.dumps(told)
    answer_lines(answer_cost, _table if as_table else None, StringIO(lines))


def _table(case: Figures) -> str:
    expected = case.get("expected")
    found = expected if isinstance(expected, dict) else {}
    return f"{case.get('id', '')}\t{case.get('method', '')}\t{found.get('apr_percent', '')} %"


def _by_both_laws(text: str) -> None:
    """Answer one credit by both laws."""
    try:
        asked = CostRequest.model_validate_json(text)
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
