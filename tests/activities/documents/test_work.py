"""The activities of documents: what they fetch and report, and a child that is killed."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

import pytest
from temporalio import activity
from temporalio.testing import ActivityEnvironment

from activities.documents.limits import Limits
from activities.documents.pool import ReaderKilledError, ReaderPool
from activities.documents.work import DocumentActivities
from activities.system_of_record import SystemOfRecord
from contracts.documents import ReadResult
from contracts.work import DocumentPlan, DocumentRendered, DocumentRun, DocumentScan
from tests.activities.documents import files

RUN = DocumentRun(document_id=UUID("0192f0c1-2b3c-7def-8a90-000000000001"))


@dataclass
class Records:
    """The system of record with one document in it."""

    content: bytes
    pages: int = 0
    scans: list[DocumentScan] = field(default_factory=list)
    readings: list[ReadResult] = field(default_factory=list)
    images: dict[int, bytes] = field(default_factory=dict)
    rendered: list[int] = field(default_factory=list)

    def _plan(self) -> DocumentPlan:
        return DocumentPlan(
            document_id=RUN.document_id,
            number="DO-1",
            open=True,
            state="received",
            page_count=self.pages,
        )

    async def plan_document(self, _: UUID) -> DocumentPlan:
        return self._plan()

    async def document_source(self, _: UUID) -> bytes:
        return self.content

    async def record_document_scan(self, _: UUID, scan: DocumentScan) -> DocumentPlan:
        self.scans.append(scan)
        return self._plan()

    async def record_document_reading(self, _: UUID, result: ReadResult) -> DocumentPlan:
        self.readings.append(result)
        return self._plan()

    async def store_document_page(self, _: UUID, page: int, image: bytes) -> None:
        self.images[page] = image

    async def record_document_rendering(self, _: UUID, rendered: DocumentRendered) -> DocumentPlan:
        self.rendered.append(rendered.pages)
        return self._plan()


@pytest.fixture
async def readers() -> AsyncIterator[ReaderPool]:
    async with ReaderPool() as pool:
        yield pool


def of(records: Records, readers: ReaderPool) -> DocumentActivities:
    return DocumentActivities(cast(SystemOfRecord, records), readers)


def on_attempt(number: int) -> ActivityEnvironment:
    environment = ActivityEnvironment()
    told = {**environment.info.__dict__, "attempt": number}
    environment.info = activity.Info(**told)
    return environment


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda: b"%PDF-1.7", DocumentScan(format="pdf")),
        (lambda: b"Date,Amount\n", DocumentScan(format="csv")),
        (files.with_macros, DocumentScan(rejection="macros")),
    ],
)
async def test_a_scan_reports_what_a_file_is(
    readers: ReaderPool, make: Callable[[], bytes], found: DocumentScan
) -> None:
    records = Records(make())
    await ActivityEnvironment().run(of(records, readers).scan_document, RUN)
    assert records.scans == [found]


async def test_what_was_read_goes_to_the_system_of_record_and_not_into_the_history(
    readers: ReaderPool,
) -> None:
    records = Records(files.comma(files.statement()))
    answer = await ActivityEnvironment().run(of(records, readers).read_document, RUN)
    assert records.readings[0].statement is not None
    assert "SALARY" not in answer.model_dump_json()


async def test_every_page_gets_its_image_a_few_at_a_time(readers: ReaderPool) -> None:
    records = Records(files.pdf(files.statement(purchases=400)), pages=9)
    await ActivityEnvironment().run(of(records, readers).render_document, RUN)
    assert sorted(records.images) == list(range(1, records.rendered[0] + 1))
    assert records.rendered[0] > 8


async def test_pages_that_cannot_be_shown_end_the_images(readers: ReaderPool) -> None:
    records = Records(files.locked_pdf(), pages=3)
    await ActivityEnvironment().run(of(records, readers).render_document, RUN)
    assert (records.images, records.rendered) == ({}, [0])


async def kill_when_at_work(readers: ReaderPool) -> None:
    while not readers.pids():
        await asyncio.sleep(0.005)
    os.kill(readers.pids()[0], signal.SIGKILL)


async def test_a_killed_child_is_tried_again_and_only_then_the_files_fault() -> None:
    slow = files.unpacking_without_end()
    async with ReaderPool(Limits(cpu_seconds=20)) as readers:
        records = Records(slow)
        killing = asyncio.create_task(kill_when_at_work(readers))
        with pytest.raises(ReaderKilledError):
            await on_attempt(1).run(of(records, readers).read_document, RUN)
        await killing
        assert records.readings == []
        killing = asyncio.create_task(kill_when_at_work(readers))
        await on_attempt(3).run(of(records, readers).read_document, RUN)
        await killing
        assert [result.rejection for result in records.readings] == ["crashed-reader"]
        good = Records(files.comma(files.statement()))
        await ActivityEnvironment().run(of(good, readers).read_document, RUN)
        assert good.readings[0].reasons == []
