"""The shipped texts, and how figures are written in them."""

import tomllib
from datetime import date
from decimal import Decimal

import pytest
from babel import Locale
from liquid.exceptions import LiquidError

from api.messages.packs import TEMPLATE_FILES, contact_packs, templates, texts_from
from api.messages.rendering import MAX_SUBJECT, compiled, day, money
from api.templates.using import HouseText, Texts
from domain.contact.channel import Channel
from domain.contact.intents.quoting import own_words
from domain.contact.segments import GSM, segments

LONGEST = {
    "first_name": "Maximiliana",
    "creditor_name": "Harbor Credit",
    "loan_number": "LN-10042",
    "portal_url": "https://account.harbor-credit.example/portal/in/" + "x" * 43,
}
# Segments of a text message, without and with a link.
MOST_SEGMENTS = {"en": (1, 2), "es": (1, 2), "hi": (2, 4)}
COUNTRIES = {"en": ("US", "USD"), "es": ("ES", "USD"), "hi": ("IN", "INR")}
TEXTS = [
    (language, key, channel) for language in TEMPLATE_FILES for key, channel in templates(language)
]


def longest_values(language: str, *, is_frugal: bool) -> dict[str, str]:
    country, currency = COUNTRIES[language]
    locale = Locale.parse(f"{language}_{country}")
    return LONGEST | {
        "amount": money(Decimal("12345.67"), currency, locale, is_frugal=is_frugal),
        "due_on": day(date(2028, 9, 30), locale),
        "received_on": day(date(2028, 9, 30), locale),
        "respond_by_on": day(date(2028, 11, 30), locale),
        "refer_by_on": day(date(2029, 9, 30), locale),
        "complaint_number": "CP-10042",
        "referral": "the Financial Ombudsman Service",
        "referral_contact": "www.financial-ombudsman.org.uk, 0800 023 4567",
        "outcome": "partly_upheld",
    }


def test_every_text_is_there_in_every_language() -> None:
    assert set(TEMPLATE_FILES) == {"en", "es", "hi"}
    english = templates("en")
    for language in TEMPLATE_FILES:
        for name, text in english.items():
            other = templates(language)[name]
            ours, theirs = compiled(text.body).analyze(), compiled(other.body).analyze()
            assert set(ours.globals) == set(theirs.globals), (language, name)
            assert (text.subject is None) == (other.subject is None)


@pytest.mark.parametrize(("language", "key", "channel"), TEXTS)
def test_a_text_can_be_written_and_fits_its_segments(
    language: str, key: str, channel: Channel
) -> None:
    text = templates(language)[key, channel]
    values = longest_values(language, is_frugal=channel is Channel.SMS and language != "hi")
    body = compiled(text.body).render(**values)
    if channel is Channel.IN_APP:
        assert 0 < len(compiled(text.subject or "").render(**values)) <= MAX_SUBJECT
        assert "STOP" not in body
        return
    if channel is Channel.EMAIL:
        assert 0 < len(compiled(text.subject or "").render(**values)) <= MAX_SUBJECT
        assert "STOP" in body or key == "stop_confirm"
        return
    assert text.subject is None
    most = MOST_SEGMENTS[language]["portal_url" in text.body]
    assert segments(body) <= most, (segments(body), len(body), body)
    assert set(body) <= GSM or language == "hi", set(body) - GSM
    assert "STOP" in body or key == "stop_confirm"


@pytest.mark.parametrize("language", ["en", "es", "hi"])
def test_our_texts_are_no_words_of_the_customer(language: str) -> None:
    """What comes back of a text of ours is told from what its reader writes himself."""
    for (_, channel), text in templates(language).items():
        if channel is Channel.SMS:
            body = compiled(text.body).render(**longest_values(language, is_frugal=True))
            assert own_words(f"> {body}\nok", [body]) == "ok"
            assert not own_words(body, [body])


@pytest.mark.parametrize(
    ("changed", "to", "missing"),
    [
        ("Reply STOP to opt out.", "Reply.", "opt-out"),
        ("reply with the word STOP.", "write to us.", "opt-out"),
        ("Free and independent debt advice", "Advice", "debt-advice"),
    ],
)
def test_a_text_without_its_legal_words_is_refused(changed: str, to: str, missing: str) -> None:
    source = TEMPLATE_FILES["en"].read_text("utf-8")
    head, first, rest = source.partition("[upcoming.sms]")
    assert texts_from(tomllib.loads(source)) == templates("en")
    broken = head + first + rest.replace(changed, to, 1)
    with pytest.raises(ValueError, match=missing):
        texts_from(tomllib.loads(broken))


