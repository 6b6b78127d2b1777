"""Documents over HTTP: handed in, read by a worker, judged, reviewed, refused."""

import asyncio
import zlib
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from api.audit.tables import AuditRow
from api.documents.reading import content_key
from api.documents.tables import DocumentRow, ExtractionRow
from api.settings import Settings
from api.wakes.tables import WakeRow
from contracts.names import Role
from tests.api.conftest import WorkFactory
from tests.api.support import Actors, Api, Headers, Scene, key, make_scene, ok

FILE = b"%PDF-1.7 whatever stands in it"
NAME = "Kontoauszug März.pdf"
PNG = b"\x89PNG\r\n\x1a\n" + zlib.compress(b"page")


def line(number: int, amount: str, balance: str, **changes: object) -> dict[str, object]:
    return {
        "number": number,
        "on": "2028-02-01",
        "description": "Salary of Maria",
        "amount": amount,
        "balance": balance,
        "place": {"page": 1, "box": {"left": 0.1, "top": 0.2, "right": 0.9, "bottom": 0.25}},
        "raw": "01 Feb | Salary",
        "confidence": 0.99,
    } | changes


def statement(*lines: dict[str, object], closing: str = "150.00") -> dict[str, object]:
    def figure(amount: str) -> dict[str, object]:
        return {"amount": amount, "raw": amount, "place": {"page": 1}, "confidence": 0.95}

    rows = lines or (line(1, "100.00", "200.00"), line(2, "-50.00", "150.00"))
    return {
        "format": "pdf",
        "page_count": 1,
        "statement": {
            "currency": "USD",
            "opening": figure("100.00"),
            "closing": figure(closing),
            "lines": list(rows),
        },
    }


class Desk:
    """A customer's documents as somebody handles them, and the worker behind."""

    def __init__(self, scene: Scene, worker: Headers, customer_id: str) -> None:
        self.scene, self.worker, self.customer_id = scene, worker, customer_id
        self.client = scene.api.client

    async def upload(
        self, content: bytes = FILE, status: int = 201, *, by: Headers | None = None, **form: str
    ) -> dict[str, object]:
        answer = await self.client.post(
            "/api/v1/documents",
            files={"file": (NAME, content, "application/pdf")},
            data={"customer_id": self.customer_id} | form,
            headers=self.scene.admin if by is None else by,
        )
        return ok(answer, status)

    async def work(self, document: object, path: str, body: object = None) -> dict[str, object]:
        """A call of the worker."""
        return ok(
            await self.client.post(
                f"/api/v1/documents/{document}/{path}", json=body, headers=self.worker
            )
        )

    async def read(self, document: object, result: dict[str, object]) -> dict[str, object]:
        """The whole way of a worker through a document."""
        assert (await self.work(document, "plan"))["step"] == "scan"
        assert (await self.work(document, "scan", {"format": "pdf"}))["step"] == "read"
        plan = await self.work(document, "reading", result)
        if plan["step"] == "render":
            stored = await self.client.put(
                f"/api/v1/documents/{document}/pages/1", content=PNG, headers=self.worker
            )
            assert stored.status_code == 204
            plan = await self.work(document, "rendered", {"pages": 1})
        assert plan["step"] == "settle"
        return await self.work(document, "settle")

    async def in_review(self) -> str:
        """A document that waits for a person."""
        made = await self.upload()
        blurred = line(1, "100.00", "200.00", confidence=0.5)
        plan = await self.read(made["id"], statement(blurred, line(2, "-50.00", "150.00")))
        assert plan["state"] == "in_review"
        return str(made["id"])

    async def decide(
        self, document: str, path: str, body: object, status: int = 200, version: int = 2
    ) -> dict[str, object]:
        return ok(
            await self.client.post(
                f"/api/v1/documents/{document}/{path}",
                json=body,
                headers=self.scene.admin | key() | {"If-Match": f'"{version}"'},
            ),
            status,
        )


@pytest.fixture
async def desk(api: Api, actors: Actors) -> Desk:
    scene = await make_scene(api)
    return Desk(scene, await actors.service("documents"), await scene.customer())


async def test_a_file_comes_back_as_it_was_sent(desk: Desk) -> None:
    made = await desk.upload()
    assert made["status"] == "received"
    assert made["duplicate"] is False
    assert made["name"] == NAME
    assert made["size_bytes"] == len(FILE)
    got = await desk.client.get(f"/api/v1/documents/{made['id']}/content", headers=desk.scene.admin)
    assert got.content == FILE
    assert got.headers["content-disposition"] == (
        "attachment; filename*=UTF-8''Kontoauszug%20M%C3%A4rz.pdf"
    )
    listed = await desk.scene.get(f"/customers/{desk.customer_id}/documents")
    assert [item["id"] for item in listed["items"]] == [made["id"]]  # type: ignore[attr-defined]


