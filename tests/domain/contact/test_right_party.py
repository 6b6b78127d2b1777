"""Who counts as the right person, and for which conversation."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from domain.contact.right_party import LASTS, Check, CheckOutcome, Fact, check_asked, covers
from domain.errors import DomainError

NOON = datetime(2028, 3, 2, 12, tzinfo=UTC)
MARIA, CALL = uuid4(), uuid4()
CHECK = Check(MARIA, CheckOutcome.CONFIRMED, NOON, "user:1")


@pytest.mark.parametrize(
    ("facts", "enough"),
    [
        ((Fact.BIRTH_DATE, Fact.POSTCODE), True),
        ((Fact.PASSWORD, Fact.LAST_PAYMENT), True),
        ((Fact.BIRTH_DATE,), False),
        ((Fact.BIRTH_DATE, Fact.BIRTH_DATE), False),
        ((Fact.FULL_NAME, Fact.ADDRESS, Fact.LOAN_NUMBER), False),  # all of it is on an envelope
    ],
)
def test_two_facts_one_of_them_private(facts: tuple[Fact, ...], enough: bool) -> None:
    if enough:
        check_asked(facts, CheckOutcome.CONFIRMED)
    else:
        with pytest.raises(DomainError):
            check_asked(facts, CheckOutcome.CONFIRMED)
    # Whatever was asked, that it did not do is kept.
    check_asked(facts, CheckOutcome.NOT_CONFIRMED)


@pytest.mark.parametrize(
    ("check", "fits"),
    [
        (CHECK, True),
        (replace(CHECK, conversation=CALL), True),
        (replace(CHECK, conversation=uuid4()), False),
        (replace(CHECK, person=uuid4()), False),
        (replace(CHECK, actor="user:2"), False),
        (replace(CHECK, outcome=CheckOutcome.REFUSED), False),
        (replace(CHECK, at=NOON + timedelta(minutes=5) - LASTS), True),
        (replace(CHECK, at=NOON - LASTS), False),
        (replace(CHECK, at=NOON + timedelta(minutes=5)), False),
    ],
)
def test_it_is_good_for_one_conversation_of_one_hour(check: Check, fits: bool) -> None:
    assert covers(check, MARIA, "user:1", CALL, NOON + timedelta(minutes=1)) is fits
