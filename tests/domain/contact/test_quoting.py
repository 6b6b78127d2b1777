"""What of a text is its writer's own, and what a machine wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.contact.intents.quoting import is_automatic, own_words

OURS = "Harbor Credit: $106.62 is still unpaid. Reply STOP to opt out."


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("30 on friday", "30 on friday"),
        (f"> {OURS}\n30 on friday", "30 on friday"),
        (f"{OURS} 30 on friday", "30 on friday"),
        (f"30 on friday\n\n{OURS}", "30 on friday"),
        (OURS.upper(), ""),
        (OURS.replace(" ", "\n"), ""),
        (f"Liked “{OURS}”", ""),
        (f"Le gustó «{OURS}»", ""),
        ("30 el viernes\n\nEl 3 mar 2028, Harbor Credit escribió:\n> STOP", "30 el viernes"),
        ("ठीक है\n\n3 मार्च 2028 को Harbor Credit ने लिखा:\nSTOP", "ठीक है"),
        ("ok\n--- Original Message ---\nSTOP", "ok"),
        ("liked it, thanks", "liked it, thanks"),
        ("STOP", "STOP"),
        ("", ""),
    ],
)
def test_what_is_quoted_is_left_out(text: str, own: str) -> None:
    assert own_words(text, [OURS]) == own


def test_a_short_text_of_ours_is_no_echo() -> None:
    assert own_words("ok stop", ["stop"]) == "ok stop"


@pytest.mark.parametrize(
    "text",
    [
        "Automatic reply: out until Monday",
        "AUTO-REPLY",
        "I am out of office",
        "Respuesta automática: vuelvo el lunes",
        "यह एक स्वचालित उत्तर है",
    ],
)
def test_a_machine_says_that_it_is_one(text: str) -> None:
    assert is_automatic(text)


@pytest.mark.parametrize(
    "text", ["30 on friday", "I saw your automatic reply", "Automatic reply: STOP", "", "x" * 5000]
)
def test_a_person_is_none(text: str) -> None:
    assert not is_automatic(text)


@given(st.text(max_size=300), st.lists(st.text(max_size=80), max_size=3))
def test_no_text_breaks_it_and_nothing_is_added(text: str, ours: list[str]) -> None:
    assert len(own_words(text, ours)) <= len(text) + len(ours)
    is_automatic(text)
