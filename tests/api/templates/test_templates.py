"""Texts in versions: drafted, tried, approved by another, used from a day, taken back."""

from datetime import date
from typing import Any

from contracts.names import Role
from tests.api.payments.days import live_until
from tests.api.support import Actors, Api, Headers, key, make_scene, ok

GENTLE = {
    "key": "overdue_gentle",
    "medium": "sms",
    "language": "en",
    "body": "{{ first_name }}: {{ amount }} is open, {{ creditor_name }}. STOP to opt out.",
}


async def send(  # noqa: PLR0917 - a call, as it goes over the wire
    api: Api, who: Headers, path: str, body: object, seen: int | None = None, status: int = 200
) -> Any:
    headers = who | key() | ({} if seen is None else {"If-Match": f'"{seen}"'})
    answer = await api.client.post(f"/api/v1{path}", json=body, headers=headers)
    return ok(answer, status)


async def test_a_text_is_used_from_its_day_until_it_is_taken_back(api: Api) -> None:
    scene = await make_scene(api)
    author = await Actors(api).user(Role.MANAGER)
    drafted = await send(api, author, "/template-versions", GENTLE, status=201)
    assert (drafted["number"], drafted["status"], drafted["segments"]) == (2, "draft", 1)
    path = f"/template-versions/{drafted['id']}"
    refused = await send(api, author, f"{path}/approve", {"from_on": "2026-01-01"}, 1, 403)
    assert refused["code"] == "own-request"
    edited = ok(
        await api.client.patch(
            f"/api/v1{path}",
            json={"body": GENTLE["body"].replace("open", "unpaid")},
            headers=author | {"If-Match": '"1"'},
        )
    )
    stale = await send(api, scene.admin, f"{path}/approve", {"from_on": "2026-01-01"}, 1, 412)
    assert stale["code"] == "precondition-failed"
    approved = await send(
        api, scene.admin, f"{path}/approve", {"from_on": "2026-01-01"}, edited["version"]
    )
    again = await api.client.patch(
        f"/api/v1{path}",
        json={"body": "x"},
        headers=author | {"If-Match": f'"{approved["version"]}"'},
    )
    assert ok(again, 409)["code"] == "illegal-transition"

    async def used() -> tuple[object, object]:
        found: Any = await scene.get("/templates/overdue_gentle/sms/en")
        tried = await send(
            api,
            scene.admin,
            "/templates/preview",
            {k: GENTLE[k] for k in ("key", "medium", "language")},
        )
        return found["in_use"], "is unpaid, Harbor" in tried["body"]

    assert await used() == ("2", True)
    later = await send(api, author, "/template-versions", GENTLE, status=201)
    await send(
        api, scene.admin, f"/template-versions/{later['id']}/approve", {"from_on": "2099-01-01"}, 1
    )
    assert await used() == ("2", True)
    await send(api, scene.admin, f"{path}/retire", None, approved["version"])
    assert await used() == ("shipped-1", False)
    listed: Any = await scene.get("/template-versions?key=overdue_gentle&status=retired")
    assert [each["id"] for each in listed["items"]] == [drafted["id"]]


async def test_a_text_without_its_legal_words_or_with_odd_places_is_refused(api: Api) -> None:
    manager = await Actors(api).user(Role.MANAGER)
    for change, problem in (
        ({"body": "{{ amount }} is open."}, "locked-words: opt-out"),
        ({"body": "{{ iban }} STOP to opt out."}, "unknown-variable: iban"),
        ({"body": "{% if %} STOP to opt out."}, "not-well-formed"),
        ({"body": "{% for x in (1..100000) %}{{ x }}{% endfor %} STOP to opt out."}, "cannot-be"),
        ({"subject": "Hi"}, "subject-not-wanted"),
        ({"key": "no_such_text"}, "unknown-text"),
        ({"medium": "letter"}, "unknown-text"),
    ):
        refused = await send(api, manager, "/template-versions", GENTLE | change, status=422)
        assert refused["code"] == "template-invalid"
        assert problem in refused["facts"]["problems"]
    french = GENTLE | {"language": "fr", "body": "{{ amount }} dus. STOP to opt out."}
    await send(api, manager, "/template-versions", french, status=201)
    agent = await Actors(api).user(Role.AGENT)
    await send(api, agent, "/template-versions", french, status=403)


async def test_a_preview_speaks_of_a_real_case_and_keeps_nothing(api: Api) -> None:
    scene = await make_scene(api)
    await scene.loan(await scene.customer())
    await live_until(scene, date(2028, 3, 3))
    cases: Any = await scene.get("/recovery-cases")
    asked = GENTLE | {"case_id": cases["items"][0]["id"]}
    tried = await send(api, scene.admin, "/templates/preview", asked)
    assert tried["body"] == "Maria: $106.62 is open, Harbor Credit. STOP to opt out."
    assert (tried["segments"], tried["problems"]) == (1, [])
    messages: Any = await scene.get("/messages")
    assert messages["items"] == []


async def test_every_text_stands_in_the_catalogue_and_says_what_it_may_use(api: Api) -> None:
    scene = await make_scene(api)
    found: list[Any] = []
    cursor = ""
    while True:
        page: Any = await scene.get(f"/templates?limit=50{cursor}")
        found += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    names = [(each["key"], each["medium"], each["language"]) for each in found]
    assert len(names) == len(set(names)) > 100
    letter = next(each for each in found if each["key"] == "no_dues" and each["medium"] == "letter")
    assert {"name": "closed_on", "type": "date", "example": "Sep 30, 2028"} in letter["variables"]
    assert letter["locked"]
    missing: Any = await scene.get("/templates/help/sms/fr")
    assert (missing["fallback"], missing["in_use"]) == ("en", "shipped-1")
