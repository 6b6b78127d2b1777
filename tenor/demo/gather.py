"""Collects a demo's result: over REST, from the sandbox, and from Temporal's list of workflows."""

import asyncio
from time import monotonic
from typing import Final
from uuid import UUID

from temporalio.client import Client

from contracts.advice import Assessment, AssessmentSummary
from contracts.base import Page
from contracts.clocks import WakeCounts
from contracts.collecting import Collection
from contracts.complaints import Complaint
from contracts.documents import Document
from contracts.loan_parties import Bereavement
from contracts.loans import Loan
from contracts.messages import Message
from contracts.names import WorkflowName
from contracts.payments import TrialBalance
from contracts.recovery import Case, CaseDetail
from contracts.tasks import Task
from tenor.client import RestClient
from tenor.demo import guide, totals
from tenor.demo.browser import Browser
from tenor.demo.evidence import check_evidence
from tenor.demo.outcomes import count_people
from tenor.demo.phones import Phones
from tenor.portfolio.importing import ImportReport

_AT_ONCE: Final = 4
_VISIBLE_WITHIN_SECONDS: Final = 30.0
"""The list of workflows follows their ends after a moment."""
_PAUSE_SECONDS: Final = 0.25


async def gather_totals(
    admin: RestClient,
    phones: Phones,
    temporal_address: str,
    clock_id: UUID,
    imported: ImportReport,
    *,
    advisor: RestClient,
    browser: Browser,
    people: guide.People,
    seed: int,
    days: int,
) -> totals.Totals:
    """Collect the result of a run; raises `RestError` and `SandboxError`.

    `people` are those of whom something is to be seen.
    """
    on_clock = {"test_clock_id": str(clock_id)}
    loans = [loan async for loan in admin.pages("/loans", Page[Loan], on_clock)]
    messages = [each async for each in admin.pages("/messages", Page[Message])]
    documents = [each async for each in admin.pages("/documents", Page[Document], on_clock)]
    tasks = [task async for task in admin.pages("/tasks", Page[Task])]
    cases = await _cases(admin)
    books = await admin.get("/ledger/trial-balance", TrialBalance, on_clock)
    counts = await admin.get("/work-counts", WakeCounts)
    collections = [each async for each in admin.pages("/collections", Page[Collection], on_clock)]
    at_gateway = await browser.counts()
    at_provider = await phones.counts()
    workflows = await count_workflows(temporal_address, counts)
    return totals.Totals(
        seed=seed,
        days=days,
        loans=len(loans),
        customers=len({loan.customer_id for loan in loans}),
        rows_refused=imported.rows_refused,
        loans_closed=sum(1 for loan in loans if loan.lifecycle == "closed"),
        messages=totals.count_messages(
            messages, {"email": at_provider.email, "sms": at_provider.sms}
        ),
        documents=totals.count_documents(documents),
        cases=totals.count_cases(cases),
        promises=totals.count_promises(cases),
        holds=totals.count_holds(cases),
        escalations=totals.count_escalations(cases),
        tasks=totals.count_tasks(tasks),
        assessments=totals.count_assessments(await _assessments(advisor), tasks),
        money=totals.sum_money(loans, books),
        journal_balanced=books.balanced,
        unsettled=counts.unsettled,
        workflows=workflows,
        links=totals.count_links(collections),
        autopay=totals.count_autopay(collections),
        gateway=totals.compare_gateway(collections, at_gateway.payments, at_gateway.taken),
        evidence=await check_evidence(admin, cases),
        people=count_people(
            cases,
            [each async for each in admin.pages("/complaints", Page[Complaint])],
            await _deaths(admin, people.deceased),
        ),
        guide=await guide.examples(admin, cases, people),
    )


async def _assessments(advisor: RestClient) -> list[Assessment]:
    """Every assessment; only an advisor may read them."""
    listed = advisor.pages("/debt-assessments", Page[AssessmentSummary])
    return [await advisor.get(f"/debt-assessments/{each.id}", Assessment) async for each in listed]


async def _deaths(admin: RestClient, deceased: UUID | None) -> list[Bereavement]:
    """What is known of the death of a customer, if there was one."""
    if deceased is None:
        return []
    path = f"/customers/{deceased}/bereavements"
    return [each async for each in admin.pages(path, Page[Bereavement])]


async def _cases(admin: RestClient) -> list[CaseDetail]:
    """Every case with its promises and its story, in number order."""
    places = asyncio.Semaphore(_AT_ONCE)

    async def detail(case_id: UUID) -> CaseDetail:
        async with places:
            return await admin.get(f"/recovery-cases/{case_id}", CaseDetail)

    ids = [case.id async for case in admin.pages("/recovery-cases", Page[Case])]
    return list(await asyncio.gather(*(detail(case_id) for case_id in ids)))


async def count_workflows(temporal_address: str, expected: WakeCounts) -> totals.WorkflowTotals:
    """Count the running workflows, waiting a while for the expected numbers."""
    client = await Client.connect(temporal_address)
    deadline = monotonic() + _VISIBLE_WITHIN_SECONDS
    while True:
        found = totals.WorkflowTotals(
            loans_running=await _running(client, WorkflowName.LOAN),
            active_loans=expected.active_loans,
            cases_running=await _running(client, WorkflowName.RECOVERY_CASE),
            open_cases=expected.open_cases,
        )
        if found.agree or monotonic() > deadline:
            return found
        await asyncio.sleep(_PAUSE_SECONDS)


async def _running(client: Client, kind: WorkflowName) -> int:
    query = f"WorkflowType = '{kind.value}' AND ExecutionStatus = 'Running'"
    return (await client.count_workflows(query)).count
