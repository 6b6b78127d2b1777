"""A death: contact stops when it is told; proof brings an estate and a survivor; or a mistake."""

from uuid import UUID

from sqlalchemy import select

from api.messages.tables import MessageRow
from contracts.names import Role
from tests.api.recovery.floor import INSTALMENT, Floor, Json, at
from tests.api.support import Actors, Headers, key, ok

PROOF = {"died_on": "2028-03-05", "evidence_ref": "certificate-81"}


async def act(
    floor: Floor, who: Headers, path: str, body: object, *, seen: int = 1, status: int = 200
) -> Json:
    """Ask for something that builds on a version."""
    answer = await floor.api.client.post(
        f"/api/v1{path}", json=body, headers=who | key() | {"If-Match": f'"{seen}"'}
    )
    return ok(answer, status)


async def roles(floor: Floor, loan: Json) -> dict[tuple[str, str], str | None]:
    """Who stands on a loan as what, and until when."""
    found = await floor.scene.get(f"/loans/{loan['id']}/parties")
    return {(each["customer_id"], each["role"]): each["until_on"] for each in found["items"]}


async def test_from_the_notice_to_the_estate_and_the_survivor_and_back(floor: Floor) -> None:
    scene = floor.scene
    maria = await scene.customer()
    jo = await scene.customer(name="Jo Keller", phone="+12125550199", email="jo@c.example")
    executor = await scene.customer(
        name="Eve Executor", email="eve@e.example", phone="+12125550188"
    )
    joint = await scene.loan(maria, parties=[{"customer_id": jo, "role": "co_borrower"}])
    alone = await scene.loan(maria)
    await floor.move(at(3, 7, 17))
    case_id = await floor.case_id(joint)
    advisor = await Actors(floor.api).user(Role.ADVISOR)
    agent = await Actors(floor.api).user(Role.AGENT)

    # Told: everything stops for her, and nothing else changes.
    told = await scene.post(f"/customers/{maria}/bereavements", {"source": "call"})
    assert (told["status"], told["loans"]) == ("notified", [])
    again = await scene.post(f"/customers/{maria}/bereavements", {"source": "letter"}, 409)
    assert again["code"] == "conflict"
    assert await floor.live(case_id, at(3, 7, 18), at(3, 15)) == []
    assert (await floor.case(case_id))["suspended_by"] == "deceased"
    path = f"/bereavements/{told['id']}"

    # Proof needs an advisor, a day that was, and a person for the estate.
    estate = PROOF | {"representative_id": executor}
    for who, body, seen, status in (
        (agent, estate, 1, 403),
        (advisor, estate, 7, 412),
        (advisor, estate | {"died_on": "2028-04-01"}, 1, 422),
        (advisor, estate | {"representative_id": maria}, 1, 422),
        (advisor, estate | {"representative_id": jo}, 1, 422),
    ):
        await act(floor, who, f"{path}/verify", body, seen=seen, status=status)
    proven = await act(floor, advisor, f"{path}/verify", estate)
    assert proven["status"] == "verified"
    # By 5 March: 1200.00, 12.00 for February, and four of the 31 days that are to bear 11.05.
    stated = {one["loan_id"]: one for one in proven["loans"]}
    assert [stated[loan["id"]]["successor_id"] for loan in (joint, alone)] == [jo, None]
    then = await scene.get(f"/loans/{alone['id']}/outstanding?as_of=2028-03-05")
    assert stated[alone["id"]]["balance_at_death"]["total"] == then["owed"] == "1213.43"

    # The survivor's loan is his, in a case of his own; hers stays, with the estate.
    today = "2028-03-15"
    assert await roles(floor, joint) == {
        (maria, "primary"): today,
        (jo, "co_borrower"): today,
        (jo, "primary"): None,
        (executor, "estate"): None,
    }
    assert await roles(floor, alone) == {(maria, "primary"): None, (executor, "estate"): None}
    assert (await scene.get(f"/loans/{joint['id']}"))["customer_id"] == jo
    assert str(joint["id"]) not in (await floor.case(case_id))["loan_ids"]  # type: ignore[operator]
    await floor.move(at(3, 17, 17))
    his = await floor.case_id(joint)
    assert his != case_id
    assert (await floor.case(his))["customer_id"] == jo
    assert (await floor.plan(his))["next_step"] is not None

    # One text went out, to the executor; the estate is asked for nothing by machines.
    async with floor.work() as work:
        sent = (await work.session.scalars(select(MessageRow))).all()
    assert [
        (row.template, row.channel, row.loan_id)
        for row in sent
        if row.customer_id == UUID(executor)
    ] == [("condolence", "email", None)]
    permit = ok(
        await floor.api.client.get(
            f"/api/v1/recovery-cases/{case_id}/call-permit?customer_id={executor}", headers=agent
        )
    )
    assert (permit["outcome"], permit["reasons"]) == ("deny", ["settled-with-estate"])

    # It was a mistake: everything is as it was, and the story tells it.
    back = await act(floor, advisor, f"{path}/reverse", {"reason": "a namesake"}, seen=2)
    assert back["status"] == "reversed"
    again = await act(floor, advisor, f"{path}/reverse", {"reason": "again"}, seen=3, status=409)
    assert again["code"] == "illegal-transition"
    now = {who for who, until in (await roles(floor, joint)).items() if until is None}
    assert now == {(maria, "primary"), (jo, "co_borrower")}
    assert (await floor.case(his))["status"] == "closed"
    assert (await floor.case(his))["closed_reason"] == "passed_on"
    await floor.move(at(3, 19, 17))
    assert await floor.case_id(joint) == case_id
    assert (await floor.plan(case_id))["next_step"] is not None
    assert "LN-" in str(await floor.story(case_id))
    told_again = await scene.post(f"/customers/{maria}/bereavements", {"source": "letter"})
    assert told_again["status"] == "notified"


async def test_a_notice_without_a_case_binds_the_case_that_opens_later(floor: Floor) -> None:
    maria = await floor.scene.customer()
    loan = await floor.scene.loan(maria)
    await floor.scene.post(f"/customers/{maria}/bereavements", {"source": "registry"})
    await floor.move(at(3, 3, 17))
    case_id = await floor.case_id(loan)
    assert await floor.live(case_id, at(3, 3, 18), at(3, 12)) == []
    assert (await floor.case(case_id))["suspended_by"] == "deceased"
    await floor.pay(loan, INSTALMENT)
    assert (await floor.plan(case_id))["open"] is False
