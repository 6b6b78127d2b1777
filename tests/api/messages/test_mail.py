"""Reading e-mails: what is new in them, what machines write, and what is refused quickly."""

import time
from email.message import EmailMessage
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.messages.mail import (
    MAX_BYTES,
    Bounce,
    Letter,
    MailRefused,
    Refusal,
    html_text,
    read_mail,
    reply_text,
)

OURS = UUID("0190a7c2-1111-7222-8333-444455556666")
FOOTER = "To get no more e-mails about this loan at this address, reply with the word STOP."


def mail(text: str = "30 on friday", *, html: str | None = None, **headers: str) -> EmailMessage:
    made = EmailMessage()
    made["From"] = "Maria Keller <Maria@Customers.Example>"
    made["To"] = f"replies+{OURS}@answers.tenor.example"
    made["Message-ID"] = "<abc@customers.example>"
    made["Subject"] = "Re: Your instalment"
    for name, value in headers.items():
        field = name.replace("_", "-")
        del made[field]
        made[field] = value
    if text:
        made.set_content(text)
    if html is not None:
        if text:
            made.add_alternative(html, subtype="html")
        else:
            made.set_content(html, subtype="html")
    return made


def letter(made: EmailMessage, envelope_from: str | None = "maria@customers.example") -> Letter:
    return read_mail(made.as_bytes(), envelope_from=envelope_from)


def refusal(raw: bytes) -> Refusal:
    with pytest.raises(MailRefused) as caught:
        read_mail(raw)
    return caught.value.reason


def test_an_ordinary_answer() -> None:
    found = letter(mail())
    assert found == Letter(
        message_id="<abc@customers.example>",
        sender="maria@customers.example",
        subject="Re: Your instalment",
        text="30 on friday",
        answers=(OURS,),
        automatic=False,
        bounce=None,
        attachments=0,
    )
    assert "maria" not in repr(found)
    assert "friday" not in repr(found)


@pytest.mark.parametrize(
    ("text", "new"),
    [
        (f"STOP\n\nOn Mon, Mar 3, 2028 at 9:00 AM Tenor <x@y.example>\nwrote:\n> {FOOTER}", "STOP"),
        (f"30 on friday\n\nSent from my iPhone\n\n> {FOOTER}\n", "30 on friday"),
        ("yes\n-- \nMaria Keller\nStop Street 4", "yes"),
        (
            f"I pay friday\n\nAm 3. März 2028 um 09:00 schrieb Tenor <x@y.example>:\n> {FOOTER}",
            "I pay friday",
        ),
        (
            f"ok\n\nFrom: Tenor <x@y.example>\nSent: Monday\nTo: Maria\nSubject: Due\n\n{FOOTER}",
            "ok",
        ),
        # Some programs quote without a mark: our own lines are known as ours.
        (f"I am ill at the moment\n{FOOTER}", "I am ill at the moment"),
        (f"> {FOOTER}\nI am ill", "I am ill"),
        ("", ""),
    ],
)
def test_what_is_new(text: str, new: str) -> None:
    assert reply_text(text, f"Hello Maria,\n\n{FOOTER}\n") == new


def test_html_alone_is_read_without_its_quotes_and_scripts() -> None:
    found = letter(
        mail(
            "",
            html="<html><head><title>x</title><style>p{}</style></head><body><p>30&nbsp;on"
            " friday</p><script>steal()</script><div>Maria &amp; Eve<br>bye</div>"
            f"<blockquote>{FOOTER}</blockquote></body></html>",
        )
    )
    lines = [line.strip() for line in found.text.splitlines() if line.strip()]
    assert lines == ["30 on friday", "Maria & Eve", "bye"]
    assert html_text("<b>a</b>&lt;script&gt;") == "a<script>"


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; owner-email=x"},
        {"Precedence": "bulk"},
        {"X_Autoreply": "yes"},
        {"X_Auto_Response_Suppress": "All"},
        {"Return_Path": "<>"},
        {"From": "MAILER-DAEMON@mx.example"},
    ],
)
def test_machines_are_known(headers: dict[str, str]) -> None:
    assert letter(mail(**headers)).automatic


def test_people_are_no_machines() -> None:
    assert not letter(mail(Auto_Submitted="no")).automatic
    assert not letter(mail(Return_Path="<maria@customers.example>")).automatic
    assert letter(mail(), envelope_from="").automatic


def bounce(status: str = "5.1.1", action: str = "failed", about: object = OURS) -> bytes:
    return "\r\n".join(
        [
            "From: MAILER-DAEMON@mx.example",
            "To: loans@tenor.example",
            "Message-ID: <dsn@mx.example>",
            "Subject: Undelivered",
            "MIME-Version: 1.0",
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
            "",
            "--b",
            "Content-Type: text/plain",
            "",
            "It did not arrive.",
            "--b",
            "Content-Type: message/delivery-status",
            "",
            "Reporting-MTA: dns; mx.example",
            "",
            "Final-Recipient: rfc822; maria@customers.example",
            f"Action: {action}",
            f"Status: {status}",
            "",
            "--b",
            "Content-Type: text/rfc822-headers",
            "",
            "From: loans@tenor.example",
            f"Message-ID: <{about}@tenor.example>",
            "",
            "--b--",
            "",
        ]
    ).encode()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (bounce(), Bounce(OURS, mailbox_gone=True)),
        (bounce("5.7.1"), Bounce(OURS, mailbox_gone=False)),
        (bounce("4.2.2", "delayed"), None),
        (bounce(about="somebody-elses"), None),
    ],
)
def test_a_bounce_says_which_mail_of_ours(raw: bytes, expected: Bounce | None) -> None:
    found = read_mail(raw, envelope_from="")
    assert found.bounce == expected
    assert found.automatic


