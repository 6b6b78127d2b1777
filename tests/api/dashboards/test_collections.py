"""The manager's dashboard: a small book, its figures by hand, and the rows behind each of them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from api.dashboards.figures import FIGURES
from contracts.names import Role
from tests.api.messages.arrange import Desk
from tests.api.recovery.floor import INSTALMENT, Floor, Json, at
from tests.api.support import Actors, Api, Headers, key, ok


@dataclass(frozen=True, slots=True)
class Manager:
    """Somebody who looks at the books of a clock."""

    api: Api
    headers: Headers
    clock_id: str

    @classmethod
    def of(cls, floor: Floor) -> "Manager":
        return cls(floor.api, floor.manager, str(floor.scene.clock_id))


async def board(who: Manager, **narrowed: str) -> dict[str, Json]:
    """The figures of the one currency there is, by name."""
    asked = {"test_clock_id": who.clock_id} | narrowed
    answer = await who.api.client.get(
        "/api/v1/dashboards/collections", params=asked, headers=who.headers
    )
    (found,) = cast(list[Json], ok(answer)["boards"])
    assert found["currency"] == "USD"
    return {figure["name"]: figure for figure in found["figures"]}


async def behind(who: Manager, figure: str, **narrowed: str) -> list[Json]:
    """The rows behind a figure, all pages of them."""
    asked = {
        "test_clock_id": who.clock_id,
        "currency": "USD",
        "limit": "2",
    } | narrowed
    found: list[Json] = []
    while True:
        answer = ok(
            await who.api.client.get(
                f"/api/v1/dashboards/collections/{figure}", params=asked, headers=who.headers
            )
        )
        found.extend(answer["items"])  # type: ignore[arg-type]
        if answer["next_cursor"] is None:
            return found
        asked["cursor"] = str(answer["next_cursor"])


async def drills(who: Manager) -> None:
    """Every figure, each part and each whole lists just the rows it counts."""
    for name, figure in (await board(who)).items():
        rows = await behind(who, name)
        assert len({row["id"] for row in rows}) == len(rows) == figure["rows"], name
        if figure["amount"] is not None:
            assert sum(Decimal(row["amount"]) for row in rows) == Decimal(figure["amount"]), name
        for part in figure["parts"]:
            listed = await behind(who, name, part=part["part"])
            assert len(listed) == part["rows"], (name, part)
        if figure["of"] is not None:
            assert len(await behind(who, figure["of"])) == figure["of_rows"], name


def part(figure: Json, name: str) -> tuple[int, str | None]:
    (found,) = [each for each in figure["parts"] if each["part"] == name]
    return found["rows"], found["amount"]


async def test_a_small_book_by_hand(floor: Floor) -> None:
    """Five loans of 1,200: one paid, one silent, one promised, one disputed, one overpaid."""
    who = Manager.of(floor)
    paid, silent, promised, disputed = [await floor.late_loan() for _ in range(4)]
    early = await floor.late_loan()
    await floor.move(at(3, 2, 16))
    cases = {loan["id"]: await floor.case_id(loan) for loan in (paid, early)}
    await floor.pay(early, "1300.00")
    promise = await floor.promise(await floor.case_id(promised), "60.00", "2028-03-26")
    assert promise["status"] == "open"
    hold = {"kind": "dispute", "review_on": "2028-03-20"}
    await floor.act(floor.agent, await floor.case_id(disputed), "holds", hold, 201)
    for loan in (promised, disputed, silent):
        await floor.plan(await floor.case_id(loan))
    await floor.move(at(3, 26, 16))
    await floor.pay(paid, INSTALMENT)
    for case_id in cases.values():
        await floor.plan(case_id)

    found = await board(who)
    assert (found["par_30"]["rows"], found["par_30"]["amount"]) == (0, "0.00")
    # Three late by 25 days reach 30 within the week; the paid one is current again.
    rolling = found["rolling_7"]
    assert (rolling["rows"], rolling["amount"], rolling["oldest_on"]) == (
        3,
        "3600.00",
        "2028-03-01",
    )
    assert part(rolling, "workable") == (1, "1200.00")
    assert part(rolling, "promised") == (1, "1200.00")
    assert part(rolling, "no_contact") == (1, "1200.00")
    assert rolling["before"] is None
    assert found["collected_today"]["amount"] == INSTALMENT
    assert found["collected_today"]["percent"] is None  # nothing fell due today
    month = found["collected_month"]
    assert (month["rows"], month["amount"]) == (2, "1406.62")
    # Due on 1 March: one instalment of each loan that had not paid it before.
    assert month["of_amount"] == str(5 * Decimal(INSTALMENT))
    assert month["before"]["amount"] == "1300.00"
    assert month["before"]["amount_since"] == INSTALMENT
    assert (found["promises_due"]["rows"], found["promises_due"]["amount"]) == (1, "60.00")
    assert found["disputes_late"]["rows"] == 1
    assert found["disputes_late"]["before"]["rows"] == 0
    unapplied = found["unapplied"]
    assert (unapplied["amount"], unapplied["oldest_on"]) == ("20.58", "2028-03-02")
    assert found["contact_breaches"]["rows"] == 0
    assert part(found["cases_by_agent"], "nobody") == (3, None)
    await drills(who)

    # What was collected counts off on the day on which it is taken back.
    (payment,) = await behind(who, "collected_today")
    await floor.scene.post(
        f"/loans/{paid['id']}/payments/{payment['id']}/reverse", {"reason": "bounced"}
    )
    assert (await board(who))["collected_today"]["amount"] == "0.00"
    assert len(await behind(who, "collected_today")) == 2

    await floor.move(at(4, 2, 16))
    for loan in (promised, silent):
        await floor.plan(await floor.case_id(loan))
    await floor.pay(silent, "20.00")
    found = await board(who)
    at_risk = found["par_30"]
    assert (at_risk["rows"], at_risk["oldest_on"]) == (4, "2028-03-01")
    whole = Decimal(at_risk["of_amount"])
    assert Decimal(at_risk["percent"]) == (100 * Decimal(at_risk["amount"]) / whole).quantize(
        Decimal("0.01")
    )
    # A week before nobody was 30 days late; the principal was that of before today's payment.
    assert (at_risk["before"]["rows"], at_risk["before"]["percent"]) == (0, "0.00")
    kept = found["promises_kept"]
    assert (kept["amount"], kept["of_amount"], kept["percent"]) == ("0.00", "60.00", "0.00")
    await drills(who)


async def test_who_may_look_and_what_must_be_said(floor: Floor) -> None:
    who = Manager.of(floor)
    loan = await floor.late_loan()
    clock = {"test_clock_id": str(floor.scene.clock_id)}
    client = floor.api.client
    # Live time has no loan of a test clock in it.
    live = await client.get("/api/v1/dashboards/collections", headers=floor.manager)
    assert ok(live)["boards"] == []
    other = await board(who, creditor_id=floor.scene.creditor_id)
    assert other["par_30"]["of_rows"] == 1
    path = "/api/v1/dashboards/collections/par_30"
    assert (await client.get(path, params=clock, headers=floor.manager)).status_code == 422
    nothing = {"currency": "USD", **clock}
    missing = "/api/v1/dashboards/collections/nothing"
    assert (await client.get(missing, params=nothing, headers=floor.manager)).status_code == 404
    # Days that do not count keep a loan out of a worse bucket.
    await floor.move(at(3, 26, 16))
    assert (await board(who))["rolling_7"]["rows"] == 1
    pause = {"starts_on": "2028-03-02", "ends_on": "2028-03-09", "reason": "agreed"}
    await floor.scene.post(f"/loans/{loan['id']}/arrears-pauses", pause)
    assert (await board(who))["rolling_7"]["rows"] == 0
    for other_role in (floor.agent, floor.advisor):
        assert (await client.get(path, params=nothing, headers=other_role)).status_code == 403


async def test_what_was_withheld_and_what_should_have_been(desk: Desk) -> None:
    customer_id, loan_id, case_id = await desk.overdue()
    manager = await Actors(desk.api).user(Role.MANAGER)
    who = Manager(desk.api, manager, str(desk.clock_id))
    await desk.queue(customer_id, loan_id=loan_id, case_id=case_id)
    await desk.sent()
    await desk.hold(customer_id, case_id)
    await desk.queue(customer_id, loan_id=loan_id, case_id=case_id)
    await desk.queue(customer_id, template="help")  # of no case, and so of no currency
    await desk.lease()
    found = await board(who)
    (held,) = found["withheld"]["parts"]
    assert (held["part"], held["title"]) == ("hold.dispute", "a hold stood: dispute")
    assert held["rows"] == 2
    assert found["contact_breaches"]["rows"] == 0
    # Somebody calls in spite of it.
    answer = await desk.api.client.post(
        f"/api/v1/recovery-cases/{case_id}/calls",
        json={"outcome": "voicemail"},
        headers=manager | key(),
    )
    assert ok(answer, 201)["breach"] is True
    found = await board(who)
    assert part(found["contact_breaches"], "call") == (1, None)
    assert found["contact_breaches"]["before"]["rows_since"] == 1
    await drills(who)


def test_every_share_is_of_a_figure() -> None:
    for figure in FIGURES.values():
        assert figure.of is None or figure.of in FIGURES
        assert figure.definition.endswith(".")
