"""The logs of all processes after a real flow: ids to follow it by, and nobody's data."""

import json
from typing import Final

import pytest
from temporalio.client import Client

from contracts.base import Page
from contracts.messages import Message
from tenor.stack import Stack
from tests.end_to_end.conftest import Lender, first_of

NAME: Final = "Ottoline Brackwater"
PHONE: Final = "+12125550188"
EMAIL: Final = "ottoline@customers.example"


@pytest.mark.timeout(900)
async def test_logs_lead_from_a_request_to_its_run_and_name_nobody(
    stack: Stack, lender: Lender, temporal: Client
) -> None:
    customer = await lender.customer(NAME, PHONE, EMAIL)
    loan = await lender.loan(customer, instalments=2)
    await lender.advance_to(first_of(1).replace(day=12))
    sent = [
        message
        async for message in lender.admin.pages("/messages", Page[Message])
        if message.loan_id == loan.id and message.status in {"sent", "delivered"}
    ]
    assert {message.channel for message in sent} == {"sms", "email"}
    owed = (await lender.pay(loan.id, loan.outstanding.total)).amount
    await lender.settled()
    runs = {run.run_id async for run in temporal.list_workflows(f"WorkflowId='{loan.workflow_id}'")}
    assert runs
    texts = {path.name: path.read_text(errors="replace") for path in stack.state.logs.iterdir()}
    assert {"api.log", "worker.log", "postgres.log", "sandbox.log"} <= set(texts)
    lines = [json.loads(line) for line in texts["api.log"].splitlines()]
    asked = [
        line["request_id"]
        for line in lines
        if line["event"] == "request" and line["operation"] == "advance_loan"
    ]
    assert any(request_id.startswith(run) for request_id in asked for run in runs)
    assert [line for line in lines if line.get("operation") == "post_payment"]
    for line in texts["worker.log"].splitlines():
        assert json.loads(line)["level"]
    personal = (*NAME.split(), PHONE, PHONE[2:], EMAIL, EMAIL.partition("@")[0], f"{owed}")
    for name, text in texts.items():
        for word in (*personal, stack.admin_password, stack.secrets.master_key):
            assert word.lower() not in text.lower(), f"{name} tells {word}"