def test_ids_of_other_programs_do_not_hide_ours() -> None:
    other = UUID("AAAAAAAA-1111-4222-8333-444455556666")
    found = letter(
        mail(
            To="loans@tenor.example",
            References=f"<{OURS}@tenor.example> <{str(other).upper()}@mac.example>",
            In_Reply_To=f"<{str(other).upper()}@mac.example>",
        )
    )
    assert found.answers == (other, OURS)


def test_attachments_are_counted() -> None:
    made = mail()
    made.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="a.pdf")
    found = letter(made)
    assert found.attachments == 1
    assert found.text == "30 on friday"


@pytest.mark.parametrize("charset", ["no-such-charset", "utf-8", "utf-7", "rot13"])
def test_a_charset_that_is_none_is_read_as_good_as_it_goes(charset: str) -> None:
    raw = (
        b"From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset="
        + charset.encode()
        + b"\r\n\r\nplain words \xff"
    )
    assert "words" in read_mail(raw).text or charset in {"utf-7", "rot13"}


# --- hostile ----------------------------------------------------------------------------------

BASE = b"From: a@b.example\nMessage-ID: <1@x>\n"
MIXED = b"Content-Type: multipart/mixed; boundary=x\n\n"
PART = b"--x\nContent-Type: text/plain\n\nhi\n"

HOSTILE = {
    "a thousand attachments": (BASE + MIXED + PART * 1000 + b"--x--\n", Refusal.TOO_MANY_PARTS),
    "many small parts": (BASE + MIXED + b"--x\n\nhi\n" * 100_000, Refusal.TOO_MANY_PARTS),
    "nested multiparts": (
        BASE
        + b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(500)
        ),
        Refusal.TOO_MANY_PARTS,
    ),
    "nested mails": (BASE + b"Content-Type: message/rfc822\n\n" * 900, None),
    "a large mail": (BASE + b"\n" + b"x" * MAX_BYTES, Refusal.TOO_LARGE),
    "lines without end": (BASE + b"\n" + b"x\n" * 3_000_000, Refusal.TOO_LARGE),
    "headers without end": (BASE + b"X: y\n" * 200_000 + b"\n", Refusal.TOO_LARGE),
    "a long content type": (
        BASE + b"Content-Type: text/plain; " + b"a=b; " * 20_000 + b"\n\nhi",
        Refusal.TOO_LARGE,
    ),
    "many long content types": (
        BASE + MIXED + (b"--x\nContent-Type: text/plain; " + b"a=b; " * 250 + b"\n\nhi\n") * 90,
        Refusal.TOO_LARGE,
    ),
    "quotes in the sender": (
        BASE.replace(b"a@b.example", b'"' * 60_000) + b"\n",
        Refusal.NO_SENDER,
    ),
    "brackets in the sender": (
        BASE.replace(b"a@b.example", b"(" * 3900) + b"\n",
        None,
    ),
    "two senders": (BASE + b"From: c@d.example\n\nSTOP", Refusal.NO_SENDER),
    "a list of senders": (b"From: a@b.example, c@d.example\n\nSTOP", Refusal.NO_SENDER),
    "no sender": (b"Subject: STOP\n\nSTOP", Refusal.NO_SENDER),
    "nothing": (b"", Refusal.NO_SENDER),
    "noise": (bytes(range(256)) * 1000, Refusal.TOO_LARGE),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_is_refused_soon(name: str) -> None:
    raw, expected = HOSTILE[name]
    began = time.process_time()
    reason = refusal(raw)
    assert time.process_time() - began < 5
    assert expected in {None, reason}


def test_a_line_break_in_a_subject_stays_inside() -> None:
    raw = b"From: a@b.example\nSubject: =?utf-8?q?Hi=0ABcc=3A_c=40d.example?=\n\nhi"
    found = read_mail(raw)
    assert "\n" not in found.subject


@pytest.mark.parametrize(
    "text", ["On " * 6000, "\n" * 20_000, "On Mon, " * 2400 + "wrote", ">" * 20_000, "-" * 20_000]
)
def test_hostile_text_is_cut_soon(text: str) -> None:
    began = time.process_time()
    reply_text(text)
    assert time.process_time() - began < 3


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=2000))
def test_whatever_the_bytes_the_end_is_a_letter_or_a_refusal(noise: bytes) -> None:
    for raw in (noise, BASE + noise, BASE + MIXED + b"--x\n" + noise + b"\n--x--\n"):
        try:
            found = read_mail(raw)
        except MailRefused:
            continue
        assert "\n" not in found.subject + found.sender + found.message_id
        assert "\0" not in found.text