async def test_the_bare_body_will_do(desk: Desk) -> None:
    answer = await desk.client.post(
        f"/api/v1/documents?customer_id={desk.customer_id}",
        content=FILE,
        headers=desk.scene.admin
        | {
            "Content-Type": "application/pdf",
            "Content-Disposition": "attachment; filename*=UTF-8''..%2F..%2FM%C3%A4rz.pdf",
        },
    )
    assert ok(answer, 201)["name"] == "März.pdf"


async def test_names_and_contents_are_encrypted_at_rest(
    desk: Desk, settings: Settings, work: WorkFactory
) -> None:
    made = await desk.upload()
    await desk.read(made["id"], statement())
    stored = [path for path in Path(settings.documents_dir).rglob("*") if path.is_file()]
    assert any(str(made["id"]) in str(path) for path in stored)
    assert not any(NAME in str(path) or b"%PDF-" in path.read_bytes() for path in stored)
    async with work() as unit:
        row = await unit.session.get_one(DocumentRow, UUID(str(made["id"])))
        body = await unit.session.get_one(ExtractionRow, (row.id, 0))
        assert row.name_ct is not None
        assert b"Konto" not in row.name_ct
        assert b"Salary" not in body.body_ct


async def test_the_same_content_is_the_same_document(desk: Desk) -> None:
    first = await desk.upload()
    again = await desk.upload(status=200)
    assert (again["id"], again["duplicate"]) == (first["id"], True)
    other = Desk(desk.scene, desk.worker, await desk.scene.customer(name="Somebody Else"))
    assert (await other.upload())["id"] != first["id"]


