"""The end of a day over a whole book, beside one plain scan of its instalments."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from time import monotonic
from typing import Final

import httpx2

from contracts.loans import LoanDetail
from contracts.work import CloseReport
from domain.calendar import add_months
from tenor.bench import book
from tenor.bench.ground import Ground, ground
from tenor.bench.machine import Others, machine
from tenor.bench.measures import Measure, Report, median
from tenor.bench.seed import make_loan
from tenor.client import BASE_PATH, RestClient

ROLE: Final = "closing"
CALLS_A_SECOND: Final = 20
"""Reads of loans that go on before and during the close."""
BEFORE_SECONDS: Final = 10.0
SCANS: Final = 3
_CALL_SECONDS: Final = 900.0

YARDSTICK: Final = (
    "set max_parallel_workers_per_gather = 0; select count(*), sum(principal) from instalments;"
)


@dataclass(frozen=True, slots=True)
class Closed:
    """What closing one day took."""

    seconds: float
    sections: int
    loans: int


def measure(loans: int) -> Report:
    """Close an ordinary day of a book of so many loans, while people read loans."""
    began = monotonic()
    with ground() as here:
        return asyncio.run(_measured(here, loans, began))


async def _measured(here: Ground, loans: int, began: float) -> Report:
    today = datetime.now(UTC).date()
    async with here.client() as client:
        model = await make_loan(client, add_months(today, -book.MONTHS_BEFORE))
        closed_through = today - timedelta(days=book.DAYS_TO_CLOSE)
        await asyncio.to_thread(book.spread, here, model, loans, closed_through)
        await _close(here)
        # The next day is today: it is closed before it is over.
        await asyncio.to_thread(
            here.sql, "update books set next_close_at = now(); vacuum (analyze); checkpoint;"
        )
        others = Others.watch()
        scan = median([await _scan(here) for _ in range(SCANS)])
        before = await _reads(client, loans, asyncio.create_task(asyncio.sleep(BEFORE_SECONDS)))
        closing = asyncio.create_task(_close(here))
        during = await _reads(client, loans, closing)
        closed = await closing
        notes = others.note()
    notes.append(
        f"{loans:,} loans; the day wrote {closed.loans:,} of them in {closed.sections} sections, "
        f"{closed.seconds / loans * 1e6:,.1f} µs a loan. "
        f"API: {CALLS_A_SECOND} reads of loans a second, one process, which closes as well."
    )
    return Report(
        "close",
        [
            Measure("close of a day, s ÷ scan", closed.seconds, scan, 30, 12, at_most=True),
            Measure(
                "API p95 during the close, ms ÷ before",
                _p95(during) * 1000,
                _p95(before) * 1000,
                2,
                1.2,
                at_most=True,
            ),
        ],
        machine(),
        monotonic() - began,
        notes,
    )


async def _scan(here: Ground) -> float:
    started = monotonic()
    await asyncio.to_thread(here.sql, YARDSTICK)
    return monotonic() - started


async def _close(here: Ground) -> Closed:
    """Close the day that is due of every section; the worker's own calls, one after another."""
    secrets = here.server.secrets
    started = monotonic()
    sections = loans = 0
    async with httpx2.AsyncClient(base_url=here.api_url + BASE_PATH, timeout=_CALL_SECONDS) as api:
        answer = await api.post(
            "/auth/token",
            data={
                "grant_type": "client_credentials",
                "client_id": ROLE,
                "client_secret": secrets.service_clients[ROLE],
            },
        )
        answer.raise_for_status()
        bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        while True:
            answer = await api.post("/books/close-due", headers=bearer)
            answer.raise_for_status()
            report = CloseReport.model_validate_json(answer.content)
            sections += report.books
            loans += report.loans
            if not report.more:
                break
    return Closed(monotonic() - started, sections, loans)


async def _reads(client: RestClient, loans: int, until: "asyncio.Task[object]") -> list[float]:
    """Read loans at a steady rate until something is done; the seconds that each read took."""
    took: list[float] = []
    reading: set[asyncio.Task[None]] = set()

    async def read(number: int) -> None:
        started = monotonic()
        key = f"00000000-0000-7000-8000-{book.FIRST + number * 7919 % loans:012d}"
        await client.get(f"/loans/{key}", LoanDetail)
        took.append(monotonic() - started)

    for number in count():
        if until.done():
            break
        task = asyncio.create_task(read(number))
        reading.add(task)
        task.add_done_callback(reading.discard)
        await asyncio.sleep(1 / CALLS_A_SECOND)
    await asyncio.gather(*reading)
    return took


def _p95(seconds: list[float]) -> float:
    ordered = sorted(seconds)
    return ordered[int(len(ordered) * 0.95)] if ordered else 0.0
