"""Casework: teams and the people in them, leases, hand-overs, workloads, suggestions, risk."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from contracts.base import Amount, Code, ShortText, Wire
from contracts.recovery import Case

Skill = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}(:[a-z0-9_-]{1,16})?$"),
    Field(
        description="What somebody can do: `language:es`, `vulnerable`, `microfinance`, or a word "
        "of your own",
        examples=["language:es"],
    ),
]
Skills = Annotated[list[Skill], Field(max_length=50)]


class TeamEdit(Wire):
    """A team as it shall be."""

    name: ShortText
    skills: Skills = Field(default_factory=list)
    """What everybody in it can do."""
    creditor_ids: Annotated[list[UUID], Field(max_length=1000)] = Field(default_factory=list)
    """The books it takes; empty for all."""


class NewTeam(TeamEdit):
    """A team to be made."""

    code: Code


class QueuedCases(Wire):
    """Cases without an owner that wait for one reason."""

    because: Literal["no_skill", "full", "nobody"] | None
    """Null for those that a person took from their owner, or that no rule has seen."""
    cases: int


class Team(NewTeam):
    """A team with what waits in its queue."""

    id: UUID
    waiting: list[QueuedCases]
    version: int


class Caseworker(Wire):
    """Somebody of the staff as one who works cases."""

    team: Code
    skills: Skills = Field(default_factory=list)
    """What this one can do beyond the team."""
    capacity: Annotated[int, Field(ge=1, le=10_000)]
    """The most open cases that rules give."""
    away_until: date | None = None
    """The last day of an absence: until then rules give no case."""


class Workload(Caseworker):
    """What somebody who works cases has to do now."""

    user_id: UUID
    cases: int
    waiting: int
    """Of the cases, those that do not stand still."""
    high_risk: int
    leased: int
    """Cases he works at this moment."""
    tasks: int
    """Open tasks in his cases, or asked of him."""
    overdue_tasks: int
    """Of these, those whose time is over (tasks on test clocks aside)."""
    version: int


class PortfolioChange(Wire):
    """Customers that come into a portfolio, and such that leave it."""

    add: Annotated[list[UUID], Field(max_length=1000)] = Field(default_factory=list)
    """They leave whose portfolio they were in."""
    remove: Annotated[list[UUID], Field(max_length=1000)] = Field(default_factory=list)


class PortfolioSize(Wire):
    """A portfolio after a change."""

    user_id: UUID
    added: int
    removed: int


class PortfolioCustomer(Wire):
    """A customer in a portfolio."""

    id: UUID
    number: str


class HandOver(Wire):
    """Cases that go from one owner to another.

    Either some of his cases or, without `case_ids`, all of them, a page at a time.
    """

    from_user_id: UUID | None
    """Whose cases; null for those that nobody owns."""
    to_user_id: UUID | None = None
    """Who gets them; null lets the rules share them out among the others."""
    case_ids: Annotated[list[UUID], Field(min_length=1, max_length=200)] | None = None
    reason: Literal["absence", "leaving", "workload", "skill", "conflict", "other"]
    away_until: date | None = None
    """With `absence`: the last day of it, so that no new case comes meanwhile."""
    portfolio: bool = False
    """Give the portfolio to the same person too; for a whole book handed to one person."""
    after_number: Annotated[int, Field(ge=0)] = 0
    """Cases up to this number were dealt with by earlier pages."""
    limit: Annotated[int, Field(ge=1, le=200)] = 100


class HandedCase(Wire):
    """What becomes of one case."""

    case_id: UUID
    number: str
    to_user_id: UUID | None
    team: str | None
    """Whose it is: the new owner's, or the one in whose queue it waits."""
    because: str


class HandOverPage(Wire):
    """A page of cases that go over, or would."""

    applied: bool
    cases: list[HandedCase]
    portfolio_customers: int
    next_after_number: int | None
    """Where the next page begins; null on the last one."""


class NextCase(Wire):
    """The case to work now; null when nothing waits."""

    case: Case | None


class Suggestion(Wire):
    """What to do next in a case, and why."""

    advice: Literal[
        "read_reply",
        "review_hold",
        "answer_escalation",
        "decide_proposal",
        "confirm_promise",
        "look_for_payment",
        "wait",
        "call",
        "send_letter",
        "do_task",
        "find_address",
        "agree_promise",
        "ask_advisor",
        "closed",
    ]
    text: str
    why: str
    hour: int | None
    """The local hour at which the customer has answered most; null where too few answers tell."""
    until: datetime | None
    """When waiting is over."""


class WorklistRow(Wire):
    """A case in the worklist."""

    case: Case
    customer_number: str
    suggestion: Suggestion
    next_step: str
    """In words; empty while nothing is planned."""
    promised: Amount | None
    promised_for: date | None
    last_contact_at: datetime | None
    last_contact: str | None
    """Medium and result: `call:no_answer`, `sms:delivered`."""


class RiskPart(Wire):
    """What one component of the card gave."""

    figure: str
    name: str
    value: int
    points: int
    reason: str
    """Empty where it gave nothing."""


class RiskScore(Wire):
    """A risk score with all that it is made of."""

    score: int
    level: Literal["low", "medium", "high"]
    reasons: list[str]
    """The weightiest first."""
    parts: list[RiskPart]


class LoanRisk(RiskScore):
    """The risk of one loan."""

    loan_id: UUID
    number: str


class PastRisk(Wire):
    """A score that a case had from a day on."""

    case_id: UUID
    on: date
    score: int
    level: Literal["low", "medium", "high"]
    card: str
    """Code and version of the card: `standard 1`."""


class CustomerRisk(RiskScore):
    """The risk of a customer over all active loans, with each loan and what was found before."""

    customer_id: UUID
    card: str
    loans: list[LoanRisk]
    history: list[PastRisk]
    """Scores kept of his cases, newest first; the latest fifty."""
