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
    documents,
    doors,
    explaining,
    loans,
    packs,
    strategies,
    tasks,
    worklist,
)

allowances = documents.allowances

ROUTERS: Final[Sequence[APIRouter]] = (
    doors.router,
    worklist.router,
    board.router,
    cases.router,
    calls.router,
    acts.router,
    explaining.router,
    loans.router,
    awaited.router,
    changes.router,
    customers.router,
    complaints.router,
    strategies.router,
    packs.router,
    compliance.router,
    tasks.router,
    documents.router,
)
