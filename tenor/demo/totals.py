"""The result of a demo: counts and sums that the same seed makes again, and where to look."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from contracts.advice import Assessment
from contracts.collecting import Collection
from contracts.documents import Document
from contracts.loans import Loan
from contracts.messages import Message
from contracts.payments import TrialBalance
from contracts.recovery import CaseDetail
from contracts.tasks import Task
from domain.collecting.units import from_units
from domain.money import ZERO, quantize
from tenor.demo.guide import Example
from tenor.demo.outcomes import PeopleTotals
from tenor.demo.staff import TaskKind

JsonValue = str | int | float | bool | None | list["JsonValue"] | dict[str, "JsonValue"]
"""What the result is made of once it is put into JSON."""

SENT: Final = frozenset({"sent", "delivered"})
_PROMISES: Final = ("kept", "partial", "broken", "open", "replaced")
_CHANNELS: Final = ("email", "sms")
_MONEY_ACCOUNTS: Final = ("cash", "gateway_clearing", "payout_clearing")
_FEE_ACCOUNTS: Final = ("fee_income", "penalty_income")


@dataclass(frozen=True, slots=True)
class MessageTotals:
    """What became of the messages to customers."""

    sent: dict[str, int]
    at_provider: dict[str, int]
    withheld: dict[str, int]
    """By reason."""
    expired: int
    failed: int
    unknown: int
    waiting: int
    received: int
    in_portal: int = 0
    """Notices in the portal, which no provider is handed."""


@dataclass(frozen=True, slots=True)
class CaseTotals:
    """What became of the recovery cases."""

    opened: int
    open: int
    closed: dict[str, int]
    """By reason."""
    open_by_stage: dict[str, int]


@dataclass(frozen=True, slots=True)
class EscalationTotals:
    """How often an advisor was asked, took over, or let it pass to a manager."""

    asked: int
    acknowledged: int
    re_escalated: int


@dataclass(frozen=True, slots=True)
class MoneyTotals:
    """One currency's money, at its own decimals."""

    disbursed: Decimal
    collected: Decimal
    outstanding: Decimal
    """What is unpaid of all plans, future interest included."""
    overdue: Decimal
    fees: Decimal
    """Fees and late fees that were charged."""


@dataclass(frozen=True, slots=True)
class AssessmentTotals:
    """What was made of people's means, and how often advice was asked for and given."""

    made: int
    plans: int
    """Assessments from which a way out of debt follows."""
    advice_requested: int
    advice_given: int


@dataclass(frozen=True, slots=True)
class WorkflowTotals:
    """Workflows that run, beside what should be running."""

    loans_running: int
    active_loans: int
    cases_running: int
    open_cases: int

    @property
    def agree(self) -> bool:
        """Whether each active loan and open case has its one workflow."""
        return (self.loans_running, self.cases_running) == (self.active_loans, self.open_cases)


@dataclass(frozen=True, slots=True)
class LinkTotals:
    """What became of pay links."""

    created: int = 0
    paid: int = 0
    expired: int = 0
    """Ended without being paid."""


@dataclass(frozen=True, slots=True)
class AutopayTotals:
    """What became of debits: `charged` counts every try, `collected` instalments."""

    charged: int = 0
    failed: int = 0
    retried: int = 0
    collected: int = 0


@dataclass(frozen=True, slots=True)
class GatewayTotals:
    """Payments at the gateway beside what was posted of them, by number and by currency."""

    charges: int = 0
    postings: int = 0
    taken: dict[str, Decimal] = field(default_factory=dict)
    posted: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EvidenceTotals:
    """The evidence pack of one case: what it holds, and whether it holds."""

    case: str = ""
    """Empty when there is no case."""
    messages: int = 0
    decisions: int = 0
    verifies: bool = False
    change_is_found: bool = False
    """Whether one byte changed in it was found."""


@dataclass(frozen=True, slots=True)
class Totals:
    """The whole result; nothing in it depends on ids or on timing."""

    seed: int
    days: int
    loans: int
    customers: int
    rows_refused: int
    loans_closed: int
    messages: MessageTotals
    documents: dict[str, int]
    cases: CaseTotals
    promises: dict[str, int]
    holds: dict[str, int]
    """Holds that were placed, by kind."""
    escalations: EscalationTotals
    tasks: dict[str, int]
    assessments: AssessmentTotals
    money: dict[str, MoneyTotals]
    journal_balanced: bool
    unsettled: int
    workflows: WorkflowTotals
    links: LinkTotals = field(default_factory=LinkTotals)
    autopay: AutopayTotals = field(default_factory=AutopayTotals)
    gateway: GatewayTotals = field(default_factory=GatewayTotals)
    evidence: EvidenceTotals = field(default_factory=EvidenceTotals)
    people: PeopleTotals = field(default_factory=PeopleTotals)
    guide: dict[str, Example] = field(default_factory=dict)
    """Which case shows what."""


