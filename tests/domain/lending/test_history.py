"""What was done to a loan, in words."""

from uuid import uuid4

import pytest

from domain.lending.history import line


@pytest.mark.parametrize(
    ("action", "facts", "said"),
    [
        (
            "payment.posted",
            {"payment": str(uuid4()), "amount": "1106.620", "on": "2028-03-01"},
            "A payment of 1,106.62 USD was posted; it counts from 1 Mar 2028.",
        ),
        (
            "loan.bucket_changed",
            {"from": "current", "to": "1-29", "as_of": "2028-03-02"},
            "It moved from bucket current to 1-29.",
        ),
        ("loan.disburse", {"on": "2028-02-01", "by": None}, "Paid out on 1 Feb 2028."),
        ("loan.was_marked", {"on": "2028-02-01", "by": None}, "Was marked: on 1 Feb 2028."),
        ("loan.late_fee_charged", {"amount": "10.00"}, "Late fee charged: amount 10.00 USD."),
        (
            "loan.changed",
            {"change": str(uuid4()), "kind": "goodwill_credit", "amount": "5", "reason": "other"},
            "It was changed: goodwill credit, 5.00 USD (other).",
        ),
        ("loan.marked", {}, "Marked."),
    ],
)
def test_a_line_is_what_a_person_would_say(
    action: str, facts: dict[str, object], said: str
) -> None:
    assert line(action, facts, "USD") == said
