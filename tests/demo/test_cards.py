"""Who pays by card in the demo, and what is counted of it."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

from contracts.collecting import Collection
from deploy.ci.check_demo import complaints_about
from tenor.demo import cards
from tenor.demo.people import Behaviour, Person
from tenor.demo.totals import compare_gateway, count_autopay, count_links
from tenor.sandbox.cards import decline_on_charge

STEADY = [Person(number, Behaviour.STEADY) for number in range(1001, 2001)]


def test_some_of_the_steady_are_on_autopay_and_nobody_else() -> None:
    on = sum(cards.on_autopay(1, person, "USD") for person in STEADY)
    assert 500 < on < 700
    assert not any(cards.on_autopay(1, person, "KWD") for person in STEADY)
    assert not cards.on_autopay(1, Person(1, Behaviour.SILENT), "USD")


def test_one_first_debit_in_thirty_fails_and_the_next_one_clears() -> None:
    failed = debits = 0
    for person in STEADY:
        card = cards.card(1, person, person.number)
        assert card == cards.card(1, person, person.number)
        number = 0
        for _ in range(20):
            number += 1
            debits += 1
            if decline_on_charge(card, number) is not None:
                failed += 1
                number += 1
                assert decline_on_charge(card, number) is None
    assert 0.025 < failed / debits < 0.042


def test_the_forgetful_pay_by_link_now_and_then() -> None:
    person = Person(1, Behaviour.FORGETFUL)
    paid = sum(cards.by_link(1, person, "USD", day) for day in range(1000))
    assert 400 < paid < 600
    assert not cards.by_link(1, Person(1, Behaviour.STEADY), "USD", 1)


def collection(kind: str, status: str, attempts: list[str], collected: str = "0") -> Collection:
    now = datetime(2028, 3, 1, tzinfo=UTC)
    return Collection.model_validate(
        {
            "id": uuid4(),
            "number": "CO-1",
            "loan_id": uuid4(),
            "kind": kind,
            "status": status,
            "reason": None,
            "currency": "USD",
            "instalment": None,
            "asks": "due",
            "collected": collected,
            "payment_id": uuid4() if status == "paid" else None,
            "next_at": None,
            "created_at": now,
            "test_clock_id": None,
            "workflow_id": "payment:x",
            "version": 1,
            "attempts": [
                {
                    "id": uuid4(),
                    "number": number,
                    "action": "charge" if kind == "autopay" else "page",
                    "status": each,
                    "amount": "10.00",
                    "gateway_reference": None,
                    "failure_code": None,
                    "claimed_at": now,
                    "ended_at": None,
                }
                for number, each in enumerate(attempts, start=1)
            ],
        }
    )


def test_links_and_debits_are_counted_by_what_became_of_them() -> None:
    found = [
        collection("autopay", "paid", ["succeeded"], "10.00"),
        collection("autopay", "paid", ["failed", "succeeded"], "10.00"),
        collection("autopay", "open", []),
        collection("link", "paid", ["succeeded"], "5.00"),
        collection("link", "expired", []),
        collection("link", "open", ["open"]),
    ]
    debits, links = count_autopay(found), count_links(found)
    assert (debits.charged, debits.failed, debits.retried, debits.collected) == (3, 1, 1, 2)
    assert (links.created, links.paid, links.expired) == (3, 1, 1)
    gateway = compare_gateway(found, 3, {"USD": 2500})
    assert (gateway.charges, gateway.postings) == (3, 3)
    assert gateway.taken == gateway.posted == {"USD": Decimal("25.00")}


def test_a_charge_that_was_not_posted_is_complained_of() -> None:
    told: dict[str, object] = {
        "gateway": {"charges": 3, "postings": 2, "taken": {"USD": "25"}, "posted": {"USD": "25"}}
    }
    assert any("charges 3" in complaint for complaint in complaints_about(told))
