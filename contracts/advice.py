"""Debt advice: what a household can afford, ways out of debt, and asking for an advisor."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from contracts.base import Amount, Currency, LongText, ShortText, Wire

Per = Literal["week", "fortnight", "month", "year"]
IncomeKind = Literal["wages", "self_employment", "benefits", "pension", "maintenance", "other"]
ExpenseKind = Literal[
    "housing",
    "utilities",
    "food",
    "transport",
    "childcare",
    "health",
    "insurance",
    "communication",
    "taxes",
    "maintenance",
    "education",
    "leisure",
    "subscriptions",
    "savings",
    "other",
]
NotNegative = Annotated[Amount, Field(ge=0)]


class Income(Wire):
    """Money that comes in, after tax."""

    kind: IncomeKind
    amount: NotNegative
    per: Per = "month"


class Expense(Wire):
    """Money that goes out; payments on debts stand with the debts."""

    kind: ExpenseKind
    amount: NotNegative
    per: Per = "month"
    essential: bool | None = None
    """Whether one cannot live without it; by its kind when left out."""


class Debt(Wire):
    """A debt to anybody, ours included."""

    model_config = ConfigDict(from_attributes=True)

    name: ShortText
    balance: Annotated[Amount, Field(gt=0)]
    annual_rate_percent: Annotated[Amount, Field(ge=0, le=10_000)]
    minimum_payment: NotNegative


class Means(Wire):
    """What a person says of his means."""

    currency: Currency
    income: Annotated[list[Income], Field(max_length=50)]
    expenses: Annotated[list[Expense], Field(max_length=100)]
    debts: Annotated[list[Debt], Field(max_length=50)]
    monthly_budget: NotNegative | None = None
    """What he wants to pay on debts a month; what is recommended when left out."""


class NewAssessment(Means):
    """An assessment to be made; a customer makes his own."""

    customer_id: UUID


class _Told(Wire):
    """Built from the results of the rules, field by field."""

    model_config = ConfigDict(from_attributes=True)


class RiskComponent(_Told):
    """One part of the score, with the reason in plain words."""

    code: str
    points: int
    most: int
    reason: str


class Risk(_Told):
    """The risk score: 0 is none, 100 the most."""

    score: int
    band: Literal["low", "moderate", "high", "severe"]
    components: list[RiskComponent]


class Suggestion(_Told):
    """What is suggested, in plain words."""

    code: Literal["keep_going", "avalanche", "snowball", "review_budget", "seek_advice"]
    text: str


class AssessmentSummary(Wire):
    """An assessment in a list: no figures of the household."""

    id: UUID
    customer_id: UUID
    version: int
    made_at: datetime
    changed_at: datetime


class Assessment(AssessmentSummary):
    """An assessment as it stands in its newest version; amounts are a month's."""

    means: Means
    income: Amount
    expenses: Amount
    debt_payments: Amount
    disposable: Amount
    left_over: Amount
    dti_percent: Amount | None
    """Debt payments to income; null without income."""
    total_debt: Amount
    risk: Risk
    recommended_payment: Amount
    suggestion: Suggestion
    has_plan: bool
    rules: int
    """Version of the rules that made it."""


class DebtMonth(_Told):
    """One debt in one month of a plan."""

    debt: str
    interest: Amount
    paid: Amount
    balance: Amount


class PlanMonth(_Told):
    """One month of a plan, counted from 1."""

    month: int
    interest: Amount
    paid: Amount
    balance: Amount
    debts: list[DebtMonth]


class ClearedDebt(_Told):
    """When a debt is gone."""

    debt: str
    month: int


class PayoffPlan(_Told):
    """One way out of all debts."""

    method: Literal["avalanche", "snowball"]
    months: int
    total_interest: Amount
    total_paid: Amount
    order: list[str]
    cleared: list[ClearedDebt]
    table: list[PlanMonth]


class DebtPlans(_Told):
    """Both ways with the same monthly payment."""

    currency: str
    monthly_payment: Amount
    avalanche: PayoffPlan
    snowball: PayoffPlan | None
    """Null where it would never end though the avalanche does."""
    interest_saved: Amount
    months_saved: int


class NoPlan(_Told):
    """Why there is no plan."""

    code: str
    detail: str


class StoredDebtPlan(Wire):
    """A customer's plans as they were made with the newest version of his assessment."""

    customer_id: UUID
    assessment_id: UUID
    version: int
    """Of the assessment, and so of the plans."""
    made_at: datetime
    recommended_payment: Amount
    suggestion: Suggestion
    plans: DebtPlans | None
    no_plan: NoPlan | None


class PlanRequest(Wire):
    """Debts and a monthly payment, for the calculator."""

    currency: Currency = "USD"
    debts: Annotated[list[Debt], Field(min_length=1, max_length=50)]
    monthly_payment: NotNegative | None = None
    extra: NotNegative | None = None
    """Instead of `monthly_payment`: what is paid beyond the minimum payments."""


class AskForAdvice(Wire):
    """What the advisor should know beforehand."""

    note: LongText | None = None


class AdviceRequest(Wire):
    """A request for debt advice; `id` is the advisor's task."""

    id: UUID
    customer_id: UUID
    status: Literal["open", "done", "cancelled"]
    asked_at: datetime
    answer_by: datetime
    answered_at: datetime | None
