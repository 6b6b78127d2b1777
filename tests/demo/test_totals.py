"""The demo's result: what is counted as what, and that it is fit for JSON."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from typing import Literal
from uuid import uuid4

import pytest
from rich.console import Console

from contracts.loans import Balances, Loan
from contracts.messages import Message, MessageStatus
from contracts.payments import TrialBalance, TrialBalanceRow
from tenor.demo.display import totals_table
from tenor.demo.totals import (
    AssessmentTotals,
    CaseTotals,
    EscalationTotals,
    EvidenceTotals,
    MessageTotals,
    MoneyTotals,
    Totals,
    WorkflowTotals,
    as_json,
    count_messages,
    sum_money,
)

NOW = datetime(2028, 3, 1, tzinfo=UTC)


def message(
    status: MessageStatus,
    channel: str = "sms",
    *reasons: str,
    direction: Literal["inbound", "outbound"] = "outbound",
) -> Message:
    return Message(
        id=uuid4(),
        direction=direction,
        customer_id=None,
        loan_id=None,
        case_id=None,
        channel=channel,
        purpose="servicing",
        template=None,
        status=status,
        subject=None,
        body="",
        due_at=NOW,
        sent_at=None,
        reasons=list(reasons),
    )


def loan(currency: str, principal: str, owed: str, overdue: str = "0") -> Loan:
    zero = Decimal(0)
    return Loan(
        id=uuid4(),
        number="LN-1",
        customer_id=uuid4(),
        creditor_id=uuid4(),
        product="p",
        product_version=1,
        currency=currency,
        principal=Decimal(principal),
        annual_rate_percent=zero,
        instalment_count=1,
        lifecycle="active",
        closed_reason=None,
        bucket="current",
        past_due_days=0,
        overdue=Decimal(overdue),
        outstanding=Balances(
            principal=Decimal(owed), interest=zero, fee=zero, penalty=zero, total=Decimal(owed)
        ),
        credit=zero,
        applied_at=NOW,
        disbursed_on=NOW.date(),
        closed_on=None,
        external_ref=None,
        test_clock_id=None,
        workflow_id="loan:x",
        version=1,
    )


def test_sent_means_handed_to_a_provider_and_withheld_says_why() -> None:
    found = count_messages(
        [
            message("sent"),
            message("delivered"),
            message("delivered", "email"),
            message("sent", "in_app"),
            message("withheld", "sms", "opted-out"),
            message("withheld", "sms", "too-late-to-defer", "outside-hours"),
            message("expired"),
            message("unknown"),
            message("failed"),
            message("queued"),
            message("received", direction="inbound"),
        ],
        {"sms": 2, "email": 1},
    )
    assert (found.sent, found.in_portal) == ({"sms": 2, "email": 1}, 1)
    assert found.withheld == {"opted-out": 1, "outside-hours+too-late-to-defer": 1}
    assert (found.expired, found.unknown, found.failed, found.waiting, found.received) == ((1,) * 5)


def test_money_is_summed_by_currency_at_its_decimals() -> None:
    books = TrialBalance(
        rows=[
            TrialBalanceRow(
                currency=currency,
                account=account,
                number=number,
                name=account,
                kind="asset",
                balance=Decimal(balance),
            )
            for currency, account, number, balance in (
                ("USD", "cash", "1000", "-200.00"),
                ("USD", "cash", "1001", "-50.00"),
                ("USD", "penalty_income", "4200", "-25.00"),
                ("USD", "fee_income", "4100", "-30.00"),
                ("JPY", "cash", "1000", "-1000.000"),
            )
        ],
        balanced=True,
    )
    loans = [loan("USD", "200", "50", "10"), loan("USD", "100", "0"), loan("JPY", "1000", "900")]
    found = sum_money(loans, books)
    assert found["USD"] == MoneyTotals(
        disbursed=Decimal(300),
        collected=Decimal(50),
        outstanding=Decimal(50),
        overdue=Decimal(10),
        fees=Decimal(55),
    )
    assert str(found["JPY"].collected) == "0"
    assert str(found["USD"].collected) == "50.00"


TOTALS = Totals(
    seed=1,
    days=30,
    loans=2,
    customers=1,
    rows_refused=6,
    loans_closed=0,
    messages=MessageTotals({"sms": 1}, {"sms": 1}, {"opted-out": 1}, 0, 0, 0, 0, 0),
    documents={"received": 3, "accepted": 1, "in_review": 1, "rejected": 1},
    cases=CaseTotals(1, 0, {"cured": 1}, {}),
    promises={"kept": 1},
    holds={"dispute": 1, "moratorium": 1},
    escalations=EscalationTotals(1, 1, 0),
    tasks={"open": 1},
    assessments=AssessmentTotals(made=3, plans=2, advice_requested=3, advice_given=2),
    money={"JPY": MoneyTotals(*(Decimal(n) for n in range(5)))},
    journal_balanced=True,
    unsettled=0,
    workflows=WorkflowTotals(2, 2, 0, 0),
    evidence=EvidenceTotals("RC-1001", 5, 7, verifies=True, change_is_found=True),
)


def test_the_result_is_json_with_amounts_as_text() -> None:
    told = json.loads(json.dumps(as_json(TOTALS)))
    assert told["money"] == {
        "JPY": {
            "disbursed": "0",
            "collected": "1",
            "outstanding": "2",
            "overdue": "3",
            "fees": "4",
        }
    }
    assert told["workflows"]["loans_running"] == 2
    assert told["journal_balanced"] is True


def test_what_has_no_place_in_the_result_is_refused() -> None:
    with pytest.raises(TypeError):
        as_json({"id": uuid4()})


def test_workflows_agree_or_not() -> None:
    assert TOTALS.workflows.agree
    assert not WorkflowTotals(2, 2, 1, 2).agree


def test_the_table_shows_the_figures() -> None:
    console = Console(width=120, record=True, file=StringIO())
    console.print(totals_table(TOTALS))
    shown = console.export_text()
    for words in (
        "opted-out 1",
        "in_review 1",
        "cured 1",
        "asked 1",
        "disbursed 0, collected 1",
        "balances",
        "the pack of RC-1001 (5 messages, 7 decisions) verifies",
    ):
        assert words in shown