async def test_the_same_content_many_times_at_once_is_one_document(desk: Desk) -> None:
    answers = await asyncio.gather(
        *(
            desk.client.post(
                "/api/v1/documents",
                files={"file": ("x", FILE)},
                data={"customer_id": desk.customer_id},
                headers=desk.scene.admin,
            )
            for _ in range(6)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_what_was_rejected_may_be_sent_again(desk: Desk) -> None:
    made = await desk.upload()
    await desk.work(made["id"], "scan", {"rejection": "malformed"})
    settled = await desk.work(made["id"], "settle")
    assert (settled["state"], settled["open"]) == ("rejected", False)
    shown = await desk.scene.get(f"/documents/{made['id']}")
    assert shown["rejection"]["code"] == "malformed"  # type: ignore[index]
    assert "damaged" in shown["rejection"]["message"]  # type: ignore[index]
    again = await desk.upload()
    assert again["id"] != made["id"]


async def test_a_key_makes_a_repeat_safe(desk: Desk) -> None:
    once = key()
    first = await desk.upload(by=desk.scene.admin | once)
    again = await desk.client.post(
        "/api/v1/documents",
        files={"file": (NAME, FILE)},
        data={"customer_id": desk.customer_id},
        headers=desk.scene.admin | once,
    )
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json()["id"] == first["id"]
    other = await desk.client.post(
        "/api/v1/documents",
        files={"file": (NAME, b"another file")},
        data={"customer_id": desk.customer_id},
        headers=desk.scene.admin | once,
    )
    assert other.json()["code"] == "idempotency-key-reused"


@pytest.mark.parametrize(
    ("files", "data", "status", "code"),
    [
        ({"file": ("x", b"")}, {}, 422, "invalid-request"),
        ({}, {"kind": "bank_statement"}, 422, "invalid-request"),
        ({"file": ("x", FILE)}, {"kind": "diary"}, 422, "invalid-request"),
        ({"file": ("x", FILE)}, {"colour": "red"}, 422, "invalid-request"),
        ({"file": ("x", FILE)}, {"customer_id": str(uuid4())}, 404, "not-found"),
        ({"file": ("x", FILE)}, {"loan_id": str(uuid4())}, 404, "not-found"),
        ({"file": ("x", bytes(2_000_000))}, {}, 413, "body-too-large"),
    ],
)
async def test_a_bad_upload_is_refused(
    desk: Desk, files: dict[str, object], data: dict[str, str], status: int, code: str
) -> None:
    answer = await desk.client.post(
        "/api/v1/documents",
        files=files or None,
        data={"customer_id": desk.customer_id} | data,
        headers=desk.scene.admin,
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_only_documents_may_be_large(desk: Desk, settings: Settings) -> None:
    """The limit of this route is its own; another one keeps the ordinary."""
    content = bytes(settings.max_body_bytes + 1000)
    assert len(content) < settings.max_document_bytes
    await desk.upload(b"%PDF-" + content)
    answer = await desk.client.post("/api/v1/customers", content=content, headers=desk.scene.admin)
    assert answer.status_code == 413


async def test_a_loan_must_be_the_customers(desk: Desk) -> None:
    loan = await desk.scene.loan(desk.customer_id)
    made = await desk.upload(loan_id=str(loan["id"]))
    assert made["loan_id"] == loan["id"]
    other = Desk(desk.scene, desk.worker, await desk.scene.customer(name="Somebody Else"))
    refused = await other.upload(status=422, loan_id=str(loan["id"]))
    assert refused["code"] == "invalid-request"
    listed = await desk.scene.get(f"/documents?loan_id={loan['id']}&status=received")
    assert len(listed["items"]) == 1  # type: ignore[arg-type]


async def test_what_adds_up_is_accepted_and_its_workflow_has_nothing_left(
    desk: Desk, work: WorkFactory
) -> None:
    made = await desk.upload()
    async with work() as unit:
        wake = await unit.session.get_one(WakeRow, str(made["workflow_id"]))
        assert (wake.wanted, wake.done, wake.kind) == (1, 0, "document")
        assert str(wake.clock_id) == desk.scene.clock_id
    clock = await desk.scene.get(f"/test-clocks/{desk.scene.clock_id}")
    assert clock["settled"] is False
    plan = await desk.read(made["id"], statement())
    assert (plan["state"], plan["open"], plan["step"]) == ("accepted", False, None)
    clock = await desk.scene.get(f"/test-clocks/{desk.scene.clock_id}")
    assert clock["settled"] is True
    shown = await desk.scene.get(f"/documents/{made['id']}")
    assert (shown["status"], shown["line_count"], shown["preview_pages"]) == ("accepted", 2, 1)
    page = await desk.client.get(
        f"/api/v1/documents/{made['id']}/pages/1", headers=desk.scene.admin
    )
    assert (page.content, page.headers["content-type"]) == (PNG, "image/png")
    gone = await desk.client.get(
        f"/api/v1/documents/{made['id']}/pages/2", headers=desk.scene.admin
    )
    assert gone.status_code == 404


async def test_what_was_read_is_shown_with_its_places(desk: Desk) -> None:
    made = await desk.upload()
    early = await desk.client.get(
        f"/api/v1/documents/{made['id']}/extraction", headers=desk.scene.admin
    )
    assert early.status_code == 404
    await desk.read(made["id"], statement())
    found = await desk.scene.get(f"/documents/{made['id']}/extraction")
    assert found["cross_check"] == {
        "outcome": "passed",
        "opening": "100.00",
        "lines_total": "50.00",
        "closing": "150.00",
        "difference": "0.00",
        "running_breaks": [],
    }
    assert found["lines"][0]["place"]["box"]["left"] == 0.1  # type: ignore[index]
    assert (found["confidence"], found["threshold"], found["reasons"]) == (0.95, 0.85, [])


async def test_the_judgement_is_the_houses_and_not_the_readers(desk: Desk) -> None:
    made = await desk.upload()
    told = statement(closing="151.00") | {"confidence": 1.0, "reasons": []}
    plan = await desk.read(made["id"], told)
    assert (plan["state"], plan["reasons"]) == ("in_review", ["cross-check-failed"])


async def test_a_repeated_report_changes_nothing(desk: Desk) -> None:
    made = await desk.upload()
    await desk.read(made["id"], statement())
    for path, body in (
        ("scan", {"rejection": "macros"}),
        ("reading", {"rejection": "malformed"}),
        ("rendered", {"pages": 0}),
        ("settle", None),
    ):
        assert (await desk.work(made["id"], path, body))["state"] == "accepted"
    page = f"/api/v1/documents/{made['id']}/pages/1"
    await desk.client.put(page, content=PNG + b"other", headers=desk.worker)
    assert (await desk.client.get(page, headers=desk.scene.admin)).content == PNG


async def test_a_worker_says_only_what_can_be(desk: Desk) -> None:
    made = await desk.upload()
    path = f"/api/v1/documents/{made['id']}"
    for bad, body in (("scan", {}), ("scan", {"rejection": "bad mood"})):
        answer = await desk.client.post(f"{path}/{bad}", json=body, headers=desk.worker)
        assert answer.status_code == 422
    page = await desk.client.put(f"{path}/pages/1", content=PNG, headers=desk.worker)
    assert page.status_code == 422
    source = await desk.client.get(f"{path}/source", headers=desk.worker)
    assert source.content == FILE
    assert "content-disposition" not in source.headers


async def test_a_person_confirms_what_was_read(desk: Desk, work: WorkFactory) -> None:
    document = await desk.in_review()
    done = await desk.decide(document, "review", {"note": "compared with the paper"})
    assert (done["status"], done["note"], done["version"]) == (
        *("accepted", "compared with the paper"),
        3,
    )
    found = await desk.scene.get(f"/documents/{document}/extraction")
    assert (found["revision"], found["confidence"]) == (1, 1.0)
    assert found["lines"][0]["place"]["page"] == 1  # type: ignore[index]
    async with work() as unit:
        audit = await unit.session.scalar(
            select(AuditRow).where(AuditRow.action == "document.reviewed")
        )
        wake = await unit.session.get_one(WakeRow, f"document:{document}")
    assert audit is not None
    assert audit.facts == {"revision": 1, "corrected": 0, "added": 0, "removed": 0}
    assert wake.wanted == wake.done + 1
    assert (await desk.work(document, "plan"))["open"] is False


async def test_a_person_corrects_what_was_read(desk: Desk) -> None:
    document = await desk.in_review()
    refused = await desk.decide(
        document, "review", {"corrections": [{"number": 2, "amount": "-40.00"}]}, 422
    )
    assert refused["code"] == "statement-not-balanced"
    assert refused["facts"]["difference"] == "-10.00"  # type: ignore[index]
    await desk.decide(
        document,
        "review",
        {
            "corrections": [
                {"number": 2, "amount": "-40.00", "balance": "160.00", "description": "Rent"}
            ],
            "added": [{"after": 2, "on": "2028-02-02", "amount": "-10.00", "balance": "150.00"}],
        },
    )
    found = await desk.scene.get(f"/documents/{document}/extraction")
    lines: list[dict[str, object]] = found["lines"]  # type: ignore[assignment]
    assert [(each["amount"], each["origin"]) for each in lines] == [
        *(("100.00", "read"), ("-40.00", "corrected"), ("-10.00", "added"))
    ]
    assert lines[1]["raw"] == "01 Feb | Salary"
    assert found["cross_check"]["outcome"] == "passed"  # type: ignore[index]


async def test_a_review_builds_on_what_was_seen(desk: Desk) -> None:
    document = await desk.in_review()
    unseen = await desk.client.post(
        f"/api/v1/documents/{document}/review", json={}, headers=desk.scene.admin
    )
    assert unseen.status_code == 428
    assert (await desk.decide(document, "review", {}, 412, version=1))["code"] == (
        "precondition-failed"
    )
    await desk.decide(document, "review", {})
    late = await desk.decide(document, "review", {}, 409, version=3)
    assert late["code"] == "document-not-in-review"
    late = await desk.decide(document, "reject", {}, 409, version=3)
    assert late["code"] == "document-not-in-review"


async def test_a_person_refuses_a_document(desk: Desk) -> None:
    document = await desk.in_review()
    done = await desk.decide(document, "reject", {"note": "another person's account"})
    assert done["status"] == "rejected"
    assert done["rejection"]["code"] == "by-reviewer"  # type: ignore[index]


async def test_a_document_without_lines_cannot_be_confirmed(desk: Desk) -> None:
    made = await desk.upload()
    nothing = {
        "format": "pdf",
        "page_count": 1,
        "statement": {"reasons": ["no-text"]},
    }
    plan = await desk.read(made["id"], nothing)
    assert plan["reasons"] == ["no-text"]
    assert (await desk.decide(str(made["id"]), "review", {}, 422))["code"] == "invalid-request"
    added = [{"after": 0, "on": "2028-02-02", "amount": "5.00"}]
    done = await desk.decide(str(made["id"]), "review", {"added": added})
    assert done["status"] == "accepted"


async def test_customers_have_their_own_documents_alone(desk: Desk, actors: Actors) -> None:
    maria = await actors.user(Role.CUSTOMER, UUID(desk.customer_id))
    eve_id = await desk.scene.customer(name="Eve Foreign")
    eve = await actors.user(Role.CUSTOMER, UUID(eve_id))
    uploaded = await desk.client.post(
        "/api/v1/documents", files={"file": (NAME, FILE)}, headers=maria
    )
    mine = ok(uploaded, 201)
    assert mine["customer_id"] == desk.customer_id
    await desk.read(mine["id"], statement())
    refused = await desk.client.post(
        "/api/v1/documents",
        files={"file": ("x", b"for somebody else")},
        data={"customer_id": desk.customer_id},
        headers=eve,
    )
    assert refused.status_code == 404
    for path in ("", "/content", "/pages/1", "/extraction"):
        own = await desk.client.get(f"/api/v1/documents/{mine['id']}{path}", headers=maria)
        assert own.status_code == 200, path
        foreign = await desk.client.get(f"/api/v1/documents/{mine['id']}{path}", headers=eve)
        missing = await desk.client.get(f"/api/v1/documents/{uuid4()}{path}", headers=eve)
        assert foreign.status_code == 404
        assert foreign.content == missing.content
    assert ok(await desk.client.get("/api/v1/documents", headers=eve))["items"] == []
    assert len(ok(await desk.client.get("/api/v1/documents", headers=maria))["items"]) == 1  # type: ignore[arg-type]
    review = await desk.client.post(
        f"/api/v1/documents/{mine['id']}/review", json={}, headers=maria | {"If-Match": '"2"'}
    )
    assert review.status_code == 403


async def test_a_note_is_for_staff(desk: Desk, actors: Actors) -> None:
    document = await desk.in_review()
    await desk.decide(document, "reject", {"note": "looks forged"})
    maria = await actors.user(Role.CUSTOMER, UUID(desk.customer_id))
    shown = ok(await desk.client.get(f"/api/v1/documents/{document}", headers=maria))
    assert shown["note"] is None


async def test_a_file_that_was_changed_or_is_gone_is_said(desk: Desk, settings: Settings) -> None:
    made = await desk.upload()
    stored = Path(settings.documents_dir) / content_key(UUID(str(made["id"])))
    content = stored.read_bytes()
    path = f"/api/v1/documents/{made['id']}/content"
    stored.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    damaged = await desk.client.get(path, headers=desk.scene.admin)
    assert (damaged.status_code, damaged.json()["code"]) == (500, "document-content-lost")
    stored.unlink()
    gone = await desk.client.get(path, headers=desk.scene.admin)
    assert gone.json()["code"] == "document-content-lost"


async def test_documents_are_paged(desk: Desk) -> None:
    for number in range(3):
        await desk.upload(b"file %d" % number)
    first = await desk.scene.get("/documents?limit=2")
    second = await desk.scene.get(f"/documents?limit=2&cursor={first['next_cursor']}")
    assert [len(first["items"]), len(second["items"])] == [2, 1]  # type: ignore[arg-type]
    assert second["next_cursor"] is None


async def tasks_of(desk: Desk, document: str) -> list[dict[str, object]]:
    listed = await desk.scene.get(f"/tasks?kind=document_review&customer_id={desk.customer_id}")
    found: list[dict[str, object]] = listed["items"]  # type: ignore[assignment]
    return [task for task in found if task["payload"] == {"document_id": document}]


async def test_a_document_that_waits_is_an_agents_task_once(desk: Desk) -> None:
    document = await desk.in_review()
    await desk.work(document, "settle")
    (task,) = await tasks_of(desk, document)
    assert (task["status"], task["role"], task["follow_up"]) == ("open", "agent", None)
    shown = await desk.scene.get(f"/documents/{document}")
    assert task["title"] == f"Review {shown['number']}"
    assert task["due_at"] == "2028-02-03T12:00:00Z"


@pytest.mark.parametrize(("path", "outcome"), [("review", "accepted"), ("reject", "rejected")])
async def test_the_decision_ends_the_task(desk: Desk, path: str, outcome: str) -> None:
    document = await desk.in_review()
    await desk.decide(document, path, {})
    (task,) = await tasks_of(desk, document)
    assert (task["status"], task["outcome"]) == ("done", outcome)


async def test_the_task_is_not_done_without_the_decision(desk: Desk) -> None:
    document = await desk.in_review()
    (task,) = await tasks_of(desk, document)
    refused = await desk.scene.post(f"/tasks/{task['id']}/complete", {}, 409)
    assert refused["code"] == "illegal-transition"
    assert refused["facts"]["document_id"] == document  # type: ignore[index]
    cancelled = await desk.scene.post(f"/tasks/{task['id']}/cancel", {}, 409)
    assert cancelled["code"] == "illegal-transition"
    (task,) = await tasks_of(desk, document)
    assert task["status"] == "open"


async def test_what_is_accepted_or_refused_at_once_asks_nobody(desk: Desk) -> None:
    made = await desk.upload()
    await desk.read(made["id"], statement())
    assert await tasks_of(desk, str(made["id"])) == []


async def test_nobody_schedules_a_review_by_hand(desk: Desk) -> None:
    body = {"kind": "document_review", "role": "agent", "due_at": "2028-03-01T12:00:00Z"}
    assert (await desk.scene.post("/tasks", body, 422))["code"] == "invalid-request"
