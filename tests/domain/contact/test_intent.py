from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.contact.intents.kinds import CONFIDENT, Intent, IntentKind
from domain.contact.intents.reading import read
from tests.domain.contact.understood import assert_promise

WEDNESDAY = date(2028, 3, 1)
OVERDUE = Decimal("99.50")


def understand(text: str, *, currency: str = "USD", language: str = "en") -> Intent:
    return read(text, language, WEDNESDAY, currency, OVERDUE, name="John Keller")


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
        ("will pay half on friday", "49.75", "2028-03-03"),
        ("will pay fifty on friday", "50", "2028-03-03"),
        ("I can pay two hundred and fifty tomorrow", "250", "2028-03-02"),
        ("I'll pay 2 thousand on friday", "2000", "2028-03-03"),
        ("pay 1.234,56 on friday", "1234.56", "2028-03-03"),
        ("pay 50 on 25/3", "50", "2028-03-25"),
        ("pay 50 on 3/25/2028", "50", "2028-03-25"),
    ],
)
def test_a_promise(text: str, amount: str, on: str) -> None:
    intent = understand(text)
    assert_promise(intent, amount, on)


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
        "will pay half of the 50 on friday",
        "will pay half of it all on friday",
        "will pay fifty sixty on friday",
        "will pay five on friday",
        "will pay today in half an hour",
        "pay 50 on 25/13",
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


def test_the_words_show_the_language_whatever_the_customer_s_is() -> None:
    assert understand("I will pay 50 on Friday", language="en-GB").kind is IntentKind.PROMISE
    promise = understand("I will pay 50 on Friday", language="es")
    assert promise.kind is IntentKind.PROMISE
    assert promise.language == "en"
    assert understand("pagaré 50 el viernes", language="en").language == "es"


def test_a_day_in_figures_is_read_as_the_country_writes_it() -> None:
    def on(text: str, country: str | None) -> date | None:
        return read(text, "en", WEDNESDAY, "USD", OVERDUE, country=country).on

    assert on("pay 50 on 05/12", "GB") == date(2028, 12, 5)
    assert on("pay 50 on 12.03.2028", "IN") == date(2028, 3, 12)
    assert on("pay 50 on 12-03-28", "GB") == date(2028, 3, 12)
    assert on("pay 50 on 05/05", "US") == date(2028, 5, 5)
    assert on("pay 50 on 05/12", "US") is None
    assert on("pay 50 on 05/12", None) is None
    assert on("pay 50 on 3/25", "GB") is None
    assert on("pay 50 on 31/02", "GB") is None


def test_a_dot_parts_thousands_only_where_everybody_writes_so() -> None:
    def amount(country: str | None) -> Decimal | None:
        return read("pay 1.200 on friday", "en", WEDNESDAY, "EUR", None, country=country).amount

    assert amount("ES") == Decimal(1200)
    assert amount("IE") is None
    assert amount(None) is None


def test_half_needs_what_is_owed() -> None:
    assert read("pay half on friday", "en", WEDNESDAY, "USD", None).kind is IntentKind.UNCLEAR


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I paid 50 on friday", IntentKind.PAID),
        ("Already paid!", IntentKind.PAID),
        ("I have already sent the money yesterday", IntentKind.PAID),
        ("payment was made this morning", IntentKind.PAID),
        ("Sorry, I've just paid", IntentKind.PAID),
        ("I paid 20 yesterday and will pay 30 on friday", IntentKind.PAID),
        ("I dispute this debt", IntentKind.DISPUTE),
        ("this is not mine", IntentKind.DISPUTE),
        ("I don't owe you anything", IntentKind.DISPUTE),
        ("the amount is wrong", IntentKind.DISPUTE),
        ("I never took out a loan", IntentKind.DISPUTE),
        ("That's wrong. The balance is not right, I am disputing it", IntentKind.DISPUTE),
        ("I lost my job last month", IntentKind.HARDSHIP),
        ("I've been laid off", IntentKind.HARDSHIP),
        ("I can't afford this", IntentKind.HARDSHIP),
        ("i have no money", IntentKind.HARDSHIP),
        ("I'm in hospital", IntentKind.HARDSHIP),
        ("I am going through financial difficulties", IntentKind.HARDSHIP),
        ("Can I get a payment plan?", IntentKind.HARDSHIP),
        ("I lost my job but I will pay 50 on friday", IntentKind.HARDSHIP),
        ("I am not John", IntentKind.WRONG_PERSON),
        ("You have the wrong person", IntentKind.WRONG_PERSON),
        ("no one here by that name", IntentKind.WRONG_PERSON),
        ("I don't know this person", IntentKind.WRONG_PERSON),
        ("please contact my lawyer", IntentKind.LEGAL_REPRESENTATIVE),
        ("My attorney will get back to you", IntentKind.LEGAL_REPRESENTATIVE),
        ("I have hired a solicitor", IntentKind.LEGAL_REPRESENTATIVE),
        ("I am represented by counsel", IntentKind.LEGAL_REPRESENTATIVE),
        ("I filed for bankruptcy", IntentKind.BANKRUPTCY),
        ("We filed chapter 13 in May", IntentKind.BANKRUPTCY),
        ("I am bankrupt", IntentKind.BANKRUPTCY),
        ("my husband passed away last week", IntentKind.DECEASED),
        ("Mr Keller has died", IntentKind.DECEASED),
        ("She is deceased. Please write to the executor of her estate", IntentKind.DECEASED),
        ("call me", IntentKind.CALL_ME),
        ("Can you call me tomorrow at 5pm?", IntentKind.CALL_ME),
        ("can someone please phone me", IntentKind.CALL_ME),
        ("I need to speak to someone", IntentKind.CALL_ME),
        ("He died. I have hired a lawyer and dispute this debt", IntentKind.DECEASED),
    ],
)
def test_what_people_say_of_themselves_and_the_debt(text: str, kind: IntentKind) -> None:
    intent = understand(text)
    assert intent.kind is kind
    assert intent.confidence >= CONFIDENT
    assert intent.language == "en"
    assert intent.rules[0].startswith(f"en.{kind.value}.")


