"""Parties of a loan over HTTP: who is let on it, what each may see, who paid."""

import asyncio
from uuid import UUID, uuid4

from contracts.names import Role
from tests.api.recovery.floor import Floor, at
from tests.api.recovery.trial import follow, step
from tests.api.support import Actors, Api, Headers, Scene, key, make_scene, ok


async def _ask(
    scene: Scene, path: str, body: object, version: int, status: int = 200
) -> dict[str, object]:
    answer = await scene.api.client.post(
        f"/api/v1{path}", json=body, headers=scene.admin | {"If-Match": f'"{version}"'}
    )
    return ok(answer, status)


async def test_parties_come_and_go_with_liabilities_of_their_own(api: Api) -> None:
    scene = await make_scene(api)
    maria, jo, ann, sam = [await scene.customer(name=f"Person {n}") for n in range(4)]
    loan = await scene.loan(maria, parties=[{"customer_id": jo, "role": "co_borrower"}])
    path = f"/loans/{loan['id']}/parties"
    assert [
        (each["role"], each["liability"], each["from_on"], each["standing"])
        for each in (await scene.get(path))["items"]  # type: ignore[attr-defined]
    ] == [
        ("primary", "full", "2028-02-01", "liable"),
        ("co_borrower", "full", "2028-02-01", "liable"),
    ]
    guarantor = await scene.post(path, {"customer_id": ann, "role": "guarantor"})
    assert (guarantor["liability"], guarantor["standing"]) == ("guarantee", "not-called")
    body = {"customer_id": sam, "role": "authorised_third_party"}
    third = await scene.post(path, body)
    assert (third["liable"], third["standing"]) == (False, "not-liable")

    # The same key gets the same answer, and the same person stands once.
    again = key()
    for _ in range(2):
        answer = await api.client.post(f"/api/v1{path}", json=body, headers=scene.admin | again)
        assert answer.json()["code"] == "invalid-party"
    for wrong in (
        {"customer_id": str(uuid4()), "role": "guarantor"},
        {"customer_id": await scene.customer(test_clock_id=None), "role": "guarantor"},
        body | {"liability": "full"},
    ):
        answer = await api.client.post(f"/api/v1{path}", json=wrong, headers=scene.admin | key())
        assert answer.json()["code"] in {"not-found", "invalid-party"}

    # A guarantor is called with proof, once something is overdue; edits build on what was seen.
    here = f"{path}/{guarantor['id']}"
    notice = {"notice_on": "2028-02-01", "evidence_ref": "notice-17"}
    assert (await _ask(scene, f"{here}/call", notice, 1, 409))["code"] == "nothing-owed"
    assert (await _ask(scene, f"{here}/end", {"reason": "released"}, 7, 412))["code"]
    done = await _ask(scene, f"{here}/end", {"reason": "released"}, 1)
    assert (done["until_on"], done["standing"], done["version"]) == ("2028-02-01", "not-liable", 2)
    primary = (await scene.get(path))["items"][0]  # type: ignore[index]
    refused = await _ask(scene, f"{path}/{primary['id']}/end", {"reason": "released"}, 1, 422)
    assert refused["code"] == "invalid-party"

    # Who left may come back; the loan's story tells it to staff.
    await scene.post(path, {"customer_id": ann, "role": "guarantor"})
    story = (await scene.get(f"/loans/{loan['id']}"))["history"]
    assert [line["text"] for line in story if "arty" in line["text"]] == [  # type: ignore[attr-defined, index]
        "A party was added: guarantor, liability guarantee.",
        "A party was added: authorised third party, liability none.",
        "A party left the loan: guarantor (released).",
        "A party was added: guarantor, liability guarantee.",
    ]


