"""From what a person says of his means to an assessment with its plans, as they are kept."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts import advice as wire
from domain.advice import assessment as rules
from domain.advice.assessment import ESSENTIAL, Line, Per, Statement
from domain.advice.plans import Debt
from domain.money import quantize


@dataclass(frozen=True, slots=True)
class Standing:
    """Which version of whose assessment it is, and since when."""

    id: UUID
    customer_id: UUID
    version: int
    made_at: datetime
    changed_at: datetime


def made(standing: Standing, means: wire.Means) -> tuple[wire.Assessment, wire.StoredDebtPlan]:
    """Assess; raises what `domain.advice.assessment.assess` raises."""
    found = rules.assess(_statement(means))
    suggestion = wire.Suggestion.model_validate(found.suggestion)
    assessment = wire.Assessment(
        id=standing.id,
        customer_id=standing.customer_id,
        version=standing.version,
        made_at=standing.made_at,
        changed_at=standing.changed_at,
        means=means,
        income=found.income,
        expenses=found.expenses,
        debt_payments=found.debt_payments,
        disposable=found.disposable,
        left_over=found.left_over,
        dti_percent=found.dti_percent,
        total_debt=quantize(found.total_debt, means.currency),
        risk=wire.Risk.model_validate(found.risk),
        recommended_payment=found.monthly_payment,
        suggestion=suggestion,
        has_plan=found.comparison is not None,
        rules=rules.VERSION,
    )
    plans, refusal = found.comparison, found.no_plan
    plan = wire.StoredDebtPlan(
        customer_id=standing.customer_id,
        assessment_id=standing.id,
        version=standing.version,
        made_at=standing.changed_at,
        recommended_payment=found.monthly_payment,
        suggestion=suggestion,
        plans=None if plans is None else wire.DebtPlans.model_validate(plans),
        no_plan=None if refusal is None else wire.NoPlan.model_validate(refusal),
    )
    return assessment, plan


def _statement(means: wire.Means) -> Statement:
    return Statement(
        currency=means.currency,
        income=tuple(Line(line.kind, line.amount, Per(line.per)) for line in means.income),
        expenses=tuple(
            Line(
                line.kind,
                line.amount,
                Per(line.per),
                line.kind in ESSENTIAL if line.essential is None else line.essential,
            )
            for line in means.expenses
        ),
        debts=tuple(
            Debt(debt.name, debt.balance, debt.annual_rate_percent, debt.minimum_payment)
            for debt in means.debts
        ),
        budget=means.monthly_budget,
    )
