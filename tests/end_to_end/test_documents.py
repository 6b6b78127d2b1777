"""Documents on the whole stack: read through the real workflows, and through the death of both."""

import asyncio
from datetime import date
from typing import Final
from uuid import uuid4

import pytest
from temporalio.client import Client

from contracts.documents import Document, Extraction, UploadedDocument
from tenor.client import RestClient
from tenor.demo.people import Paper
from tenor.demo.statements import paper_of
from tenor.stack import Stack
from tests.end_to_end.conftest import START, Lender

DAY: Final = date(2028, 2, 1)
ENDS: Final = {
    Paper.PDF: "accepted",
    Paper.CSV: "accepted",
    Paper.SMUDGED: "in_review",
    Paper.PHOTO: "rejected",
}
WORDS: Final = ("SALARY", "HARBOR WORKS", "STANDING ORDER")
"""They stand in every statement, and must stand in no history."""


async def hand_in(lender: Lender, paper: Paper, person: int) -> UploadedDocument:
    customer = await lender.customer("Ana Shows", f"+1212555{person}", f"a{person}@c.example")
    return await lender.admin.upload(
        "/documents",
        UploadedDocument,
        paper_of(1, person, DAY, "USD", paper),
        {"customer_id": str(customer.id)},
        uuid4().hex,
    )


async def shown(admin: RestClient, document: UploadedDocument) -> Document:
    return await admin.get(f"/documents/{document.id}", Document)


async def told(temporal: Client, document: UploadedDocument) -> str:
    """All that stands in a document's history."""
    handle = temporal.get_workflow_handle(document.workflow_id)
    return (await handle.fetch_history()).to_json()


async def test_each_document_ends_as_it_should(
    stack: Stack, lender: Lender, temporal: Client
) -> None:
    """The clock is not settled before its documents are."""
    handed = {
        paper: await hand_in(lender, paper, 3100 + place) for place, paper in enumerate(Paper)
    }
    await lender.arrived(START)
    for paper, document in handed.items():
        assert (await shown(lender.admin, document)).status == ENDS[paper], paper
        history = await told(temporal, document)
        assert not [word for word in WORDS if word in history]
    pdf = await shown(lender.admin, handed[Paper.PDF])
    assert pdf.preview_pages == pdf.page_count == 1
    read = await lender.admin.get(f"/documents/{pdf.id}/extraction", Extraction)
    assert read.cross_check.outcome == "passed"
    logs = "".join(path.read_text() for path in stack.state.logs.glob("*.log"))
    assert not [word for word in WORDS if word in logs]


@pytest.mark.faults
@pytest.mark.timeout(300)
@pytest.mark.parametrize("victim", ["worker", "api"])
async def test_documents_survive_the_death_of_a_process(
    stack: Stack, lender: Lender, victim: str
) -> None:
    """It is killed while files are being read: each document ends all the same, and once."""
    first = 4100 if victim == "worker" else 4200
    handed = [
        (paper, await hand_in(lender, paper, first + place))
        for place, paper in enumerate(list(Paper) * 2)
    ]
    for _ in range(2):
        await asyncio.sleep(0.4)
        stack.kill(victim)
        await stack.wait_ready(victim)
    await lender.settled()
    for paper, document in handed:
        assert (await shown(lender.admin, document)).status == ENDS[paper], paper
