from datetime import date
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.contact.intent import CONFIDENT, Intent, IntentKind, read

WEDNESDAY = date(2028, 3, 1)
OVERDUE = Decimal("99.50")


def understand(text: str, *, currency: str = "USD", language: str = "en") -> Intent:
    return read(text, language, WEDNESDAY, currency, OVERDUE)


@pytest.mark.parametrize(
    "text",
    [
        "STOP",
        "stop",
        " Stop. ",
        "'STOP'",
        "S T O P",
        "s.t.o.p",
        "stoooop",
        "STOP!!!",
        "ＳＴＯＰ",
        "st\u200bop",
        "stóp",
        "STOPALL",
        "stop all",
        "Please stop texting me",
        "can you stop this?",
        "I will pay 50 on friday but STOP texting",
        "STOP\nI will pay 50 on friday",
        "quit",
        "END",
        "end please",
        "revoke",
        "I revoke my consent",
        "opt out",
        "opt-out",
        "OPTOUT",
        "cancel",
        "Cancel messages",
        "unsubscribe",
        "un-subscribe me",
        "ARRET",
        "arrêt",
        "TD",
        "remove",
        "remove me from your list",
        "remove my number",
        "take me off this list",
        "don't text me",
        "dont text me again",
        "Do not contact me",
        "do not message me anymore",
        "no more texts please",
        "leave me alone",
        "wrong number",
        "stop_texting",
    ],
)
@pytest.mark.parametrize("language", ["en", "es", ""])
def test_any_wording_of_stop_stops(text: str, language: str) -> None:
    assert understand(text, language=language).kind is IntentKind.STOP


@pytest.mark.parametrize(
    "text",
    [
        "I stopped working",
        "will pay at the end of march",
        "please cancel my payment of 50 on friday",
        "I will pay 50 on friday, end of story",
        "is this the end?",
        "my unit is 12 quit street",
    ],
)
def test_a_stop_word_in_an_ordinary_sentence_goes_to_a_person(text: str) -> None:
    assert understand(text).kind is IntentKind.UNCLEAR


@pytest.mark.parametrize("text", ["START", "start.", "Unstop", "please start", "start texts"])
def test_start(text: str) -> None:
    intent = understand(text)
    assert intent.kind is IntentKind.START
    assert not intent.requires_opted_out


@pytest.mark.parametrize("text", ["YES", "yes!", "Yes please"])
def test_yes_means_something_only_to_the_opted_out(text: str) -> None:
    intent = understand(text)
    assert intent.kind is IntentKind.START
    assert intent.requires_opted_out


@pytest.mark.parametrize("text", ["HELP", "help?", "Info", "help me please", "INFORMATION"])
def test_help(text: str) -> None:
    assert understand(text).kind is IntentKind.HELP


@pytest.mark.parametrize(
    ("text", "amount", "on"),
    [
        ("I will pay 50 on Friday", "50", "2028-03-03"),
        ("can pay 120.50 on 12 March", "120.50", "2028-03-12"),
        ("cant this week, 30 on friday", "30", "2028-03-03"),
        ("Can't this week. 30 on Friday.", "30", "2028-03-03"),
        ("cannot now but will pay 30 on friday", "30", "2028-03-03"),
        ("will pay all on friday", "99.50", "2028-03-03"),
        ("everything on friday", "99.50", "2028-03-03"),
        ("I will pay on Friday", "99.50", "2028-03-03"),
        ("Hi, I'll pay $1,200.50 tomorrow, thank you", "1200.50", "2028-03-02"),
        ("I'll pay 1200 dollars today", "1200", "2028-03-01"),
        ("will pay 1,00,000 on friday", "100000", "2028-03-03"),
        ("will pay 1 200 on friday", "1200", "2028-03-03"),
        ("120,50 on friday", "120.50", "2028-03-03"),
        ("30 wed", "30", "2028-03-08"),
        ("30 on the 3rd", "30", "2028-03-03"),
        ("30 on the 1st", "30", "2028-04-01"),
        ("30 on the 31st", "30", "2028-03-31"),
        ("will send 30 on 12th of March", "30", "2028-03-12"),
        ("pay 30 on March 12th", "30", "2028-03-12"),
        ("pay 30 on march 12 2028", "30", "2028-03-12"),
        ("pay 50 on may 12", "50", "2028-05-12"),
        ("can pay 50 may 12", "50", "2028-05-12"),
        ("pay 50 on 2028-03-12", "50", "2028-03-12"),
        ("pay 30 on 29 february 2032", "30", "2032-02-29"),
        ("pay 50 in 3 days", "50", "2028-03-04"),
        ("pay 50 in a week", "50", "2028-03-08"),
        ("pay 50 in two weeks", "50", "2028-03-15"),
        ("30 on monday 6 march", "30", "2028-03-06"),
        ("pay 50 by friday evening", "50", "2028-03-03"),
        ("will pay 50 on Friday, 3 March", "50", "2028-03-03"),
    ],
)
def test_a_promise(text: str, amount: str, on: str) -> None:
    intent = understand(text)
    assert intent.kind is IntentKind.PROMISE
    assert intent.amount == Decimal(amount)
    assert intent.on == date.fromisoformat(on)
    assert CONFIDENT <= intent.confidence <= 1


