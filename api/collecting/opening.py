"""Somebody opens a pay link: the gateway's page, or a word on why there is none."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from api.collecting import amounts, links, working
from api.wakes import service as wakes
from api.work import Work
from contracts.names import WakeKind
from domain.ids import collection_workflow_id

_LASTS: Final = timedelta(minutes=1)
"""A page with less time left than this is not shown."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What the payer gets: the page's address, or where the link stands without one."""

    status: str
    url: str | None = None
    link_id: UUID | None = None
    """Of a link that was made in the portal."""


async def open_link(work: Work, token: str) -> Opened:
    """Ask for a page to pay on; while there is none yet the status is `open` without an address.

    Raises `NOT_FOUND` for a link that never was.
    """
    link_id = links.link_of(work, token)
    held = await working.hold(work, link_id)
    row, last = held.row, held.last
    if row.status != "open":
        return Opened(row.status)
    if row.expires_at is not None and row.expires_at <= held.clock.now:
        return Opened("expired")
    wanted = await amounts.wanted(work, held.book, row, held.clock)
    if wanted <= 0:
        return Opened("cancelled")
    if last is not None and last.status == "open" and last.amount == wanted:
        lives = last.page_expires_at is not None and last.page_expires_at - _LASTS > work.now
        if lives and last.url is not None:
            return Opened("open", last.url)
    if not row.page_wanted:
        row.page_wanted = True
        await work.session.flush()
        await wakes.raise_wake(
            work, collection_workflow_id(row.id), WakeKind.PAYMENT, row.test_clock_id
        )
    return Opened("open")


async def came_back(work: Work, token: str) -> Opened:
    """The payer comes back from the gateway: where the link stands; it is looked up now.

    Raises `NOT_FOUND` for a link that never was.
    """
    link_id: UUID = links.link_of(work, token)
    held = await working.hold(work, link_id)
    last = held.last
    if held.row.status == "open" and last is not None and last.status == "open":
        last.look_at = held.clock.now
        await work.session.flush()
        await wakes.raise_wake(
            work, collection_workflow_id(link_id), WakeKind.PAYMENT, held.row.test_clock_id
        )
    return Opened(held.row.status, link_id=link_id if held.row.from_portal else None)
