"""Whatever is in a file, it ends in a typed refusal, and the worker goes on."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from activities.documents.limits import Limits
from activities.documents.pool import ReaderKilledError, ReaderPool
from domain.documents.rejection import MESSAGES, Refused, RejectionCode
from tenor.demo.statements import BankStatement
from tests.activities.documents import files


@pytest.fixture
async def readers() -> AsyncIterator[ReaderPool]:
    async with ReaderPool() as pool:
        yield pool


CUTS = 8
HEADING = b"Date,Description,Amount\n"
REFUSED: list[tuple[str, Callable[[], bytes], set[str]]] = [
    ("nothing", lambda: b"", {"empty"}),
    ("zeros", lambda: bytes(10_000), {"empty"}),
    ("a picture", lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), {"wrong-type"}),
    ("a program", lambda: b"\x7fELF" + bytes(100), {"wrong-type"}),
    ("a page of the web", lambda: b"<!DOCTYPE html><table></table>", {"wrong-type"}),
    ("another archive", lambda: files.archive({"word/document.xml": b"x"}), {"wrong-type"}),
    ("a locked PDF", files.locked_pdf, {"encrypted"}),
    ("a locked workbook", files.locked_workbook, {"encrypted"}),
    ("macros", files.with_macros, {"macros"}),
    ("a zip bomb", files.zip_bomb, {"too-large-unpacked"}),
    ("a lying zip bomb", files.lying_zip_bomb, {"too-large-unpacked", "malformed"}),
    ("many entries", files.many_entries, {"too-many-entries"}),
    ("entities", files.with_entities, {"malformed"}),
    ("ten thousand pages", files.ten_thousand_pages, {"too-many-pages"}),
    ("a huge image", files.huge_image, {"image-too-large"}),
    ("a huge page", files.huge_page, {"image-too-large"}),
    ("garbage in a PDF", lambda: b"%PDF-1.7\n" + bytes(range(256)) * 50, {"malformed"}),
    ("nested garbage", lambda: b"%PDF-1.7\n" + b"<<[" * 100_000, {"malformed", "crashed-reader"}),
    ("NUL in a table", lambda: HEADING + b"2028-03-01,a\x00b,1.00\n", {"malformed"}),
    ("a quote without end", lambda: HEADING + b'2028-03-01,"x,1.00\n', {"malformed"}),
    ("a cell of ten megabytes", lambda: HEADING + b"x" * 10_000_000 + b",1,1\n", {"malformed"}),
    ("no table", lambda: b"Dear customer,\nall is well.\n", {"no-table"}),
    ("a table of something else", lambda: b"Name,Town\nAna,York\n", {"no-table"}),
]


@pytest.mark.parametrize(
    ("make", "codes"), [case[1:] for case in REFUSED], ids=[c[0] for c in REFUSED]
)
async def test_a_file_that_cannot_be_used_is_refused_by_its_reason(
    readers: ReaderPool, make: Callable[[], bytes], codes: set[str]
) -> None:
    result = await readers.read(make())
    assert result.rejection in codes
    assert result.statement is None


async def test_what_unpacks_without_end_stays_within_its_limits() -> None:
    async with ReaderPool(Limits(cpu_seconds=10, wall_seconds=20)) as readers:
        result = await readers.read(files.unpacking_without_end())
        after = await readers.read(files.comma(files.statement()))
    refused = {"too-much-memory", "took-too-long", "crashed-reader", "malformed"}
    assert result.rejection in refused or result.reasons == ["no-text"]
    assert after.reasons == []


@pytest.mark.parametrize("write", [files.pdf, files.excel, files.comma])
async def test_a_file_cut_anywhere_never_says_what_does_not_stand_in_it(
    readers: ReaderPool, write: Callable[[BankStatement], bytes]
) -> None:
    """It is refused, goes to a person, or is believed as far as it is whole."""
    told = files.statement(purchases=15)
    true = [(each.on, each.amount) for each in told.movements]
    whole = write(told)
    step = max(len(whole) // CUTS, 1)
    results = await asyncio.gather(
        *(readers.read(whole[:end]) for end in range(step, len(whole), step))
    )
    believed = 0
    for result in results:
        if result.statement is None:
            assert result.rejection is not None
        elif not result.reasons:
            believed += 1
            read = [(line.on, line.amount) for line in result.statement.lines]
            assert read == true[: len(read)]
    assert believed < len(results)


async def test_a_killed_child_is_said_and_the_next_file_is_read(readers: ReaderPool) -> None:
    reading = asyncio.create_task(readers.read(files.unpacking_without_end()))
    while not readers.pids():
        await asyncio.sleep(0.01)
    os.kill(readers.pids()[0], signal.SIGKILL)
    with pytest.raises(ReaderKilledError):
        await reading
    assert (await readers.read(files.comma(files.statement()))).reasons == []


async def test_a_child_that_crashes_is_the_files_fault(readers: ReaderPool) -> None:
    reading = asyncio.create_task(readers.read(files.unpacking_without_end()))
    while not readers.pids():
        await asyncio.sleep(0.01)
    os.kill(readers.pids()[0], signal.SIGSEGV)
    assert (await reading).rejection == "crashed-reader"


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(wall_seconds=0.001), "took-too-long"),
        (Limits(cpu_seconds=0), "took-too-long"),
        (Limits(pages=1), "too-many-pages"),
    ],
)
async def test_each_limit_has_its_reason(limits: Limits, code: str) -> None:
    async with ReaderPool(limits) as readers:
        result = await readers.read(files.pdf(files.statement(purchases=120)))
    assert result.rejection == code


async def test_memory_is_bounded() -> None:
    """The libraries alone take more than this, so nothing fits beside them."""
    async with ReaderPool(Limits(memory_bytes=64 * 1024 * 1024)) as readers:
        result = await readers.read(files.pdf(files.statement()))
    assert result.rejection in {"too-much-memory", "crashed-reader"}


async def test_what_cannot_be_shown_is_refused(readers: ReaderPool) -> None:
    with pytest.raises(Refused) as caught:
        await readers.render(files.locked_pdf(), 1, 1)
    assert caught.value.code is RejectionCode.ENCRYPTED


async def test_many_files_at_once_share_a_few_children() -> None:
    content = files.comma(files.statement())
    most = 0
    async with ReaderPool(at_once=2) as readers:
        tasks = [asyncio.create_task(readers.read(content)) for _ in range(6)]
        while not all(task.done() for task in tasks):
            most = max(most, len(readers.pids()))
            await asyncio.sleep(0.005)
        assert [task.result().reasons for task in tasks] == [[]] * 6
    assert 1 <= most <= 2


async def test_no_child_outlives_its_pool() -> None:
    async with ReaderPool() as readers:
        await readers.read(b"")
        pid = await readers.warmed()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def test_a_child_knows_nothing_of_the_worker(
    readers: ReaderPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENOR_SERVICE_CLIENTS", '{"documents": "not-for-children"}')
    pid = await readers.warmed()
    environment = Path(f"/proc/{pid}/environ").read_bytes()
    assert b"TENOR" not in environment
    assert b"not-for-children" not in environment


def test_every_code_has_its_words() -> None:
    assert set(MESSAGES) == set(RejectionCode)
    assert all(words.endswith(".") for words in MESSAGES.values())