@pytest.mark.parametrize(
    "text",
    [
        # days that nobody can be sure of
        "pay 50 on 12/3",
        "pay 50 on 12/03/2028",
        "pay 50 on 12.03.2028",
        "pay 50 on 12-03-28",
        "pay 50 next friday",
        "pay 50 next week",
        "pay 50 in march",
        "pay 50 on 30 february",
        "pay 50 on 2028-02-31",
        "pay 12 march 15",
        "30 on monday 7 march",
        "pay 50 on friday or saturday",
        "pay 50 on the 0th",
        "pay 50 friday and monday",
        "pay 50 before friday",
        "pay 50 soon",
        # days that are past
        "pay 50 on 2028-02-12",
        "pay 50 on 3 january",
        "pay 50 on 29 february 2028",
        # amounts that nobody can be sure of
        "pay 50 and 60 on friday",
        "50-60 on friday",
        "-50 on friday",
        "pay 0 on friday",
        "50.555 on friday",
        "1.200 on friday",
        "120,5 on friday",
        "1,200,50 on friday",
        "zig zag hop 50 on friday",
        "pay 50 on the 32nd",
        "will pay 5k friday",
        "will pay half on friday",
        "will pay fifty on friday",
        "will pay \u096b\u0966 on friday",
        "pay 50² on friday",
        "pay 50% on friday",
        "pay €50 on friday",
        "pay 50 rupees on friday",
        "all 50 on friday",
        "99999999999999999999 on friday",
        # no promise
        "friday",
        "50",
        "on friday",
        "should I pay 50 on friday?",
        "can you take 50 on friday",
        "not paying 50 on friday",
        "I will never pay 50 on friday",
        "pay 50 on friday, no wait, cant",
        "maybe 50 on friday",
        "might pay 50 on friday",
        "will try to pay 50 on friday",
        "if i can I will pay 50 on friday",
        "I paid 50 on friday",
        "I get paid 50 on friday",
        "you owe me 50 on friday",
        "i may pay 50 friday",
        "my husband will pay 50 on friday",
        "no",
        "",
        "   ",
        "?",
    ],
)
def test_what_leaves_a_doubt_goes_to_a_person(text: str) -> None:
    assert understand(text) == Intent(IntentKind.UNCLEAR)


@pytest.mark.parametrize("today", [date(2028, 2, 20), date(2028, 3, 31), date(2028, 1, 31)])
def test_a_month_may_not_have_the_day(today: date) -> None:
    assert read("pay 50 on the 31st", "en", today, "USD", None).kind is IntentKind.UNCLEAR


def test_the_day_of_the_month_turns_the_year() -> None:
    assert read("pay 50 on the 5th", "en", date(2028, 12, 20), "USD", None).on == date(2029, 1, 5)


def test_new_year_is_near_in_december() -> None:
    intent = read("pay 50 on 3 january", "en", date(2028, 12, 20), "USD", None)
    assert intent.on == date(2029, 1, 3)


def test_the_minor_units_of_the_currency_count() -> None:
    assert understand("pay 5000 on friday", currency="JPY").amount == Decimal("5000")
    assert understand("pay 50.50 on friday", currency="JPY").kind is IntentKind.UNCLEAR
    assert understand("pay 1.250 on friday", currency="KWD").amount == Decimal("1.250")
    assert understand("pay 50 on friday", currency="").kind is IntentKind.UNCLEAR


def test_all_means_what_is_overdue_even_if_that_is_not_known() -> None:
    intent = read("will pay all on friday", "en", WEDNESDAY, "USD", None)
    assert intent.kind is IntentKind.PROMISE
    assert intent.amount is None


def test_promises_are_read_in_english_only() -> None:
    assert understand("I will pay 50 on Friday", language="en-GB").kind is IntentKind.PROMISE
    assert understand("I will pay 50 on Friday", language="hi").kind is IntentKind.UNCLEAR


def test_a_letter_is_no_promise() -> None:
    assert understand("I will pay 50 on friday " + "please " * 100).kind is IntentKind.UNCLEAR


VOCABULARY = (
    "i will pay cant 50 120.50 1,200 on friday 12 march 2028-03-12 the 3rd in two weeks all maybe "
    "not yes start help , . ? ! - 0 00 $ € may 31 february 9999-99-99 in 99 days"
)
WORDS = st.sampled_from(VOCABULARY.split())
MESSAGES = st.one_of(st.text(max_size=200), st.lists(WORDS, max_size=14).map(" ".join))


@settings(deadline=None)
@given(
    MESSAGES,
    st.sampled_from(["en", "es", ""]),
    st.dates(date(1, 1, 1), date(9999, 12, 31)),
    st.sampled_from(["USD", "JPY", "KWD", "", "XXX"]),
)
@example("in 99 weeks pay 5", "en", date.max, "USD")
@example("pay 5 on friday", "en", date.max, "USD")
@example("pay 5 on the 31st", "en", date(9999, 12, 31), "USD")
@example("pay 5 on 1 january", "en", date.max, "USD")
def test_no_text_breaks_the_reading_and_promises_are_sound(
    text: str, language: str, today: date, currency: str
) -> None:
    intent = read(text, language, today, currency, OVERDUE)
    if intent.kind is IntentKind.PROMISE:
        assert intent.on is not None
        assert intent.on >= today
        assert intent.amount is not None
        assert intent.amount > 0
    else:
        assert intent.amount is None
        assert intent.on is None


@settings(deadline=None)
@given(
    MESSAGES,
    st.sampled_from(["stop", "STOP", "Stop", "unsubscribe", "opt out", "stop it", "do not text"]),
    MESSAGES,
    st.sampled_from([" ", "\n", ", ", ". ", " - "]),
)
def test_a_stop_wins_wherever_it_stands(before: str, word: str, after: str, gap: str) -> None:
    assert understand(f"{before}{gap}{word}{gap}{after}").kind is IntentKind.STOP
