"""Letters over HTTP: written with today's figures, set as PDF, posted by a person, read by both."""

from datetime import date
from typing import Any

import pypdfium2
import pytest

from api.loans.service import advance_loan
from api.loans.tables import LoanRow
from api.security.principal import SYSTEM
from contracts.names import Role
from tests.api.payments.days import live_until
from tests.api.support import Actors, Api, Headers, Scene, key, make_scene, ok

INSTALMENT = "106.62"


VALIDATION = {
    "(c)(1)": (
        "Harbor Credit is a debt collector. We are trying to collect a debt that you owe to Harbor "
        "Credit. We will use any information you give us to help collect the debt.",
    ),
    "(c)(2)(i)": ("Harbor Credit 1 Harbor Street New York, NY 10004",),
    "(c)(2)(ii)": ("Maria Keller", "1 Elm Street", "12201 Albany"),
    "(c)(2)(iii), (v)": ("you had a loan from Harbor Credit",),
    "(c)(2)(iv)": ("an account number ending in",),
    "(c)(2)(vi), (vii)": ("As of Feb 1, 2028, you owed:",),
    "(c)(2)(viii)": (
        "Between Feb 1, 2028 and today: you were charged this amount in interest:",
        "You were charged this amount in fees: + $10.00",
        "You paid or were credited this amount toward the debt: - $",
    ),
    "(c)(2)(ix)": ("Total amount of the debt now: $",),
    "(c)(3)(i)": (
        "If you write to us by Apr 26, 2028, we must stop collection on any amount you dispute "
        "until we send you information that shows you owe the debt.",
    ),
    "(c)(3)(ii)": (
        "If you write by Apr 26, 2028, we must stop collection until we send you that information.",
    ),
    "(c)(3)(iii)": (
        "Call or write to us by Apr 26, 2028, to dispute all or part of the debt. If you do not, "
        "we will assume that our information is correct.",
    ),
    "(c)(3)(iv)": ("www.cfpb.gov/debt-collection",),
    "(c)(3)(v)": ("We accept disputes electronically at letters@harbor.example.",),
    "(c)(4)(i)": (
        "How do you want to respond?",
        "I want to dispute the debt because I think:",
        "This is not my debt.",
        "The amount is wrong.",
        "Other (please describe on reverse or attach additional information).",
    ),
    "(c)(4)(ii)": ("I want you to send me the name and address of the original creditor.",),
    "(c)(4)(iii)": ("Mail this form to:",),
    "(d)(3)(iii)": ("Make your check payable to Harbor Credit.",),
    "(d)(3)(vi)": ("Quiero este formulario en español.",),
}
"""What each item of 12 CFR 1006.34 wants a notice to say."""


@pytest.fixture
async def scene(api: Api) -> Scene:
    return await make_scene(api, payment_life={"return_window_days": 10})


