import tomllib
from pathlib import Path

import pytest
from liquid import Environment, StrictUndefined

from domain.contact.channel import Purpose

FILE = Path(__file__).parents[3] / "api" / "packs" / "templates" / "en.toml"
GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# As long as they get in ordinary life.
VALUES = {
    "first_name": "Christopher",
    "creditor_name": "Northwind Credit",
    "loan_number": "LN-100042",
    "amount": "US$12,345.67",
    "due_on": "28 Sept 2028",
    "complaint_number": "CP-100042",
    "received_on": "28 Sept 2028",
    "respond_by_on": "28 Nov 2028",
    "refer_by_on": "28 Sept 2029",
    "referral": "the Financial Ombudsman Service",
    "referral_contact": "www.financial-ombudsman.org.uk, 0800 023 4567",
    "outcome": "partly_upheld",
    "portal_url": "https://account.northwind-credit.example/portal/in/" + "x" * 43,
}
SEGMENT, TWO_SEGMENTS = 160, 2 * 153
TEXTS = [
    (key, medium, text)
    for key, media in tomllib.loads(FILE.read_text("utf-8")).items()
    if isinstance(media, dict)
    for medium, text in media.items()
]
NO_DEBT_NAMED = {"stop_confirm", "start_confirm", "help", "unclear"}


@pytest.mark.parametrize(("key", "medium", "text"), TEXTS, ids=lambda part: str(part)[:20])
def test_a_text(key: str, medium: str, text: dict[str, object]) -> None:
    body, variables = text["body"], text["variables"]
    assert isinstance(body, str)
    assert isinstance(variables, list)
    Purpose(str(text["purpose"]))
    environment = Environment(undefined=StrictUndefined)
    parts = [body] if medium == "sms" else [body, str(text["subject"])]
    used = {name for part in parts for name in environment.from_string(part).analyze().globals}
    assert used == set(variables)
    assert used <= set(VALUES)
    values = {name: VALUES[name] for name in variables}
    filled = environment.from_string(body).render(**values)
    if medium == "sms":
        longest = TWO_SEGMENTS if "portal_url" in used else SEGMENT
        assert len(filled) <= longest, (len(filled), filled)
        assert set(filled) <= GSM, set(filled) - GSM
        assert "STOP" in filled or key == "stop_confirm"
    else:
        leaves = "reply with the word STOP" in " ".join(filled.split())
        assert leaves == (medium == "email" and key != "stop_confirm")
        assert "\n" not in str(text["subject"])
    if key in NO_DEBT_NAMED:
        assert used == {"creditor_name"}


def test_the_texts_that_answers_and_alerts_need_are_there() -> None:
    keys = {(key, medium) for key, medium, _ in TEXTS}
    assert keys >= {
        (key, "sms")
        for key in (
            "upcoming",
            "due_today",
            "overdue_gentle",
            "overdue_firm",
            "promise_confirm",
            "promise_thanks",
            "payment_thanks",
            "stop_confirm",
            "start_confirm",
            "help",
            "unclear",
            "penalty",
        )
    }
    assert keys >= {
        (key, "email")
        for key in ("promise_confirm", "stop_confirm", "start_confirm", "help", "unclear")
    }
