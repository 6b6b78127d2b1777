"""One click ends e-mails to an address; looking at the link ends nothing."""

from uuid import uuid4

from sqlalchemy import select

from api.customers.tables import SuppressionRow
from tests.api.messages.arrange import Desk


async def suppressed(desk: Desk) -> list[tuple[str, str]]:
    async with desk.work() as work:
        rows = await work.session.execute(select(SuppressionRow.medium, SuppressionRow.reason))
        return [(row[0], row[1]) for row in rows]


async def link(desk: Desk) -> str:
    customer_id, loan_id, case_id = await desk.overdue()
    await desk.queue(
        customer_id, channel="email", template="overdue_email", loan_id=loan_id, case_id=case_id
    )
    lease = await desk.sent("email", provider_id=uuid4().hex)
    url = lease.messages[0].unsubscribe_url
    assert url.startswith("http://api.test/api/v1/unsubscribe/")
    return url.removeprefix("http://api.test")


async def test_one_click_is_enough_and_twice_is_no_more(desk: Desk) -> None:
    path = await link(desk)
    looked = await desk.api.client.get(path)
    assert looked.status_code == 200
    assert "<form" in looked.text
    assert await suppressed(desk) == []
    for _ in range(2):
        clicked = await desk.api.client.post(
            path,
            content="List-Unsubscribe=One-Click",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        assert clicked.status_code == 200
        assert clicked.headers["content-type"].startswith("text/html")
    assert await suppressed(desk) == [("email", "stop")]


async def test_a_link_of_ones_own_making_does_nothing(desk: Desk) -> None:
    path = await link(desk)
    head, _, proof = path.rpartition("/")
    for forged in (f"{head}/{'0' * 64}", f"{head}/ü", path.replace(proof[:4], "0000", 1)):
        assert (await desk.api.client.post(forged)).status_code == 404
    assert await suppressed(desk) == []


async def test_text_messages_have_no_such_link(desk: Desk) -> None:
    await desk.remind()
    assert [one.unsubscribe_url for one in (await desk.lease()).messages] == [""]
