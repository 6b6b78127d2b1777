"""The statements that age and charge many loans agree with the domain's rules about one."""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from api.arrears import closing
from api.arrears.tables import ArrearsPauseRow, BookRow
from api.caps import service as caps
from api.clocks.tables import TestClockRow
from api.loans import queries as loans
from api.loans.balances import counts_as_late, owed, refresh, scheduled, sum_owed
from api.loans.tables import InstalmentRow, LoanRow
from api.products.tables import ProductRow
from api.products.terms import ladder_of, penalty_policy, provisioning_of
from api.security.principal import SYSTEM
from domain.lending.arrears import Pause, assess
from domain.lending.caps import Cost, Limit, Measure, room_for
from domain.lending.charges import late_fee, room_left
from domain.lending.payoff import accrued_interest
from domain.lending.provisioning import Earned, Provided, Standing, provide
from domain.lending.rounding import Rounding, divide
from domain.lending.waterfall import Component
from domain.money import ZERO
from tests.api.support import Api, Scene, make_scene

DAY = timedelta(days=1)
LOANS = 30
PRODUCTS = [
    {
        "arrears_ladder": "standard",
        "penalty": {"kind": "flat", "amount": "7.50", "grace_days": 5},
        "provisioning": {
            "rates": [
                {"bucket": "current", "percent": "0.625"},
                {"bucket": "1-29", "percent": "5"},
                {"bucket": "60-89", "percent": "33.333333"},
            ],
            "non_accrual_from": "30-59",
        },
    },
    {
        "arrears_ladder": "rbi_sma",
        "arrears_grace_days": 3,
        "arrears_tolerance": "0.02",
        "penalty": {"kind": "percent", "amount": "2.5", "grace_days": 0},
    },
    {
        "arrears_ladder": [{"name": "watch", "from_days": 4}, {"name": "bad", "from_days": 45}],
        "arrears_grace_days": 2,
        "provisioning": {
            "rates": [{"bucket": "bad", "percent": "12.5"}],
            "non_accrual_from": "watch",
            "accrues_again": "below",
        },
    },
    {"penalty": {"kind": "annual_rate", "amount": "18.25", "grace_days": 3}},
    {
        "penalty": {
            "kind": "flat_per_day",
            "amount": "0.85",
            "cap_per_instalment": "10.30",
            "cap_per_loan": "11.50",
        }
    },
    {
        "arrears_tolerance": "0.02",
        "penalty": {"kind": "percent", "amount": "2.5", "cap_per_loan": "12.51"},
    },
]


@dataclass(frozen=True, slots=True)
class Expected:
    """What the domain's rules say a loan is after a day was closed."""

    bucket: str
    penalties: tuple[Decimal, ...]
    allowance: Decimal
    suspended: Decimal


@pytest.fixture
async def scene(api: Api) -> Scene:
    return await make_scene(api)


def _pay_some(chance: random.Random, rows: list[InstalmentRow]) -> None:
    """Some instalments in full, one in part; relief and a penalty here and there."""
    whole = chance.randrange(len(rows))
    for row in rows[:whole]:
        row.principal_paid, row.interest_paid = row.principal, row.interest
        if chance.random() < 0.3:
            row.principal_paid, row.principal_relieved = ZERO, row.principal
            row.interest_paid, row.interest_relieved = ZERO, row.interest
    part = rows[whole]
    if chance.random() < 0.3:
        part.interest_relieved = Decimal("0.02")
    part.interest_paid = (part.interest * chance.choice([0, 1]) / 3).quantize(Decimal("0.01"))
    part.principal_paid = chance.choice([ZERO, Decimal("10.01"), part.principal - Decimal("0.02")])
    if chance.random() < 0.4:
        rows[0].penalty = Decimal("10.00")
        rows[0].penalty_paid = chance.choice([ZERO, Decimal("0.02"), Decimal("10.00")])


