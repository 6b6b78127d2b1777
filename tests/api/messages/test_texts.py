"""The shipped texts, and how figures are written in them."""

from datetime import date
from decimal import Decimal

import pytest
from babel import Locale
from liquid.exceptions import LiquidError

from api.messages.packs import TEMPLATE_FILES, contact_packs, templates
from api.messages.rendering import GSM, TextError, compiled, day, money, template_for
from domain.contact.channel import Channel


def test_every_text_can_be_compiled_and_sms_texts_fit_their_segments() -> None:
    longest = {
        "first_name": "Maximiliana",
        "creditor_name": "Harbor Credit",
        "loan_number": "LN-10042",
        "amount": "$1,234.56",
        "due_on": "Sep 30, 2028",
        "portal_url": "https://account.harbor-credit.example/portal/in/" + "x" * 43,
    }
    seen = 0
    for language in TEMPLATE_FILES:
        for (_, channel), text in templates(language).items():
            body = compiled(text.body).render(**longest)
            seen += 1
            if channel is Channel.SMS:
                assert text.subject is None
                assert len(body) <= (2 * 153 if "portal_url" in text.body else 160), body
                assert set(body) <= GSM, body
            else:
                assert compiled(text.subject or "").render(**longest)
    assert seen >= 15


def test_a_language_falls_back_to_its_plain_form_and_to_english() -> None:
    english = template_for("help", Channel.SMS, "en")
    assert template_for("help", Channel.SMS, "en-GB") == english
    assert template_for("help", Channel.SMS, "tlh") == english
    assert template_for("help", Channel.SMS, "../../etc/passwd") == english
    with pytest.raises(TextError, match="template-unknown"):
        template_for("penalty", Channel.EMAIL, "en")


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
        ("5000", "JPY", "en_US", Channel.SMS, "¥5,000"),
        ("1.234", "KWD", "en_US", Channel.SMS, "KWD 1.234"),
    ],
)
def test_money_is_written_as_people_of_the_place_do(
    amount: str, currency: str, locale: str, channel: Channel, text: str
) -> None:
    assert money(Decimal(amount), currency, Locale.parse(locale), channel) == text


def test_no_day_is_taken_for_a_month() -> None:
    on = date(2028, 3, 4)
    assert day(on, Locale.parse("en_US")) == "Mar 4, 2028"
    assert day(on, Locale.parse("en_GB")) == "4 Mar 2028"
    assert day(on, Locale.parse("de_DE")) == "4. März 2028"


def test_the_shipped_rule_packs_are_read_whole() -> None:
    packs = {pack.id: pack for pack in contact_packs()}
    assert {"us", "us-reg-f", "us-ma", "us-nyc", "gb", "in", "ca-on", "au", "eu"} <= set(packs)