async def file_of(scene: Scene, letter: Any, headers: Headers | None = None) -> bytes:
    answer = await scene.api.client.get(
        f"/api/v1/letters/{letter['id']}/content", headers=headers or scene.admin
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    return answer.content


def words(file: bytes) -> str:
    """The text of a PDF file, on one line."""
    pages = pypdfium2.PdfDocument(file)
    return " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in pages)


async def write(scene: Scene, loan: Any, status: int = 201, **asked: object) -> Any:
    return await scene.post(f"/loans/{loan['id']}/letters", asked, status)


async def advance(scene: Scene, loan: Any) -> Any:
    async with scene.api.services.room.begin(SYSTEM, "test") as work:
        return await advance_loan(work, loan["id"])


async def test_letters_say_what_stands_in_the_books(scene: Scene) -> None:
    customer_id = await scene.customer(address="1 Elm Street", city="Albany", postcode="12201")
    loan = await scene.loan(customer_id)
    await scene.pay(loan["id"], "6.62")
    await live_until(scene, date(2028, 3, 20))
    notice = await write(scene, loan, code="arrears_notice")
    file = await file_of(scene, notice)
    told = words(file)
    for part in (
        "Maria Keller",
        "1 Elm Street",
        "12201 Albany",
        "1 Harbor Street",
        "New York, NY 10004",
        "letters@harbor.example",
        "$110.00",
        "Mar 1, 2028",
        notice["number"],
    ):
        assert part in told
    assert "Free and independent debt advice" in told
    assert await file_of(scene, notice) == file
    default = words(await file_of(scene, await write(scene, loan, code="default_notice")))
    assert "Apr 3, 2028" in default
    assert "we may end the agreement" in default
    statement = words(
        await file_of(
            scene,
            await write(scene, loan, code="statement", from_on="2028-02-01", to_on="2028-03-19"),
        )
    )
    for part in ("Paid out $1,200.00", "Payment received $6.62", "Late fee $10.00"):
        assert part in statement
    payoff: Any = (await scene.get(f"/loans/{loan['id']}/outstanding"))["payoff"]
    quoted = words(await file_of(scene, await write(scene, loan, code="payoff")))
    assert f"${float(payoff['total']):,.2f}" in quoted
    validation = words(await file_of(scene, await write(scene, loan, code="validation_notice")))
    for item, said in VALIDATION.items():
        for part in said:
            assert part in validation, item
    # What is sent back stands at the bottom, apart from all else.
    assert validation.index("payment options") < validation.index("How do you want to respond?")
    agency = await write(scene, loan, code="agency_notice", agency_name="Fair & #Kind *Ltd*")
    assert "Fair & #Kind *Ltd*" in words(await file_of(scene, agency))
    # Each is listed and given to a person to post.
    listed: Any = await scene.get(f"/loans/{loan['id']}/letters?limit=2")
    assert [each["code"] for each in listed["items"]] == ["arrears_notice", "default_notice"]
    assert listed["next_cursor"]
    tasks: Any = await scene.get("/tasks")
    posting = [each for each in tasks["items"] if each["kind"] == "letter"]
    assert len(posting) == 6
    case: Any = await scene.get(f"/recovery-cases/{notice['case_id']}")
    assert any("Letter written: arrears notice" in line["text"] for line in case["timeline"])


async def test_a_letter_that_would_not_be_true_is_refused(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    refused = await write(scene, loan, 409, code="arrears_notice")
    assert refused["code"] == "letter-not-true"
    assert (await write(scene, loan, 409, code="no_dues"))["code"] == "letter-not-true"
    early = await write(
        scene, loan, 422, code="statement", from_on="2028-02-01", to_on="2028-02-01"
    )
    assert early["code"] == "invalid-date"
    assert (await write(scene, loan, 422, code="agency_notice"))["code"] == "invalid-request"
    assert (await write(scene, loan, 422, code="settlement_agreement"))["code"] == "invalid-request"
    await live_until(scene, date(2028, 3, 20))
    case: Any = await scene.get(f"/loans/{loan['id']}")
    cases: Any = await scene.get(f"/recovery-cases?customer_id={case['customer_id']}")
    await scene.post(
        f"/recovery-cases/{cases['items'][0]['id']}/holds",
        {"kind": "dispute", "review_on": "2028-05-01"},
    )
    refused = await write(scene, loan, 409, code="arrears_notice")
    assert refused["code"] == "letter-on-hold"
    # A notice and an answer are a person's to give.
    await write(scene, loan, code="default_notice")
    await write(scene, loan, code="payoff", deliver="portal")


async def test_a_repaid_loan_is_confirmed_once_its_money_is_certain(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer(language="es"))
    payoff: Any = (await scene.get(f"/loans/{loan['id']}/outstanding"))["payoff"]
    paid = await scene.pay(loan["id"], str(payoff["total"]), payoff=True)
    waiting = await advance(scene, loan)
    assert (waiting.state, waiting.finished) == ("closed", False)
    assert waiting.next_wake_at.date() == date(2028, 2, 12)
    early = await write(scene, loan, 409, code="no_dues")
    assert early["code"] == "letter-not-true"
    await live_until(scene, date(2028, 2, 12))
    done = await advance(scene, loan)
    assert (done.finished, done.next_wake_at) == (True, None)
    await advance(scene, loan)
    letters: Any = await scene.get(f"/loans/{loan['id']}/letters")
    (letter,) = letters["items"]
    assert (letter["code"], letter["deliver"], letter["language"]) == ("no_dues", "portal", "es")
    assert "se pagó por completo el 1 feb 2028" in words(await file_of(scene, letter))
    messages: Any = await scene.get(f"/messages?loan_id={loan['id']}")
    assert [each["template"] for each in messages["items"]] == ["no_dues"]
    # The bank takes it back all the same: the loan runs again, and is confirmed again.
    await scene.post(f"/loans/{loan['id']}/payments/{paid['id']}/reverse", {"reason": "bounced"})
    assert (await advance(scene, loan)).state == "active"


async def test_who_settled_is_not_told_that_he_repaid_all(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    await scene.pay(loan["id"], "1000.00")
    async with scene.api.services.room.begin(SYSTEM, "test") as work:
        row = await work.session.get_one(LoanRow, loan["id"])
        row.lifecycle, row.closed_reason, row.closed_on = "closed", "settled", date(2028, 2, 1)
    closed = await advance(scene, loan)
    assert (closed.state, closed.finished) == ("closed", True)
    assert (await write(scene, loan, 409, code="no_dues"))["code"] == "letter-not-true"


async def test_customers_read_their_own_letters_only(scene: Scene) -> None:
    customer_id = await scene.customer()
    loan = await scene.loan(customer_id)
    letter = await write(scene, loan, code="payoff", deliver="portal", language="fr")
    assert (letter["language"], letter["asked_language"]) == ("en", "fr")
    actors = Actors(scene.api)
    own = await actors.user(Role.CUSTOMER, customer_id)
    other = await actors.user(Role.CUSTOMER, await scene.customer(email="else@customers.example"))
    client = scene.api.client
    listed = ok(await client.get(f"/api/v1/customers/{customer_id}/letters", headers=own))
    assert listed["items"] == [letter]
    assert words(await file_of(scene, letter, own))
    for path in (f"/letters/{letter['id']}/content", f"/letters/{letter['id']}"):
        ok(await client.get(f"/api/v1{path}", headers=other), 404)
    ok(await client.post(f"/api/v1/loans/{loan['id']}/letters", json={}, headers=own | key()), 403)
