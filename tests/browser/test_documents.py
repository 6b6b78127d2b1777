"""The review of a document in a real browser: each line beside its place on the page."""

import io
from pathlib import Path
from typing import Final

import pytest
from PIL import Image

from contracts.names import Role
from tests.api.recovery.floor import Floor
from tests.api.support import Actors, key, ok
from tests.browser.conftest import OpenPage
from tests.browser.test_console import faults
from tests.web.test_documents import READ

STATEMENT: Final = Path(__file__).resolve().parents[2] / "examples" / "statement.pdf"


async def a_document_in_review(floor: Floor) -> str:
    """A statement that a worker has read, with one line it was not sure of."""
    client, worker = floor.api.client, await Actors(floor.api).service("documents")
    sent = await client.post(
        f"/api/v1/documents?customer_id={await floor.scene.customer()}",
        content=STATEMENT.read_bytes(),
        headers=floor.agent | key() | {"Content-Disposition": 'attachment; filename="page.pdf"'},
    )
    path = f"/api/v1/documents/{ok(sent, 201)['id']}"
    for step, body in (("plan", None), ("scan", {"format": "pdf"}), ("reading", READ)):
        ok(await client.post(f"{path}/{step}", json=body, headers=worker))
    image = io.BytesIO()
    Image.new("RGB", (620, 877), "white").save(image, "png")
    assert (
        await client.put(f"{path}/pages/1", content=image.getvalue(), headers=worker)
    ).is_success
    for step, body in (("rendered", {"pages": 1}), ("settle", None)):
        ok(await client.post(f"{path}/{step}", json=body, headers=worker))
    return f"/console/documents/{path.rpartition('/')[2]}"


@pytest.mark.parametrize("width", [320, 1440])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_the_review_is_accessible(
    floor: Floor, open_page: OpenPage, dark: bool, width: int
) -> None:
    path = await a_document_in_review(floor)
    page = await open_page(Role.AGENT, dark=dark, width=width)
    await page.goto(path)
    assert await page.locator(".canvas rect").count() == len(READ["statement"]["lines"])
    assert await faults(page) == []
    await page.goto("/console/tasks?whose=all&state=open")
    assert await faults(page) == []
