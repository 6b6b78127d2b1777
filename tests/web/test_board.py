"""The overview of a manager: figures with their links, and the rows behind them."""

import re

from contracts.names import Role
from tests.api.recovery.floor import Floor, at
from tests.web.conftest import LogIn
from tests.web.support import text_of


async def test_figures_open_the_rows_they_count(floor: Floor, staff: LogIn) -> None:
    manager = await staff(Role.MANAGER)
    assert "No loan yet" in text_of(await manager.get("/console/board"))
    loan = await floor.late_loan()
    await floor.move(at(3, 26, 16))
    await floor.plan(await floor.case_id(loan))
    page = await manager.get("/console/board")
    said = text_of(page)
    assert "As of 26 Mar 2028" in said
    assert "Rolling within 7 days 1,200.00 USD" in said
    assert "Contact breaches, 30 days none" in said
    links = {
        found.replace("&amp;", "&")
        for found in re.findall(r'href="(/console/board/[^"]+)"', page.text)
    }
    assert len(links) > 10
    rows = {}
    for link in links:
        rows[link] = text_of(await manager.get(link))
    (workable,) = [said for link, said in rows.items() if "part=workable" in link]
    assert f"{loan['number']}" in workable
    assert "1,200.00 USD" in workable
    agent = await staff(Role.AGENT)
    assert "/console/board" not in (await agent.get("/console")).text
    await agent.get("/console/board", 403)
