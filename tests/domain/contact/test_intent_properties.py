"""What holds for whatever people write, in every language."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.contact.intents.kinds import CONFIDENT, STRICTEST_FIRST, IntentKind
from domain.contact.intents.languages import LANGUAGES
from domain.contact.intents.reading import read

WEDNESDAY = date(2028, 3, 1)
OVERDUE = Decimal("99.50")

VOCABULARY = (
    "pago 50 el viernes mañana la mitad todo no quizás si dos mil quinientos ya pagué deuda no es "
    "mía abogado 05/12 1.234,56 ¿ ? . , pasado el 5 de diciembre baja llámenme a las 5 शुक्रवार को "
    "५०० रुपये दूंगा कल नहीं शायद आधा दो हजार वकील लोन मेरा नहीं है निधन shukravar ko 500 dunga kal "
    "nahi agar do sau lakh 15 tarikh call karo i will pay on friday half two hundred and"
)
WORDS = st.sampled_from(VOCABULARY.split())
MESSAGES = st.one_of(st.text(max_size=200), st.lists(WORDS, max_size=16).map(" ".join))

PROMISES = {
    "en": ("I will pay 50 on friday", "pay half tomorrow", "two hundred on 5 december"),
    "es": ("pago 50 el viernes", "pagaré la mitad mañana", "doscientos el 5 de diciembre"),
    "hi": ("शुक्रवार को 50 दूंगा", "shukravar ko 50 dunga", "somvar ko aadha dunga"),
}
DOUBTS = {
    "en": ("not", "never", "maybe", "perhaps", "if", "might", "cant", "hopefully", "would"),
    "es": (
        "no",
        "nunca",
        "quizás",
        "tal vez",
        "si",
        "ojalá",
        "tampoco",
        "jamás",
        "aproximadamente",
    ),
    "hi": ("नहीं", "मत", "शायद", "अगर", "nahi", "mat", "shayad", "agar", "na"),
}


@settings(deadline=None)
@given(
    MESSAGES,
    st.sampled_from(["en", "es", "hi", "hi-IN", "", "xx"]),
    st.dates(date(1, 1, 1), date(9999, 12, 31)),
    st.sampled_from(["USD", "INR", "KWD", "", "XXX"]),
    st.sampled_from(["US", "ES", "IN", None]),
)
@example("en 99 semanas pago 5", "es", date.max, "USD", "ES")
@example("el 31 pago 5", "es", date(9999, 12, 31), "USD", "ES")
@example("call me at 25:61", "en", date.max, "USD", None)
@example("pago 5 el 31/12/99", "es", date.max, "USD", "ES")
@example("कल 5 दूंगा", "hi", date.max, "INR", "IN")
@example("99 crore crore crore", "hi", date.max, "INR", "IN")
def test_no_text_breaks_the_reading_and_what_is_read_is_sound(
    text: str, language: str, today: date, currency: str, country: str | None
) -> None:
    intent = read(text, language, today, currency, OVERDUE, country=country)
    assert intent.kind not in intent.also
    assert list(intent.also) == [kind for kind in STRICTEST_FIRST if kind in intent.also]
    if intent.kind is IntentKind.UNCLEAR:
        assert intent.confidence == 0
        return
    assert CONFIDENT <= intent.confidence <= 1
    assert intent.rules
    assert intent.language in {one.code for one in LANGUAGES}
    if intent.kind is IntentKind.PROMISE:
        assert intent.on is not None
        assert intent.on >= today
        assert intent.amount is not None
        assert intent.amount > 0


@pytest.mark.parametrize("language", PROMISES)
def test_a_promise_is_one_until_a_word_makes_it_doubtful(language: str) -> None:
    for promise in PROMISES[language]:
        read_so = read(promise, language, WEDNESDAY, "USD", OVERDUE)
        assert read_so.kind is IntentKind.PROMISE, promise
        said = promise.split()
        for doubt in DOUBTS[language]:
            for place in range(len(said) + 1):
                text = " ".join([*said[:place], doubt, *said[place:]])
                intent = read(text, language, WEDNESDAY, "USD", OVERDUE)
                assert intent.kind is not IntentKind.PROMISE, text
        for place in range(len(said) + 1):
            text = " ".join([*said[:place], "?", *said[place:]])
            assert read(text, language, WEDNESDAY, "USD", OVERDUE).kind is not IntentKind.PROMISE


@settings(deadline=None)
@given(
    MESSAGES,
    st.sampled_from(
        ["stop", "unsubscribe", "no me escriban más", "dejen de escribirme", "darme de baja"]
        + ["मैसेज मत भेजो", "मैसेज बंद करो", "message mat bhejo", "sms band karo"]
    ),
    MESSAGES,
    st.sampled_from([" ", "\n", ", ", ". ", " - "]),
    st.sampled_from(["en", "es", "hi"]),
)
def test_a_stop_wins_in_every_language_wherever_it_stands(
    before: str, words: str, after: str, gap: str, language: str
) -> None:
    text = f"{before}{gap}{words}{gap}{after}"
    assert read(text, language, WEDNESDAY, "USD", OVERDUE).kind is IntentKind.STOP


def test_the_rules_have_names_of_their_own() -> None:
    names = [rule.id for words in LANGUAGES for rule in words.statements]
    assert len(names) == len(set(names))
    for words in LANGUAGES:
        kinds = {rule.kind for rule in words.statements}
        assert kinds == set(STRICTEST_FIRST) - {
            IntentKind.STOP, IntentKind.PROMISE, IntentKind.START, IntentKind.HELP,
        }  # fmt: skip
