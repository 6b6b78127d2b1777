"""The evidence pack of a case: whole, only for those who may, checked without the API."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.audit.tables import AuditRow
from api.evidence import checking
from contracts.names import Role
from domain.evidence.verify import Fault, Finding, check
from tenor.evidence.signature import check_signature
from tests.api.messages.arrange import Desk
from tests.api.support import Actors, Headers, ok

pytestmark = pytest.mark.usefixtures("api")

Row = dict[str, Any]


async def _pack(
    desk: Desk, case_id: UUID, who: Headers | None = None, party_id: UUID | None = None
) -> bytes:
    headers = who or await Actors(desk.api).user(Role.MANAGER)
    answer = await desk.api.client.get(
        f"/api/v1/recovery-cases/{case_id}/evidence",
        params={} if party_id is None else {"party_id": str(party_id)},
        headers=headers,
    )
    assert answer.status_code == 200, answer.text
    return answer.content


def _findings(pack: bytes, signer: str | None = None) -> list[Finding]:
    report = check(pack)
    return [*report.findings, *check_signature(report, signer)]


def _rows(pack: bytes, section: str) -> list[Row]:
    lines = [json.loads(line) for line in pack.splitlines()]
    return [line["row"] for line in lines if line.get("section") == section]


async def worked_case(desk: Desk) -> tuple[UUID, UUID]:
    """A case with a message that went, one that was withheld, a promise and a hold."""
    customer_id, loan_id, case_id = await desk.overdue()
    about: dict[str, Any] = {"loan_id": loan_id, "case_id": case_id}
    await desk.queue(customer_id, **about)
    await desk.sent()
    await desk.promise(case_id)
    await desk.hold(customer_id, case_id)
    await desk.queue(customer_id, **about)
    await desk.queue(customer_id, template="help")  # of no case: only its digest is shown
    await desk.lease()
    return customer_id, case_id


async def test_a_pack_holds_and_tells_everything(desk: Desk) -> None:
    customer_id, case_id = await worked_case(desk)
    pack = await _pack(desk, case_id)
    assert _findings(pack) == []
    assert check(pack).remarks == ()
    (case,) = _rows(pack, "case")
    assert case["customer"]["name"] == "Maria Keller"
    assert case["creditor"]["name"] == "Harbor Credit"
    sent, withheld = _rows(pack, "messages")
    assert sent["body"].startswith("Hi Maria, Harbor Credit: $106.62 is still unpaid.")
    assert (sent["status"], sent["provider_id"]) == ("sent", "SM1")
    assert (withheld["status"], withheld["body"]) == ("withheld", None)
    allowed, denied = _rows(pack, "decisions")
    assert (allowed["outcome"], denied["outcome"]) == ("allow", "deny")
    assert allowed["inputs"]["local_time"] == "Wed 12:00 America/New_York"
    assert "tenor.hold.dispute: on-hold" in denied["reasons"]
    assert [row["decision_id"] is not None for row in _rows(pack, "chain")] == [True, True, False]
    assert {row["medium"] for row in _rows(pack, "consents")} == {"sms", "email"}
    assert [row["kind"] for row in _rows(pack, "holds")] == ["dispute"]
    assert [row["amount"] for row in _rows(pack, "promises")] == ["50.00"]
    texts = {row["label"]: row["text"] for row in _rows(pack, "rule_packs")}
    assert 'rule = "us.hours"' in texts["us@1"]
    assert {"message.dispatched", "message.sent", "message.withheld"} <= {
        row["action"] for row in _rows(pack, "audit")
    }
    manifest = json.loads(pack.splitlines()[0])
    assert manifest["chain"]["owner"] == str(customer_id)
    assert manifest["chain"]["length"] == 3


async def test_the_key_is_published_and_is_the_one_that_signed(desk: Desk) -> None:
    _, case_id = await worked_case(desk)
    pack = await _pack(desk, case_id)
    (key,) = ok(await desk.api.client.get("/api/v1/evidence-keys"))["keys"]  # type: ignore[misc]
    assert _findings(pack, key["kid"]) == []
    assert json.loads(pack.splitlines()[0])["signer"]["public_key"] == key["x"]


async def test_one_byte_changed_anywhere_is_found(desk: Desk) -> None:
    _, case_id = await worked_case(desk)
    pack = await _pack(desk, case_id)
    ends = [at for at, byte in enumerate(pack) if byte == 0x0A]
    # `tests/evidence` changes every byte of a smaller one.
    for at in {*range(0, len(pack), 149), *ends[:20], len(pack) - 1}:
        changed = pack[:at] + bytes([pack[at] ^ (1 << at % 7)]) + pack[at + 1 :]
        assert _findings(changed), f"byte {at} of {len(pack)}"


async def test_a_decision_changed_in_the_database_shows_in_the_pack(
    desk: Desk, superuser: AsyncEngine
) -> None:
    _, case_id = await worked_case(desk)
    async with superuser.begin() as connection:
        await connection.exec_driver_sql("set local session_replication_role = replica")
        await connection.execute(
            text("update contact_decisions set outcome = 'allow' where outcome = 'deny'")
        )
    assert {each.fault for each in _findings(await _pack(desk, case_id))} == {Fault.CHAIN_BROKEN}


async def test_who_got_a_pack_is_recorded(desk: Desk) -> None:
    _, case_id = await worked_case(desk)
    pack = await _pack(desk, case_id)
    async with desk.work() as work:
        row = await work.session.scalar(
            select(AuditRow).where(AuditRow.action == "case.evidence_handed_out")
        )
    assert row is not None
    assert row.subject_id == case_id
    assert row.actor.startswith("user:")
    assert row.facts["root"] == json.loads(pack.splitlines()[0])["root"]
    # The next one tells of it.
    assert "case.evidence_handed_out" in {
        row["action"] for row in _rows(await _pack(desk, case_id), "audit")
    }


async def test_a_case_without_messages_has_a_pack(desk: Desk) -> None:
    _, _, case_id = await desk.overdue()
    pack = await _pack(desk, case_id)
    assert _findings(pack) == []
    assert _rows(pack, "chain") == []


async def test_an_erased_customer_leaves_a_pack_without_texts(desk: Desk) -> None:
    customer_id, case_id = await worked_case(desk)
    async with desk.work() as work:
        await work.session.execute(
            text("update customers set wrapped_key = null where id = :id"), {"id": customer_id}
        )
    pack = await _pack(desk, case_id)
    assert _findings(pack) == []
    assert b"Maria" not in pack
    assert _rows(pack, "messages")[0]["body"] == "(erased)"


@pytest.mark.parametrize("role", [Role.AGENT, Role.ADVISOR, Role.CUSTOMER])
async def test_others_get_none(desk: Desk, role: Role) -> None:
    customer_id, case_id = await worked_case(desk)
    who = await Actors(desk.api).user(role, customer_id if role is Role.CUSTOMER else None)
    answer = await desk.api.client.get(f"/api/v1/recovery-cases/{case_id}/evidence", headers=who)
    assert answer.status_code == 403


async def test_a_missing_case_has_none(desk: Desk) -> None:
    who = await Actors(desk.api).user(Role.MANAGER)
    answer = await desk.api.client.get(f"/api/v1/recovery-cases/{uuid4()}/evidence", headers=who)
    assert answer.status_code == 404


async def test_another_party_gets_what_passed_with_him_alone(desk: Desk) -> None:
    customer_id, loan_id, case_id = await desk.overdue()
    await desk.queue(customer_id, loan_id=loan_id, case_id=case_id)
    await desk.sent()
    other, stranger = await desk.customer(name="Jo Other"), await desk.customer(name="Stranger")
    await desk.join(loan_id, other, "co_borrower", "full")
    await desk.queue(other, case_id=case_id, validity="case_open")
    await desk.dispatch(await desk.lease())
    pack = await _pack(desk, case_id, party_id=other)
    assert _findings(pack) == []
    manifest = json.loads(pack.splitlines()[0])
    assert manifest["chain"]["owner"] == manifest["subject"]["party_id"] == str(other)
    assert manifest["subject"]["kind"] == "recovery_case_party"
    (case,) = _rows(pack, "case")
    assert case["party"]["name"] == "Jo Other"
    assert [row["role"] for row in _rows(pack, "loans")] == ["co_borrower"]
    (message,) = _rows(pack, "messages")
    (decision,) = _rows(pack, "decisions")
    assert message["customer_id"] == decision["customer_id"] == str(other)
    assert message["body"]
    assert {row["subject_id"] for row in _rows(pack, "audit")} == {message["id"]}
    # Nothing of the customer's: neither name nor key nor number.
    for part in (b"Maria", str(customer_id).encode(), b"promises", b"timeline"):
        assert part not in pack
    # What was handed out is held against the chain that it shows.
    async with desk.work() as work:
        assert [each async for each in checking.damages(work)] == []
    who = await Actors(desk.api).user(Role.MANAGER)
    for nobody in (stranger, uuid4()):
        answer = await desk.api.client.get(
            f"/api/v1/recovery-cases/{case_id}/evidence?party_id={nobody}", headers=who
        )
        assert answer.status_code == 404
