"""What a person remembers: bills, receipts, texts."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from contracts.loans import Balances
from contracts.payments import AllocationLine, Payment
from tenor.demo.lives import Borrowing, Instalment, Life, number_of
from tenor.demo.people import Behaviour, Bill, Person, Text

DUE = date(2028, 2, 10)


def borrowing(currency: str = "USD", *amounts: str) -> Borrowing:
    given = [Decimal(amount) for amount in amounts or ("100.00", "100.00", "100.01")]
    rows = {
        number: Instalment(DUE + timedelta(days=30 * (number - 1)), amount, amount)
        for number, amount in enumerate(given, start=1)
    }
    return Borrowing(1001, uuid4(), currency, rows)


def payment(*parts: tuple[int, str, str], closed: bool = False) -> Payment:
    zero = Decimal(0)
    lines = [
        AllocationLine(instalment=number, component=component, amount=Decimal(amount))
        for number, component, amount in parts
    ]
    return Payment(
        id=uuid4(),
        number="PY-1",
        loan_id=UUID(int=1),
        amount=sum((line.amount for line in lines), zero),
        currency="USD",
        value_on=DUE,
        booked_at=datetime(2028, 2, 10, tzinfo=UTC),
        method="bank_transfer",
        reference=None,
        status="cleared",
        version=1,
        allocations=lines,
        credited=zero,
        outstanding_after=Balances(
            principal=zero, interest=zero, fee=zero, penalty=zero, total=zero
        ),
        loan_closed=closed,
    )


def test_a_receipt_lowers_what_it_paid_and_a_late_fee_none_of_the_plan() -> None:
    loan = borrowing()
    loan.receipt(payment((1, "penalty", "25.00"), (1, "interest", "10.00"), (1, "principal", "5")))
    assert loan.instalments[1].left == Decimal("85.00")
    assert loan.left == Decimal("285.01")


def test_a_whole_bill_is_what_is_left_of_it_and_a_share_is_of_what_was_agreed() -> None:
    loan = borrowing()
    loan.receipt(payment((1, "principal", "90.00")))
    assert loan.share_of(1, Decimal(1)) == Decimal("10.00")
    assert loan.share_of(1, Decimal("0.4")) == Decimal("40.00")
    assert loan.share_of(3, Decimal("0.55")) == Decimal("55.01")


def test_a_share_has_the_currency_s_decimals_and_never_exceeds_the_plan() -> None:
    assert borrowing("JPY", "10001").share_of(1, Decimal("0.45")) == Decimal(4500)
    loan = borrowing("USD", "100.00")
    loan.receipt(payment((1, "principal", "95.00")))
    assert loan.share_of(1, Decimal("0.8")) == Decimal("5.00")


def life(*loans: Borrowing) -> Life:
    person = Person(1001, Behaviour.STEADY)
    return Life(person, uuid4(), "+13125550100", {loan.number: loan for loan in loans})


def test_the_bills_in_view_are_unpaid_and_near() -> None:
    loan = borrowing()
    someone = life(loan)
    assert someone.view(DUE - timedelta(days=4)).bills == ()
    assert someone.view(DUE - timedelta(days=3)).bills == (Bill(1001, 1, DUE),)
    loan.receipt(payment((1, "principal", "100.00")))
    assert someone.view(DUE).bills == ()


def test_a_closed_loan_has_no_bills() -> None:
    loan = borrowing()
    loan.receipt(payment(closed=True))
    assert life(loan).view(DUE).bills == ()


def test_a_text_is_remembered_with_its_day_and_sender() -> None:
    someone = life(borrowing())
    someone.hears(DUE, "+15005550006", "is due today")
    assert someone.view(DUE).texts == (Text(DUE, "is due today"),)
    assert someone.our_number == "+15005550006"


def test_a_human_number_holds_a_figure() -> None:
    assert number_of("CU-1001") == 1001


def test_a_person_s_phone_does_not_show() -> None:
    assert "3125550100" not in repr(life(borrowing()))