async def test_a_party_sees_the_loan_and_himself_and_nothing_of_the_others(api: Api) -> None:
    scene = await make_scene(api)
    maria, jo = await scene.customer(), await scene.customer(name="Jo Keller")
    loan = await scene.loan(maria, parties=[{"customer_id": jo, "role": "co_borrower"}])
    his = await Actors(api).user(Role.CUSTOMER, UUID(jo))

    async def seen(path: str, who: Headers = his) -> tuple[int, dict[str, object]]:
        answer = await api.client.get(f"/api/v1{path}", headers=who)
        return answer.status_code, answer.json()

    _, shown = await seen(f"/loans/{loan['id']}")
    assert [each["customer_id"] for each in shown["parties"]] == [jo]  # type: ignore[attr-defined, index]
    assert not any("arty" in line["text"] for line in shown["history"])  # type: ignore[attr-defined, index]
    _, listed = await seen(f"/loans/{loan['id']}/parties")
    (own,) = listed["items"]  # type: ignore[misc]
    assert own["customer_id"] == jo
    everybody = (await scene.get(f"/loans/{loan['id']}/parties"))["items"]
    (other,) = [each["id"] for each in everybody if each["customer_id"] == maria]  # type: ignore[attr-defined, index]
    for hidden in (
        f"/loans/{loan['id']}/parties/{other}",
        f"/customers/{maria}",
        f"/customers/{maria}/messages",
    ):
        assert (await seen(hidden))[0] in {403, 404}

    # Nor may he speak for the one who applied.
    applied = await scene.post(
        "/loans/apply",
        {
            "customer_id": maria,
            "product": scene.product,
            "principal": "500.00",
            "currency": "USD",
            "instalments": 6,
        },
    )
    await scene.post(f"/loans/{applied['id']}/parties", {"customer_id": jo, "role": "co_borrower"})
    refused = await api.client.patch(
        f"/api/v1/loans/{applied['id']}/withdraw", json={}, headers=his | {"If-Match": '"1"'}
    )
    assert refused.status_code == 403
    assert refused.json()["code"] == "forbidden"

    # Once he has left, the loan is none of his business.
    own_path = f"/loans/{loan['id']}/parties/{own['id']}"
    assert (await seen(own_path))[0] == 200
    await _ask(scene, f"{own_path}/end", {"reason": "released"}, 1)
    assert (await seen(f"/loans/{loan['id']}"))[0] == 404
    _, left = await seen(f"/customers/{jo}/loans")
    assert [each["id"] for each in left["items"]] == [applied["id"]]  # type: ignore[attr-defined]


async def test_two_at_once_make_one_party(api: Api) -> None:
    scene = await make_scene(api)
    maria, jo = await scene.customer(), await scene.customer(name="Jo Keller")
    loan = await scene.loan(maria)
    answers = await asyncio.gather(
        *(
            api.client.post(
                f"/api/v1/loans/{loan['id']}/parties",
                json={"customer_id": jo, "role": "co_borrower"},
                headers=scene.admin | key(),
            )
            for _ in range(3)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 422, 422]


async def test_who_paid_is_recorded_of_the_parties_alone(api: Api) -> None:
    scene = await make_scene(api)
    maria, jo = await scene.customer(), await scene.customer(name="Jo Keller")
    stranger = await scene.customer(name="Sam Stranger")
    loan = await scene.loan(maria, parties=[{"customer_id": jo, "role": "co_borrower"}])
    paid = await scene.pay(loan["id"], "50.00")
    path = f"/api/v1/payments/{paid['id']}/payer"
    assert (await api.client.get(path, headers=scene.admin)).status_code == 404
    for payer, status in ((jo, 200), (maria, 200), (stranger, 422)):
        answer = await api.client.put(path, json={"customer_id": payer}, headers=scene.admin)
        assert answer.status_code == status
    assert ok(await api.client.get(path, headers=scene.admin))["customer_id"] == maria


async def test_a_step_goes_to_whom_it_names_each_by_his_own_channel(floor: Floor) -> None:
    await follow(
        floor,
        step("all", 1, "remind", 'channel = "sms"\ntemplate = "overdue_firm"\nto = "liable"'),
        step("sure", 2, "remind", 'channel = "sms"\ntemplate = "overdue_firm"\nto = "guarantors"'),
    )
    scene = floor.scene
    maria, jo, ann = [await scene.customer(name=f"Person {n}") for n in range(3)]
    loan = await scene.loan(
        maria,
        parties=[
            {"customer_id": jo, "role": "co_borrower"},
            {"customer_id": ann, "role": "guarantor"},
        ],
    )
    await floor.move(at(3, 2, 20))
    case_id = await floor.case_id(loan)
    assert (await floor.run(case_id))[1] == ["all"]
    asked = {str(row.customer_id) for row in await floor.messages(case_id)}
    assert asked == {maria, jo}
    path = f"/loans/{loan['id']}/parties"
    (guarantor,) = [
        each
        for each in (await scene.get(path))["items"]  # type: ignore[attr-defined]
        if each["customer_id"] == ann
    ]
    notice = {"notice_on": "2028-03-02", "evidence_ref": "notice-17"}
    done = await _ask(scene, f"{path}/{guarantor['id']}/call", notice, 1)
    assert (done["standing"], done["called_on"]) == ("liable", "2028-03-02")
    await floor.move(at(3, 3, 20))
    assert (await floor.run(case_id))[1] == ["sure"]
    (last,) = [row for row in await floor.messages(case_id) if str(row.customer_id) == ann]
    assert last.template == "overdue_firm"
    assert "Remind by SMS (day 2): messages to 1 of the loan's parties" in await floor.story(
        case_id
    )