def test_without_locked_words_or_with_odd_ones_nothing_is_read() -> None:
    for source in (
        "x = 1",
        "[[locked]]\nname = 'a'",
        "[[locked]]\nname=1\nchannel='sms'\ntext='x'",
    ):
        with pytest.raises(ValueError, match="locked"):
            texts_from(tomllib.loads(source + "\n[a.sms]\npurpose='reply'\nbody='x'"))


def test_a_language_falls_back_to_its_plain_form_and_to_english() -> None:
    used = Texts()
    english = used.message("help", Channel.SMS, "en")
    assert used.message("help", Channel.SMS, "es-MX") == templates("es")["help", Channel.SMS]
    assert used.message("help", Channel.SMS, "fr") == english
    assert used.message("help", Channel.SMS, "en-GB") == english
    assert used.message("help", Channel.SMS, "tlh") == english
    assert used.message("help", Channel.SMS, "../../etc/passwd") == english
    assert used.message("penalty", Channel.EMAIL, "en") is None


def test_a_text_of_the_house_stands_before_the_shipped_one() -> None:
    house = {
        ("help", "sms", "es"): HouseText(2, None, "Ayuda"),
        ("help", "sms", "fr"): HouseText(3, None, "Aide"),
    }
    used = Texts(house)
    spanish = used.message("help", Channel.SMS, "es-MX")
    french = used.message("help", Channel.SMS, "fr")
    assert spanish is not None
    assert french is not None
    assert (spanish.body, spanish.version, spanish.purpose) == ("Ayuda", "2", "reply")
    assert (french.body, french.language) == ("Aide", "fr")
    assert used.message("help", Channel.EMAIL, "es") == templates("es")["help", Channel.EMAIL]


def test_what_is_missing_is_an_error_and_nothing_runs_away() -> None:
    for source in ("{{ nobody }}", "{% for i in (1..1000000) %}x{% endfor %}"):
        with pytest.raises(LiquidError):
            compiled(source).render(first_name="x")


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "channel", "text"),
    [
        ("1234.5", "USD", "en_US", Channel.SMS, "$1,234.50"),
        ("1234.5", "EUR", "de_DE", Channel.SMS, "1.234,50 €"),
        ("1234.5", "INR", "en_IN", Channel.SMS, "INR 1,234.50"),
        ("1234.5", "INR", "en_IN", Channel.EMAIL, "₹1,234.50"),
        ("123456.5", "INR", "hi_IN", Channel.EMAIL, "₹1,23,456.50"),
        ("1234.5", "USD", "es_US", Channel.SMS, "$1,234.50"),
        ("1234.5", "EUR", "es_ES", Channel.SMS, "1.234,50 €"),
        ("12345.5", "EUR", "es_ES", Channel.SMS, "12.345,50 €"),
        ("1234.5", "MXN", "es_MX", Channel.SMS, "$1,234.50"),
        ("5000", "JPY", "en_US", Channel.SMS, "¥5,000"),
        ("1.234", "KWD", "en_US", Channel.SMS, "KWD 1.234"),
    ],
)
def test_money_is_written_as_people_of_the_place_do(
    amount: str, currency: str, locale: str, channel: Channel, text: str
) -> None:
    is_frugal = channel is Channel.SMS
    assert money(Decimal(amount), currency, Locale.parse(locale), is_frugal=is_frugal) == text


def test_no_day_is_taken_for_a_month() -> None:
    on = date(2028, 3, 4)
    assert day(on, Locale.parse("en_US")) == "Mar 4, 2028"
    assert day(on, Locale.parse("en_GB")) == "4 Mar 2028"
    assert day(on, Locale.parse("de_DE")) == "4. März 2028"
    assert day(on, Locale.parse("es_ES")) == "4 mar 2028"
    assert day(on, Locale.parse("hi_IN")) == "4 मार्च 2028"


def test_the_shipped_rule_packs_are_read_whole() -> None:
    packs = {pack.id: pack for pack in contact_packs()}
    assert {"us", "us-reg-f", "us-ma", "us-nyc", "gb", "in", "ca-on", "au", "eu"} <= set(packs)
