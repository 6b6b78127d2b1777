"""The pages of the console, in the order in which they are tried."""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter

from api.web.console import (
    acts,
    awaited,
    board,
    calls,
    cases,
    changes,
    complaints,
    compliance,
    customers,
    deaths,
    documents,
    doors,
    explaining,
    letters,
    loans,
    packs,
    parties,
    strategies,
    tasks,
    texts,
    worklist,
)

allowances = documents.allowances

ROUTERS: Final[Sequence[APIRouter]] = (
    doors.router,
    worklist.router,
    board.router,
    cases.router,
    calls.router,
    letters.router,
    acts.router,
    explaining.router,
    loans.router,
    awaited.router,
    changes.router,
    parties.router,
    customers.router,
    deaths.router,
    complaints.router,
    strategies.router,
    texts.router,
    packs.router,
    compliance.router,
    tasks.router,
    documents.router,
)