@pytest.mark.parametrize(
    "text",
    [
        "this is not fair",
        "I am not interested",
        "I'm not working this week",
        "I am not well",
        "I sent you a letter",
        "I have already sent the form",
        "I paid my rent so nothing is left over",
        "I paid for the doctor",
        "I never got your message",
        "I didn't receive a letter from you",
        "I'm having a hard time logging in",
        "my wife works in the hospital",
        "I have a new number",
        "that's the wrong one",
        "my car died",
        "I live on an estate in Leeds",
        "what is your phone number",
        "can I pay with a lawyer's cheque",
    ],
)
def test_an_ordinary_sentence_is_not_taken_for_more(text: str) -> None:
    assert understand(text).kind is IntentKind.UNCLEAR


@pytest.mark.parametrize(
    "text",
    [
        "I have not paid",
        "I haven't paid yet",
        "did I pay already?",
        "have I paid?",
        "maybe my lawyer will call",
        "I might file for bankruptcy",
        "if I am bankrupt what then",
        "am I bankrupt?",
        "I don't dispute this debt",
        "my phone died",
        "I have not lost my job",
        "when I get paid",
        "don't call me",
        "nobody died",
    ],
)
def test_what_is_denied_hedged_or_asked_is_not_said(text: str) -> None:
    assert understand(text).kind is IntentKind.UNCLEAR


def test_a_person_is_told_what_an_unsure_message_may_be_about() -> None:
    intent = understand("I might file for bankruptcy")
    assert intent.also == (IntentKind.BANKRUPTCY,)
    assert intent.rules == ("en.bankruptcy.filed",)


def test_several_things_in_one_message_are_all_told_the_strictest_first() -> None:
    intent = understand("STOP. My mother died and we dispute this debt, I lost my job")
    assert intent.kind is IntentKind.STOP
    assert intent.also == (IntentKind.DECEASED, IntentKind.DISPUTE, IntentKind.HARDSHIP)
    wrong = understand("wrong number, I don't know this person")
    assert (wrong.kind, wrong.also) == (IntentKind.STOP, (IntentKind.WRONG_PERSON,))


@pytest.mark.parametrize(
    ("text", "on", "at"),
    [
        ("call me tomorrow at 5pm", date(2028, 3, 2), time(17)),
        ("call me at 10:30", None, time(10, 30)),
        ("call me friday at 3", date(2028, 3, 3), time(15)),
        ("call me on 5 March between 9 am and 11 am", date(2028, 3, 5), None),
        ("call me", None, None),
        ("call me at 99", None, None),
    ],
)
def test_a_call_is_asked_for_at_a_time(text: str, on: date | None, at: time | None) -> None:
    intent = understand(text)
    assert (intent.kind, intent.on, intent.at) == (IntentKind.CALL_ME, on, at)


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
        assert intent.on is None or intent.kind is IntentKind.CALL_ME


@settings(deadline=None)
@given(
    MESSAGES,
    st.sampled_from(["stop", "STOP", "Stop", "unsubscribe", "opt out", "stop it", "do not text"]),
    MESSAGES,
    st.sampled_from([" ", "\n", ", ", ". ", " - "]),
)
def test_a_stop_wins_wherever_it_stands(before: str, word: str, after: str, gap: str) -> None:
    assert understand(f"{before}{gap}{word}{gap}{after}").kind is IntentKind.STOP


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "I want to complain about the calls"),
        ("en", "I am complaining. You call ten times a day"),
        ("en", "This is a formal complaint"),
        ("en", "I'd like to lodge a complaint"),
        ("en", "I am going to the ombudsman"),
        ("es", "quiero quejarme de sus llamadas"),
        ("es", "esto es una reclamación"),
        ("es", "Pongo una queja"),
        ("hi", "मुझे शिकायत करनी है"),
        ("hi", "main shikayat darj karunga"),
    ],
)
def test_a_complaint(language: str, text: str) -> None:
    found = understand(text, language=language)
    assert (found.kind, found.confidence >= CONFIDENT) == (IntentKind.COMPLAINT, True)


@pytest.mark.parametrize("text", ["I have no complaint", "I am not complaining, I will pay"])
def test_no_complaint(text: str) -> None:
    assert understand(text).kind is not IntentKind.COMPLAINT