def _expected(  # noqa: PLR0917 - all that a closed day follows from
    loan: LoanRow,
    product: ProductRow,
    rows: list[InstalmentRow],
    pauses: list[Pause],
    limits: list[Limit],
    today: date,
) -> Expected:
    arrears = assess(
        [(row.due_on, counts_as_late(row)) for row in rows],
        today,
        product.arrears_grace_days,
        pauses,
        ladder_of(product),
        tolerance=product.arrears_tolerance,
    )
    policy = penalty_policy(product)
    taken = sum((row.penalty_paid for row in rows), ZERO)
    penalties = [row.penalty for row in rows]
    for place, row in enumerate(rows):
        if policy is None:
            continue
        fee = late_fee(
            policy,
            owed(row),
            today,
            loan.currency,
            already_charged=False,
            paid_to_penalties=taken,
            room=room_left(
                policy,
                on_instalment=row.penalty,
                on_loan=sum(penalties, ZERO),
                by_law=_room_by_law(limits, loan, rows, sum(penalties, ZERO)),
            ),
        )
        penalties[place] += fee or ZERO
    provided = _provided(loan, product, rows, arrears.bucket, today - DAY)
    return Expected(arrears.bucket, tuple(penalties), provided.allowance, provided.suspended)


def _provided(
    loan: LoanRow, product: ProductRow, rows: list[InstalmentRow], bucket: str, day: date
) -> Provided:
    """What is set aside at the day's end, before the fees of the next one."""
    terms = provisioning_of(product)
    if terms is None:
        return Provided(ZERO, ZERO, ZERO)
    total = sum_owed(rows)
    interest = tuple(
        Earned(
            accrued_interest(scheduled(row), day, loan.currency),
            row.interest_paid + row.interest_relieved,
            row.due_on <= day,
        )
        for row in rows
    )
    return provide(
        Standing(total.principal, total.fee + total.penalty, interest, loan.written_off),
        terms.percents.get(bucket, ZERO),
        loan.currency,
        non_accrual=terms.is_non_accrual(ladder_of(product), ["current", bucket]),
    )


def _room_by_law(
    limits: list[Limit], loan: LoanRow, rows: list[InstalmentRow], penalties: Decimal
) -> Decimal | None:
    cost = Cost(
        principal=loan.principal,
        currency=loan.currency,
        interest=sum((row.interest - row.interest_relieved for row in rows), ZERO),
        fees=ZERO,
        penalties=penalties,
    )
    return room_for(limits, cost, Component.PENALTY)


def _some_limits(chance: random.Random, rows: list[InstalmentRow]) -> list[Limit]:
    """Caps of three sorts, some of which leave little room."""
    interest = sum((row.interest for row in rows), ZERO)
    return chance.choice(
        [
            [],
            [Limit("x.each", Measure.SINGLE_CHARGE, "Act", Decimal("0.50"))],
            [Limit("x.defaults", Measure.DEFAULT_CHARGES, "Act", Decimal("10.20"))],
            [
                Limit("x.defaults", Measure.DEFAULT_CHARGES, "Act", Decimal("90.00")),
                Limit("x.total", Measure.TOTAL_COST, "Act", interest + Decimal("3.33")),
            ],
        ]
    )


