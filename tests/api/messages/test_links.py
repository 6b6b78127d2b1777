"""An overdue reminder leads into the portal: with the customer alone, and by a fresh link."""

import re

import pytest

from contracts.names import Role
from tests.api.messages.arrange import Desk
from tests.api.support import Actors, ok

pytestmark = pytest.mark.usefixtures("api")


async def test_a_reminder_has_a_link_that_opens_and_staff_cannot_use_it(desk: Desk) -> None:
    message_id = await desk.remind()
    (sent,) = (await desk.lease()).messages
    found = re.search(r"/portal/in/[\w-]+", sent.body)
    assert found is not None
    page = await desk.api.client.get(found.group())
    assert page.status_code == 200
    assert "digits" in page.text
    agent = await Actors(desk.api).user(Role.AGENT)
    (shown,) = ok(await desk.api.client.get("/api/v1/messages", headers=agent))["items"]
    assert shown["id"] == str(message_id)
    assert shown["body"] == sent.body.replace(found.group(), "/portal/in/…")


async def test_a_text_without_a_place_for_a_link_makes_none(desk: Desk) -> None:
    customer_id = await desk.customer()
    await desk.queue(customer_id, template="help", purpose="servicing")
    (sent,) = (await desk.lease()).messages
    assert "http" not in sent.body
