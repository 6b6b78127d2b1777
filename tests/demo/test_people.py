"""The demo's people: each behaves as his part says, and alike in every run."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest

from domain.contact.intents.kinds import IntentKind
from domain.contact.intents.reading import read
from tenor.demo.people import (
    CAST,
    PAPERS,
    STATEMENT_ON,
    Action,
    Agreed,
    Behaviour,
    Bill,
    KeepPromise,
    MakePromise,
    Paper,
    PayAgreed,
    PayBill,
    PayOverdue,
    Person,
    Promise,
    SayDispute,
    SayHardship,
    SayStop,
    SendStatement,
    Text,
    View,
    act,
    cast,
    is_reminder_of_arrears,
    promise_text,
)

DUE = date(2028, 3, 10)
BILL = Bill(loan=1001, instalment=2, due_on=DUE)
LATE = "Hi Ada, Harbor Lending: USD 20.00 is still unpaid."
NUMBERS = range(1000, 1300)


def days(first: int, last: int) -> list[date]:
    return [DUE + timedelta(days=offset) for offset in range(first, last + 1)]


def first_day(person: Person, view: View, kind: type, seed: int = 1) -> int | None:
    """How many days after the due date a person first does something of a kind."""
    for day in days(-5, 40):
        if any(isinstance(action, kind) for action in act(seed, person, day, view)):
            return (day - DUE).days
    return None


def people(behaviour: Behaviour) -> list[Person]:
    return [Person(number, behaviour) for number in NUMBERS]


def test_every_behaviour_is_in_the_script() -> None:
    assert len(CAST) == 20
    assert set(CAST) == set(Behaviour)


def test_the_script_does_not_depend_on_the_size_of_the_run_nor_on_arrival() -> None:
    few, many = range(1001, 1021), range(1001, 1171)
    assert cast(1, list(many))[:20] == cast(1, list(few))
    assert cast(1, list(reversed(many))) == cast(1, list(many))
    assert [person.behaviour for person in cast(9, list(few))] == list(CAST)


def test_the_others_are_drawn_by_seed() -> None:
    drawn = [person.behaviour for person in cast(1, list(range(5000)))[20:]]
    counts = Counter(drawn)
    assert 0.58 < counts[Behaviour.STEADY] / len(drawn) < 0.68
    assert Behaviour.STOPPER not in counts
    assert drawn != [person.behaviour for person in cast(2, list(range(5000)))[20:]]


def test_the_steady_pay_the_whole_bill_up_to_two_days_before() -> None:
    offsets = {first_day(person, View((BILL,)), PayBill) for person in people(Behaviour.STEADY)}
    assert offsets == {-2, -1, 0}
    assert act(1, Person(1000, Behaviour.STEADY), DUE, View((BILL,))) == (
        PayBill(1001, 2, Decimal(1)),
    )


def test_the_forgetful_pay_one_to_six_days_late_without_a_text() -> None:
    offsets = Counter(
        first_day(person, View((BILL,)), PayOverdue) for person in people(Behaviour.FORGETFUL)
    )
    assert set(offsets) == {1, 2, 3, 4, 5, 6}


def test_a_text_moves_about_half_of_the_forgetful_within_two_days() -> None:
    text = Text(DUE + timedelta(days=1), LATE)
    folk = people(Behaviour.FORGETFUL)
    alone = [first_day(person, View((BILL,)), PayOverdue) or 0 for person in folk]
    moved = [first_day(person, View((BILL,), (text,)), PayOverdue) or 0 for person in folk]
    assert all(after <= before for before, after in zip(alone, moved, strict=True))
    late = [after for before, after in zip(alone, moved, strict=True) if before > 2]
    assert 0.45 < sum(1 for after in late if after <= 2) / len(late) < 0.65


def test_a_text_about_an_earlier_bill_moves_nobody() -> None:
    early = Text(DUE - timedelta(days=3), "USD 20.00 is due on 10 Mar.")
    for person in people(Behaviour.FORGETFUL):
        assert first_day(person, View((BILL,), (early,)), PayOverdue) == first_day(
            person, View((BILL,)), PayOverdue
        )


def test_the_payday_shifted_always_pay_on_the_fifth_day() -> None:
    for person in people(Behaviour.PAYDAY_SHIFTED):
        assert first_day(person, View((BILL,)), PayOverdue) == 5


def test_the_part_payers_pay_40_to_80_percent_once() -> None:
    for person in people(Behaviour.PART_PAYER):
        done = [action for day in days(-5, 40) for action in act(1, person, day, View((BILL,)))]
        (action,) = done
        assert isinstance(action, PayBill)
        assert Decimal("0.4") <= action.share <= Decimal("0.8")


def test_the_part_payers_show_a_statement_once() -> None:
    for person in people(Behaviour.PART_PAYER):
        around = [STATEMENT_ON + timedelta(days=number) for number in range(-3, 4)]
        done = [action for day in around for action in act(1, person, day, View(()))]
        assert done == [SendStatement(PAPERS[person.number % len(PAPERS)])]
    assert set(PAPERS) == set(Paper)


def test_the_silent_do_nothing_at_all() -> None:
    view = View((BILL,), (Text(DUE, LATE),))
    assert all(
        act(1, Person(n, Behaviour.SILENT), day, view) == ()
        for n in NUMBERS
        for day in days(-5, 60)
    )


def test_a_stopper_says_so_once_and_still_pays() -> None:
    person = Person(1000, Behaviour.STOPPER)
    heard = View((BILL,), (Text(DUE, "due today"),))
    assert SayStop() in act(1, person, DUE, heard)
    assert SayStop() not in act(1, person, DUE, View((BILL,)))
    stopped = View((BILL,), heard.texts, has_stopped=True)
    assert SayStop() not in act(1, person, DUE, stopped)
    assert first_day(person, stopped, PayOverdue) in {2, 3, 4}


def test_a_disputer_says_so_once_when_chased_and_pays_a_fortnight_on() -> None:
    person, day = Person(1000, Behaviour.DISPUTER), DUE + timedelta(days=2)
    chased = View((BILL,), (Text(day, LATE),))
    assert act(1, person, day, chased) == (SayDispute(),)
    assert act(1, person, day, View((BILL,), (Text(day, "is due today"),))) == ()
    disputed = View((BILL,), chased.texts, disputed_on=day)
    assert act(1, person, day + timedelta(days=13), disputed) == ()
    assert act(1, person, day + timedelta(days=14), disputed) == (PayOverdue(BILL.loan),)


def test_an_arranger_keeps_to_every_part_and_pays_later_bills_ahead() -> None:
    person = Person(1001, Behaviour.ARRANGER)
    assert first_day(person, View((BILL,)), PayBill) is None
    parts = tuple(Agreed(DUE + timedelta(days=after), Decimal(7)) for after in (10, 17))
    later = Bill(1001, 3, DUE + timedelta(days=30))
    done = [
        (offset, action)
        for offset, day in enumerate(days(0, 29))
        for action in act(1, person, day, View((BILL, later), agreed=parts))
    ]
    assert done == [
        (10, PayAgreed(Decimal(7))),
        (17, PayAgreed(Decimal(7))),
        (29, PayBill(1001, 3, Decimal(1))),
    ]


def test_a_lapser_pays_the_first_part_and_then_tells_once_that_he_lost_his_work() -> None:
    person = Person(1001, Behaviour.LAPSER)
    parts = tuple(Agreed(DUE + timedelta(days=after), Decimal(7)) for after in (10, 17, 24))
    view = View((BILL,), agreed=parts)
    assert first_day(person, view, PayAgreed) == 10
    assert first_day(person, view, SayHardship) == 23
    assert act(1, person, days(17, 17)[0], view) == ()
    told = View((BILL,), agreed=parts, has_despaired=True)
    assert first_day(person, told, SayHardship) is None


def test_a_settler_pays_nothing_but_what_was_agreed() -> None:
    person = Person(1001, Behaviour.SETTLER)
    view = View((BILL,), agreed=(Agreed(DUE + timedelta(days=9), Decimal(60)),))
    assert first_day(person, View((BILL,)), PayAgreed) is None
    assert first_day(person, view, PayAgreed) == 9


def test_a_promiser_answers_a_reminder_of_arrears_on_its_day_only() -> None:
    person, day = Person(1000, Behaviour.PROMISER), DUE + timedelta(days=2)
    heard = View((BILL,), (Text(day, LATE),))
    (action,) = act(1, person, day, heard)
    assert isinstance(action, MakePromise)
    assert timedelta(days=3) <= action.on - day <= timedelta(days=6)
    assert act(1, person, day + timedelta(days=1), heard) == ()
    assert act(1, person, day, View((BILL,), (Text(day, "is due today"),))) == ()
    assert act(1, person, day, View((), (Text(day, LATE),))) == ()


def test_a_promiser_pays_what_he_means_to_on_the_promised_day_and_makes_no_other_before() -> None:
    person, on = Person(1000, Behaviour.PROMISER), DUE + timedelta(days=6)

    def done(day: date, share: str) -> tuple[Action, ...]:
        return act(
            1, person, day, View((BILL,), (Text(day, LATE),), Promise(on, Decimal(share)), 1)
        )

    assert done(on - timedelta(days=1), "1") == ()
    assert done(on, "1") == (KeepPromise(Decimal(1)),)
    assert done(on, "0") == ()
    assert isinstance(done(on + timedelta(days=1), "0")[0], MakePromise)


@pytest.mark.parametrize(("made", "kept"), [(0, 0.70), (1, 0.35), (2, 0.10), (9, 0.10)])
def test_promises_are_kept_less_and_less(made: int, kept: float) -> None:
    shares = []
    for number in range(2000):
        view = View((BILL,), (Text(DUE + timedelta(days=1), LATE),), promises_made=made)
        (action,) = act(1, Person(number, Behaviour.PROMISER), DUE + timedelta(days=1), view)
        assert isinstance(action, MakePromise)
        shares.append(action.share)
    assert set(shares) == {Decimal(0), Decimal("0.5"), Decimal(1)}
    assert abs(shares.count(Decimal(1)) / len(shares) - kept) < 0.04


@pytest.mark.parametrize("phrasing", [0, 1])
@pytest.mark.parametrize(
    ("amount", "currency"),
    [("412.50", "USD"), ("9.00", "GBP"), ("15380", "JPY"), ("1234.5", "EUR")],
)
def test_both_phrasings_are_understood_on_every_day(
    phrasing: int, amount: str, currency: str
) -> None:
    for day in (date(2028, 2, 1) + timedelta(days=n) for n in range(120)):
        for ahead in range(3, 7):
            on = day + timedelta(days=ahead)
            said = promise_text(phrasing, amount, on)
            intent = read(said, "en", day, currency, Decimal(1))
            assert (intent.kind, intent.amount, intent.on) == (
                IntentKind.PROMISE,
                Decimal(amount),
                on,
            )


def test_a_reminder_of_arrears_is_known_by_its_words() -> None:
    assert is_reminder_of_arrears(LATE)
    assert is_reminder_of_arrears("Ada, Harbor: USD 20 is OVERDUE.")
    assert not is_reminder_of_arrears("USD 20.00 for loan LN-1001 is due today.")
    assert not is_reminder_of_arrears("We noted 20.00 by 3 March.")


def test_chance_follows_the_seed() -> None:
    def offsets(seed: int) -> list[int | None]:
        return [
            first_day(person, View((BILL,)), PayOverdue, seed)
            for person in people(Behaviour.FORGETFUL)
        ]

    assert offsets(1) == offsets(1)
    assert offsets(1) != offsets(2)
