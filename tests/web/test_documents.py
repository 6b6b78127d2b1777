"""Documents in the console: handed in, seen beside their page, corrected, decided."""

import re
import zlib

import pytest
from httpx2 import Response

from contracts.names import Role
from tests.api.support import Actors, Api, Headers, Scene, make_scene, ok
from tests.web.conftest import LogIn
from tests.web.support import Browser, fields, text_of

FILE = b"%PDF-1.7 whatever stands in it"
PNG = b"\x89PNG\r\n\x1a\n" + zlib.compress(b"page")
PATH = "/console/documents"


def line(number: int, amount: str, balance: str, confidence: float) -> dict[str, object]:
    top = 0.2 + number / 20
    return {
        "number": number,
        "on": "2028-02-01",
        "description": f"Movement {number}",
        "amount": amount,
        "balance": balance,
        "place": {"page": 1, "box": {"left": 0.1, "top": top, "right": 0.9, "bottom": top + 0.03}},
        "raw": "as it stood there",
        "confidence": confidence,
    }


def figure(amount: str) -> dict[str, object]:
    return {"amount": amount, "raw": amount, "place": {"page": 1}, "confidence": 0.95}


READ: dict[str, object] = {
    "format": "pdf",
    "page_count": 1,
    "statement": {
        "currency": "USD",
        "opening": figure("100.00"),
        "closing": figure("150.00"),
        "lines": [line(1, "100.00", "200.00", 0.5), line(2, "-50.00", "150.00", 0.99)],
    },
}


class Desk:
    """A customer whose documents are handed in by the form and read by a worker."""

    def __init__(self, scene: Scene, worker: Headers, number: str) -> None:
        self.client, self.worker, self.number = scene.api.client, worker, number

    async def upload(self, browser: Browser, content: bytes = FILE, status: int = 303) -> Response:
        sent = fields(await browser.get(PATH), PATH) | {"number": self.number}
        sent.pop("file", None)
        answer = await browser.client.post(
            PATH, data=sent, files={"file": ("März.pdf", content, "application/pdf")}
        )
        assert answer.status_code == status, text_of(answer)
        return answer

    async def read(self, document_id: str) -> None:
        """The way of the worker through a document."""
        for path, body in (("plan", None), ("scan", {"format": "pdf"}), ("reading", READ)):
            await self._work(document_id, path, body)
        stored = await self.client.put(
            f"/api/v1/documents/{document_id}/pages/1", content=PNG, headers=self.worker
        )
        assert stored.status_code == 204
        await self._work(document_id, "rendered", {"pages": 1})
        await self._work(document_id, "settle", None)

    async def _work(self, document_id: str, path: str, body: object) -> None:
        ok(
            await self.client.post(
                f"/api/v1/documents/{document_id}/{path}", json=body, headers=self.worker
            )
        )


@pytest.fixture
async def desk(api: Api) -> Desk:
    scene = await make_scene(api)
    customer = await scene.get(f"/customers/{await scene.customer()}")
    return Desk(scene, await Actors(api).service("documents"), str(customer["number"]))


async def in_review(desk: Desk, browser: Browser) -> str:
    path = (await desk.upload(browser)).headers["location"]
    await desk.read(path.rpartition("/")[2])
    return path


async def test_a_file_is_handed_in_and_waited_for(desk: Desk, staff: LogIn) -> None:
    browser = await staff(Role.AGENT)
    path = (await desk.upload(browser)).headers["location"]
    assert "It is being read" in text_of(await browser.get(path))
    await browser.get(f"{path}/state", 204)
    assert (await desk.upload(browser)).headers["location"] == path
    await desk.read(path.rpartition("/")[2])
    seen = await browser.get(f"{path}/state")
    assert seen.headers["hx-refresh"] == "true"
    assert "März.pdf" in text_of(await browser.get(PATH))


async def test_each_line_lies_beside_its_place_on_the_page(desk: Desk, staff: LogIn) -> None:
    browser = await staff(Role.AGENT)
    path = await in_review(desk, browser)
    page = await browser.get(path)
    assert re.search(
        r'<rect id="box-1" class="unsure" x="100.0" y="250.0" width="800.0" height="30.0">',
        page.text,
    )
    assert 'id="box-2" class="sure"' in page.text
    assert 'href="#box-1"' in page.text
    assert "1 line to look at" in text_of(page)
    assert "It adds up: 100.00 at the start, 50.00 in 2 lines, 150.00 at the end." in text_of(page)
    image = await browser.get(f"{path}/pages/1")
    assert image.content == PNG
    assert image.headers["content-type"] == "image/png"
    # Only what is in doubt is a field, unless all is asked for.
    assert "amount-1" in fields(page, f"{path}/review")
    assert "amount-2" not in fields(page, f"{path}/review")
    assert "amount-2" in fields(await browser.get(f"{path}?all=1"), f"{path}/review")


async def test_what_was_read_wrong_is_mended_and_accepted(desk: Desk, staff: LogIn) -> None:
    browser = await staff(Role.AGENT)
    path = await in_review(desk, browser)
    page = await browser.get(path)
    again = await browser.submit(page, f"{path}/review", 422, **{"amount-1": "a lot"})
    assert "An amount looks like" in text_of(again)
    assert fields(again, f"{path}/review")["amount-1"] == "a lot"
    await browser.submit(
        again, f"{path}/review", **{"amount-1": "100.00", "description-1": "Salary"}
    )
    said = text_of(await browser.get(f"{path}?done=review"))
    assert "It is accepted." in said
    assert "Salary" in said
    assert "corrected" in said


async def test_two_people_do_not_decide_over_one_another(desk: Desk, staff: LogIn) -> None:
    browser = await staff(Role.AGENT)
    path = await in_review(desk, browser)
    page = await browser.get(path)
    await browser.submit(page, f"{path}/reject", note="Of another account")
    assert "It was refused" in text_of(await browser.get(path))
    late = await browser.submit(page, f"{path}/review", 422)
    assert 'role="alert"' in late.text


@pytest.mark.parametrize("number", ["CU-999999", "Maria", ""])
async def test_a_document_is_somebodys(desk: Desk, staff: LogIn, number: str) -> None:
    browser = await staff(Role.AGENT)
    desk.number = number
    await desk.upload(browser, status=422)


async def test_a_file_has_something_in_it_and_not_too_much(
    api: Api, desk: Desk, staff: LogIn
) -> None:
    browser = await staff(Role.AGENT)
    assert "Choose a file" in text_of(await desk.upload(browser, b"", 422))
    limit = api.services.settings.max_document_bytes
    assert "A file may hold" in text_of(await desk.upload(browser, b"x" * (limit + 1), 422))


async def test_what_waits_is_a_task_that_leads_to_the_document(desk: Desk, staff: LogIn) -> None:
    browser = await staff(Role.AGENT)
    path = await in_review(desk, browser)
    page = await browser.get("/console/tasks")
    assert f'href="{path}"' in page.text
    assert "Review DO-" in text_of(page)
    assert "Maria Keller" in text_of(page)
    # It is done by the decision, so there is nothing to tick off.
    assert "/complete" not in page.text
    await browser.submit(await browser.get(path), f"{path}/reject")
    assert "Review DO-" not in text_of(await browser.get("/console/tasks"))
    done = text_of(await browser.get("/console/tasks?whose=all&state=done"))
    assert "Review DO-" in done