def as_json(value: object) -> JsonValue:
    """A result, or a part of it, as JSON has it: amounts as decimal text, names sorted."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        return {str(name): as_json(value[name]) for name in sorted(value)}
    fields = getattr(type(value), "__dataclass_fields__", None)
    if fields is None:
        raise TypeError(f"a {type(value).__name__} has no place in the result")
    return {name: as_json(getattr(value, name)) for name in fields}


def count_messages(messages: Iterable[Message], at_provider: dict[str, int]) -> MessageTotals:
    """Count what became of messages; `at_provider` is what the providers say they were handed."""
    sent: Counter[str] = Counter(dict.fromkeys(_CHANNELS, 0))
    withheld: Counter[str] = Counter()
    others: Counter[str] = Counter()
    for message in messages:
        if message.direction == "inbound":
            others["received"] += 1
        elif message.status in SENT and message.channel not in _CHANNELS:
            others["in_portal"] += 1
        elif message.status in SENT:
            sent[message.channel] += 1
        elif message.status == "withheld":
            withheld["+".join(sorted(set(message.reasons))) or "no reason"] += 1
        else:
            others[message.status] += 1
    return MessageTotals(
        sent=dict(sent),
        at_provider=at_provider,
        withheld=dict(withheld),
        expired=others["expired"],
        failed=others["failed"],
        unknown=others["unknown"],
        waiting=others["queued"] + others["leased"] + others["dispatched"],
        received=others["received"],
        in_portal=others["in_portal"],
    )


def count_documents(documents: Iterable[Document]) -> dict[str, int]:
    """Count documents: all that were received, and what became of them."""
    found = Counter(document.status for document in documents)
    return {"received": found.total()} | {
        status: found[status] for status in ("accepted", "in_review", "rejected")
    }


def count_cases(cases: Sequence[CaseDetail]) -> CaseTotals:
    """Count cases by how they stand or ended."""
    still_open = [case for case in cases if case.status == "open"]
    return CaseTotals(
        opened=len(cases),
        open=len(still_open),
        closed=dict(
            Counter(case.closed_reason or "no reason" for case in cases if case.status == "closed")
        ),
        open_by_stage=dict(Counter(case.stage for case in still_open)),
    )


def count_promises(cases: Iterable[CaseDetail]) -> dict[str, int]:
    """Count promises by what became of them."""
    found = Counter(promise.status for case in cases for promise in case.promises)
    return {status: found[status] for status in _PROMISES}


def count_holds(cases: Iterable[CaseDetail]) -> dict[str, int]:
    """Count holds by kind; one that concerns several cases is one."""
    kinds = {hold.id: hold.kind for case in cases for hold in case.holds}
    return dict(Counter(kinds.values()))


def count_escalations(cases: Iterable[CaseDetail]) -> EscalationTotals:
    """Count escalations by the stories of the cases."""
    found = Counter(line.kind for case in cases for line in case.timeline)
    return EscalationTotals(found["escalated"], found["acknowledged"], found["re_escalated"])


def count_tasks(tasks: Iterable[Task]) -> dict[str, int]:
    """Count tasks by state."""
    found = Counter(task.status for task in tasks)
    return {status: found[status] for status in ("open", "done", "cancelled")}


def count_assessments(made: Sequence[Assessment], tasks: Iterable[Task]) -> AssessmentTotals:
    """Count assessments, those with a plan, and the requests for advice among the tasks."""
    asked = [task for task in tasks if task.kind == TaskKind.ADVICE]
    return AssessmentTotals(
        made=len(made),
        plans=sum(1 for each in made if each.has_plan),
        advice_requested=len(asked),
        advice_given=sum(1 for task in asked if task.status == "done"),
    )


def count_links(collections: Iterable[Collection]) -> LinkTotals:
    """Count pay links by what became of them."""
    found = Counter(each.status for each in collections if each.kind == "link")
    return LinkTotals(
        created=found.total(),
        paid=found["paid"],
        expired=found["expired"] + found["cancelled"] + found["failed"],
    )


def count_autopay(collections: Sequence[Collection]) -> AutopayTotals:
    """Count debits, tries and all."""
    debits = [each for each in collections if each.kind == "autopay"]
    tries = [attempt for each in debits for attempt in each.attempts]
    return AutopayTotals(
        charged=len(tries),
        failed=sum(1 for attempt in tries if attempt.status == "failed"),
        retried=sum(1 for each in debits if len(each.attempts) > 1),
        collected=sum(1 for each in debits if each.status == "paid"),
    )


def compare_gateway(
    collections: Iterable[Collection], charges: int, taken: Mapping[str, int]
) -> GatewayTotals:
    """What the gateway took, in minor units as it says it, beside what was posted."""
    paid = [each for each in collections if each.payment_id is not None]
    posted: dict[str, Decimal] = {}
    for each in paid:
        posted[each.currency] = posted.get(each.currency, ZERO) + each.collected
    return GatewayTotals(
        charges=charges,
        postings=len(paid),
        taken={currency: from_units(units, currency) for currency, units in taken.items()},
        posted={currency: quantize(amount, currency) for currency, amount in posted.items()},
    )


def sum_money(loans: Iterable[Loan], books: TrialBalance) -> dict[str, MoneyTotals]:
    """Sum money by currency; never over currencies.

    What was collected is what the accounts of money say beyond what was paid out.
    """
    by_currency: dict[str, list[Loan]] = {}
    for loan in loans:
        by_currency.setdefault(loan.currency, []).append(loan)
    accounts: defaultdict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    for row in books.rows:  # a product may have given the account a number of its own
        accounts[row.currency, row.account] += row.balance
    return {
        currency: _of_currency(
            currency,
            those,
            {account: balance for (held, account), balance in accounts.items() if held == currency},
        )
        for currency, those in by_currency.items()
    }


def _of_currency(
    currency: str, loans: Sequence[Loan], accounts: Mapping[str, Decimal]
) -> MoneyTotals:
    def exact(amount: Decimal) -> Decimal:
        return quantize(amount, currency)

    disbursed = sum((each.principal for each in loans if each.disbursed_on), ZERO)
    income = sum((accounts.get(name, ZERO) for name in _FEE_ACCOUNTS), ZERO)
    return MoneyTotals(
        disbursed=exact(disbursed),
        collected=exact(
            disbursed + sum((accounts.get(name, ZERO) for name in _MONEY_ACCOUNTS), ZERO)
        ),
        outstanding=exact(sum((each.outstanding.total for each in loans), ZERO)),
        overdue=exact(sum((each.overdue for each in loans), ZERO)),
        fees=exact(-income),
    )
