"""Movements in words, and changes that add up whatever was written together."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from domain.lending.explanation import Balance, Told, changes, sentence
from domain.lending.waterfall import Allocation, Component

BEGAN = datetime(2028, 2, 1, tzinfo=UTC)


def part(component: Component, amount: str) -> Allocation:
    return Allocation(1, component, Decimal(amount))


def told(number: int, kind: str, after: Balance, *parts: Allocation, minute: int = 0) -> Told:
    return Told(
        number=f"PY-{number}",
        kind=kind,
        amount=sum((each.amount for each in parts), Decimal(0)),
        currency="USD",
        moment=BEGAN + timedelta(minutes=minute),
        after=after,
        parts=parts,
    )


def test_what_is_written_together_is_told_apart() -> None:
    owed = Balance(Decimal(1200), Decimal("79.42"))
    after = Balance(Decimal(1100), Decimal("67.42"))
    fee = told(
        2,
        "late_fee",
        owed.plus(Balance(penalty=Decimal(10))),
        part(Component.PENALTY, "10"),
        minute=1,
    )
    paid = told(
        3,
        "repayment",
        after,
        part(Component.INTEREST, "12.00"),
        part(Component.PRINCIPAL, "100"),
        minute=2,
    )
    back = Told(
        "PY-4", "reversal", Decimal(10), "USD", paid.moment, after, reason="late", reverses="PY-2"
    )
    story = [told(1, "disbursement", owed), fee, paid, back]
    assert changes(story) == [
        owed,
        Balance(penalty=Decimal(10)),
        Balance(Decimal(-100), Decimal("-12.00")),
        Balance(penalty=Decimal(-10)),
    ]
    assert sentence(back, changes(story)[3]) == "PY-2 was taken back (late): 10.00 USD."


def test_a_schedule_planned_anew_is_what_its_parts_do_not_say() -> None:
    owed, then = Balance(Decimal(1000), Decimal(60)), Balance(Decimal(900), Decimal(48))
    story = [
        told(1, "disbursement", owed),
        told(2, "repayment", then, part(Component.PRINCIPAL, "100"), minute=1),
        told(3, "replanned", then, minute=1),
    ]
    assert changes(story)[1:] == [Balance(Decimal(-100)), Balance(interest=Decimal(-12))]


KINDS = ("repayment", "late_fee", "waiver", "replanned", "refund", "anything", "reallocation")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(KINDS),
            st.integers(0, 2),
            st.integers(-500, 500),
            st.lists(st.tuples(st.sampled_from(Component), st.integers(1, 99)), max_size=3),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_changes_add_up_to_the_last_balance(
    rows: list[tuple[str, int, int, list[tuple[Component, int]]]],
) -> None:
    minute, story = 0, []
    for number, (kind, later, principal, parts) in enumerate(rows):
        minute += later
        story.append(
            told(
                number,
                kind,
                Balance(Decimal(principal)),
                *[part(component, str(amount)) for component, amount in parts],
                minute=minute,
            )
        )
    assert list(accumulate(changes(story), Balance.plus))[-1] == story[-1].after


def test_money_paid_ahead_says_what_it_saves() -> None:
    owed = Balance(Decimal(1200), Decimal("79.42"))
    after = Balance(Decimal("805.38"), Decimal("49.08"))
    paid = told(
        2,
        "repayment",
        after,
        part(Component.INTEREST, "12.00"),
        part(Component.PRINCIPAL, "394.62"),
        minute=1,
    )
    change = changes([told(1, "disbursement", owed), paid])[1]
    assert change == after.less(owed)
    assert sentence(paid, change).endswith(
        "; planned anew, the instalments to come ask for 18.34 USD less."
    )
