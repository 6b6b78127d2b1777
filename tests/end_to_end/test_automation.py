"""A program of an integrator, as the guide tells it; and a task that lives by a test clock."""

import asyncio
import json
import os
import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from contracts.advice import AdviceRequest, AskForAdvice
from contracts.names import Attribute
from contracts.tasks import CompleteTask, ScheduleTask, TaskDetail
from contracts.tasks import Task as WireTask
from tenor.client import RestClient
from tenor.stack import Stack
from tests.end_to_end.conftest import START, Lender

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "automation.md"


def commands() -> str:
    """The guide's commands, one script."""
    return "\n".join(re.findall(r"^```sh\n(.*?)^```", GUIDE.read_text(), re.DOTALL | re.MULTILINE))


@pytest.mark.timeout(300)
async def test_the_guides_commands_work(stack: Stack, lender: Lender, tmp_path: Path) -> None:
    customer = await lender.customer("Gil Guided", "+12125550151", "gil@customers.example")
    loan = await lender.loan(customer)
    await lender.settled()
    bash = shutil.which("bash")
    assert bash is not None
    script = tmp_path / "guide.sh"
    shown = 'printf "\\n%s\\n%s\\n%s\\n" "$CLIENT" "$TASK" "$MESSAGE"'
    script.write_text(f"set -euo pipefail\n{commands()}\n{shown}\n")
    run = await asyncio.create_subprocess_exec(
        bash,
        str(script),
        env={
            "PATH": os.environ["PATH"],
            "API": f"{stack.api_url}/api/v1",
            "EMAIL": stack.admin_email,
            "PASSWORD": stack.admin_password,
            "LOAN": str(loan.id),
            "DUE_ON": (START + timedelta(days=5)).date().isoformat(),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await run.communicate()
    assert run.returncode == 0, err.decode()
    *_, client_id, task_id, message_id = out.decode().split()
    assert {len(client_id), len(task_id), len(message_id)} == {36}
    assert '"outcome":"allow"' in out.decode() or '"outcome":"defer"' in out.decode()
    task = await lender.admin.get(f"/tasks/{task_id}", TaskDetail)
    assert (task.status, task.outcome) == ("done", "balance_agrees")
    await lender.settled()


@pytest.mark.timeout(300)
async def test_a_task_lives_by_the_clock_of_its_customer(
    admin: RestClient, lender: Lender, temporal: Client
) -> None:
    customer = await lender.customer("Tess Clocked", "+12125550152", "tess@customers.example")
    await lender.settled()
    made = await admin.post(
        "/tasks",
        WireTask,
        ScheduleTask.model_validate(
            {
                "kind": "check_papers",
                "customer_id": customer.id,
                "role": "agent",
                "due_at": START + timedelta(days=3),
                "remind_before_minutes": [1440],
                "escalate_after_minutes": 1440,
                "note": "Her papers lie in the blue folder.",
            }
        ),
        f"task:{customer.id}",
    )
    await lender.settled()
    handle = temporal.get_workflow_handle(f"task:{made.id}")
    await lender.advance_to((START + timedelta(days=5)).date())
    shown = await admin.get(f"/tasks/{made.id}", TaskDetail)
    assert [line.kind for line in shown.timeline] == [
        *("scheduled", "reminded", "fell_due", "escalated", "escalated"),
    ]
    assert [line.at - START for line in shown.timeline] == [
        timedelta(days=days) for days in (0, 2, 3, 4, 5)
    ]
    waiting = await handle.describe()
    assert waiting.status is WorkflowExecutionStatus.RUNNING
    assert waiting.search_attributes[Attribute.STAGE] == ["check_papers"]
    await admin.post(f"/tasks/{made.id}/complete", WireTask, CompleteTask(), f"done:{made.id}")
    result = await handle.result()
    assert (result["open"], result["status"]) == (False, "done")
    told = json.dumps((await handle.fetch_history()).to_json_dict())
    assert "blue folder" not in told
    assert "Tess" not in told
    await lender.settled()


@pytest.mark.timeout(300)
async def test_advice_that_nobody_gives_is_asked_of_a_manager(
    admin: RestClient, lender: Lender
) -> None:
    customer = await lender.customer("Ada Advised", "+12125550153", "ada@customers.example")
    await lender.settled()
    asked = await admin.post(
        f"/customers/{customer.id}/request-advice",
        AdviceRequest,
        AskForAdvice(),
        f"advice:{customer.id}",
    )
    await lender.advance_to((asked.answer_by + timedelta(days=2)).date())
    task = await admin.get(f"/tasks/{asked.id}", TaskDetail)
    assert (task.role, task.escalations, task.overdue) == ("manager", 1, True)
    assert [line.kind for line in task.timeline].count("reminded") >= 1


def test_the_guide_speaks_of_every_part() -> None:
    text = commands()
    for path in ("/service-clients", "/auth/token", "/tasks/schedule", "/complete", "/reminders"):
        assert path in text, path