async def _arrange(scene: Scene, chance: random.Random, day: date) -> dict[UUID, Expected]:
    """Loans of every product with random pasts, in a book closed until the day before."""
    product_ids: list[str] = []
    for index, terms in enumerate(PRODUCTS):
        body = {
            "code": f"random-{index}",
            "name": "Random",
            "creditor_id": scene.creditor_id,
            "currency": "USD",
            "annual_rate_percent": "12",
        }
        await scene.post("/products", body | terms)
        product_ids.append(f"random-{index}")
    ids: list[UUID] = []
    customer = await scene.customer()
    for index in range(LOANS):
        made = await scene.loan(customer, product=product_ids[index % len(product_ids)])
        ids.append(UUID(str(made["id"])))
    expected: dict[UUID, Expected] = {}
    async with scene.api.services.room.begin(SYSTEM, "test") as work:
        for loan_id in ids:
            book = await loans.book_of(work, loan_id)
            rows = list(await loans.instalments(work, loan_id))
            _pay_some(chance, rows)
            book.loan.written_off = chance.choice([ZERO, ZERO, Decimal("1150.00")])
            refresh(book.loan, rows, day)
            pauses = [
                Pause(start, start + timedelta(days=chance.randrange(40)))
                for start in (
                    day - timedelta(days=chance.randrange(90))
                    for _ in range(chance.choice([0, 0, 1, 3]))
                )
            ]
            work.session.add_all(
                ArrearsPauseRow(
                    loan_id=loan_id,
                    starts_on=pause.start,
                    ends_on=pause.end,
                    reason="test",
                    added_at=work.now,
                    added_by="test",
                )
                for pause in pauses
            )
            limits = _some_limits(chance, rows)
            await caps.keep(work, loan_id, limits)
            expected[loan_id] = _expected(book.loan, book.product, rows, pauses, limits, day + DAY)
        await work.session.execute(update(BookRow).values(closed_through=day - DAY))
    return expected


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_closed_day_is_what_the_rules_say_of_each_loan(scene: Scene, seed: int) -> None:
    day = date(2028, 6, 14) + timedelta(days=seed * 9)
    chance = random.Random(seed)  # noqa: S311 - a seed that can be told
    expected = await _arrange(scene, chance, day)
    now = datetime(2030, 1, 1, tzinfo=UTC)
    async with scene.api.services.room.begin(SYSTEM, "test") as work:
        clock = await work.session.get_one(TestClockRow, UUID(str(scene.clock_id)))
        await closing.close_due_books(work, clock.id, now)
    async with scene.api.services.room.begin(SYSTEM, "test") as work:
        found = {
            loan.id: Expected(
                loan.bucket,
                tuple(row.penalty for row in await loans.instalments(work, loan.id)),
                loan.allowance,
                loan.suspended_interest,
            )
            for loan in (await work.session.scalars(select(LoanRow))).all()
            if loan.id in expected
        }
        owing = (await work.session.scalars(select(LoanRow))).all()
        for loan in owing:
            rows = await loans.instalments(work, loan.id)
            assert loan.penalty_outstanding == sum((owed(row).penalty for row in rows), ZERO)
    assert found == expected
    assert len({one.bucket for one in found.values()}) > 2
    assert any(sum(one.penalties) > 10 for one in found.values())
    assert any(one.allowance for one in found.values())
    assert any(one.suspended for one in found.values())


async def test_a_book_that_has_grown_is_divided_and_closed_the_same(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = date(2028, 6, 20)
    chance = random.Random(7)  # noqa: S311 - a seed that can be told
    expected = await _arrange(scene, chance, day)
    monkeypatch.setattr(closing, "SECTION_LOANS", 5)
    now = datetime(2028, 6, 21, 12, tzinfo=UTC)
    closed = 0
    for _ in range(6):
        async with scene.api.services.room.begin(SYSTEM, "test") as work:
            books, _ = await closing.close_due_books(work, UUID(str(scene.clock_id)), now, 1)
        closed += books
    async with scene.api.services.room.begin(SYSTEM, "test") as work:
        books = (await work.session.scalars(select(BookRow).order_by(BookRow.from_id))).all()
        found = {
            loan.id: loan.bucket
            for loan in (await work.session.scalars(select(LoanRow))).all()
            if loan.id in expected
        }
    assert len(books) > 2
    assert [one.below_id for one in books] == [one.from_id for one in books[1:]] + [None]
    assert {one.closed_through for one in books} == {day}
    assert closed == len(books)
    assert found == {loan_id: one.bucket for loan_id, one in expected.items()}


async def test_a_quotient_is_rounded_in_the_database_as_in_the_rule(scene: Scene) -> None:
    """Halves are seen however long the quotient's decimals run."""
    chance = random.Random(11)  # noqa: S311 - a seed that can be told
    cases = [
        # 182.50 * 36.5 * 5 / 36500 is 0.9125, and with 7 days 1.2775: halves of a third decimal.
        *((Decimal("182.50") * Decimal("36.5") * days, 3) for days in range(1, 20)),
        *((Decimal(36500 * half) / 200, 2) for half in range(12)),
        *((Decimal(chance.randrange(10**12)) / 1000, chance.choice([0, 2, 3])) for _ in range(200)),
        # A quotient with sixteen digits or more before the half.
        (Decimal("123456789012345.005") * 36500, 2),
        (Decimal("123456789012345.005") * 36500 - Decimal("0.001"), 2),
    ]
    async with scene.api.services.room.begin(SYSTEM, "test") as work:
        found = [
            await work.session.scalar(
                text("select divide_half_even(cast(:numerator as numeric), 36500, :places)"),
                {"numerator": numerator, "places": places},
            )
            for numerator, places in cases
        ]
    expected = []
    for numerator, places in cases:
        above, below = numerator.as_integer_ratio()
        whole = divide(above * 10**places, below * 36500, Rounding.HALF_EVEN)
        expected.append(Decimal(whole).scaleb(-places))
    assert found == expected
