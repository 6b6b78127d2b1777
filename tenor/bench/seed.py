"""The loans of a bench: one made over HTTP, and its copies made in the database."""

from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

from contracts.loans import LoanDetail, NewLoan
from contracts.parties import Creditor, Customer, NewCreditor, NewCustomer, NewProduct, Product
from domain.calendar import add_months
from tenor.bench.ground import Ground
from tenor.client import RestClient


async def make_loan(client: RestClient, disbursed_on: date, clock_id: UUID | None = None) -> UUID:
    """Make a creditor, a product, a customer and an active loan of twelve instalments."""
    creditor = await client.post(
        "/creditors",
        Creditor,
        NewCreditor(code="bench", name="Bench Credit", country="US", zone="UTC"),
        uuid4().hex,
    )
    await client.post(
        "/products",
        Product,
        NewProduct(
            code="bench",
            name="Bench loan",
            creditor_id=creditor.id,
            currency="USD",
            annual_rate_percent=Decimal(12),
        ),
        uuid4().hex,
    )
    customer = await client.post(
        "/customers",
        Customer,
        NewCustomer(name="Bench Customer", country="US", zone="UTC", test_clock_id=clock_id),
        uuid4().hex,
    )
    loan = await client.post(
        "/loans",
        LoanDetail,
        NewLoan(
            customer_id=customer.id,
            product="bench",
            principal=Decimal("1200000.00"),
            currency="USD",
            instalments=12,
            disbursed_on=disbursed_on,
            first_due_on=add_months(disbursed_on, 1),
        ),
        uuid4().hex,
    )
    return loan.id


def clone_loans(here: Ground, model: UUID, first: int, count: int) -> None:
    """Copy a loan with its parties and instalments; the copies are numbered from `first` on."""
    key = "('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid"
    script = f"""
        insert into loans
        select (jsonb_populate_record(l, jsonb_build_object('id', {key}, 'number', n))).*
        from loans l, generate_series({first}, {first + count - 1}) n where l.id = '{model}';
        """  # noqa: S608 - numbers and a key of our own
    for table in ("loan_parties", "instalments"):
        script += f"""
        insert into {table}
        select (jsonb_populate_record(t, jsonb_build_object('id', uuidv7(), 'loan_id', {key}))).*
        from {table} t, generate_series({first}, {first + count - 1}) n
        where t.loan_id = '{model}';
        """  # noqa: S608 - numbers and a key of our own
    here.sql(script + "analyze;")
