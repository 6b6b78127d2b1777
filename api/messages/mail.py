"""Reads an e-mail that came in: who wrote it, what of it is new, and whether a machine did.

Whatever the bytes hold, the end is a `Letter` or a `MailRefused` with a code; nothing of the mail
is repeated in the refusal. Sizes and counts are checked before anything is taken apart. The
parsing is the standard library's (RFC 5322, MIME).
"""

import email
import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import AddressHeader
from email.message import EmailMessage, Message
from email.policy import default
from enum import StrEnum
from typing import Final
from uuid import UUID

import nh3
from mailparser_reply import EmailReplyParser  # type: ignore[import-untyped]

MAX_BYTES: Final = 25 * 1024 * 1024
"""More than providers let through (SendGrid: 30 MB with its own dressing)."""

MAX_PARTS: Final = 100
"""Parts of a mail, nested ones counted: people do not attach more."""

_MAX_BOUNDARIES: Final = 12
"""Multiparts in a mail: each costs the parser a look at every later line."""
_MAX_SEPARATORS: Final = 500
"""Lines that may begin a part; some are ordinary text."""
_MAX_LINES: Final = 400_000
"""As many as the largest mail has in lines of base64."""
_MAX_HEADER_BYTES: Final = 128 * 1024
"""Of a mail, or of the part of a report that is looked at."""
_MAX_VALUE: Final = 4000
"""Of a header that is taken apart: parsing one takes time by the square of its length."""
_MOST_IDS: Final = 50
_MAX_HTML: Final = 40_000
_MAX_TEXT: Final = 3000
"""Characters looked at for what is new; an answer stands at the beginning."""
_MAX_SUBJECT: Final = 200
_MAX_ADDRESS: Final = 254
"""RFC 5321, section 4.5.3.1.3."""

_LANGUAGES: Final = ["en", "de", "fr", "es", "it", "pt", "nl"]
"""In which "On … wrote:" is recognised."""

_OUR_ID: Final = re.compile(
    r"[<+]([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})@", re.ASCII
)
"""Our id of a message, in a Message-ID of ours or behind the plus of an address for answers."""

_OUR_MESSAGE_ID: Final = re.compile(
    rb"^message-id:\s*<([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})@",
    re.MULTILINE,
)

_AUTOMATIC_PRECEDENCE: Final = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
_AUTOMATIC_HEADERS: Final = ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress", "List-Id")
_MACHINES: Final = frozenset({"mailer-daemon", "postmaster", "no-reply", "noreply"})
_BREAKS: Final = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6])\b[^>]*>", re.IGNORECASE)
_CONTENT_HEADER: Final = re.compile(
    rb"^content-[a-z-]{1,40}:[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE
)
"""Headers that the parser takes apart while it reads."""
_MAX_CONTENT_HEADER: Final = 1500
_MAX_CONTENT_BYTES: Final = 30_000
"""Of one such header, and of all: the time they take grows by the square of each."""
_BLANK_LINES: Final = re.compile(r"\n\s*\n\s*\n+")
_DIAGNOSTIC_HEADERS: Final = re.compile(
    rb"^(action|status)[ \t]*:[ \t]*([^\r\n]{1,40})", re.IGNORECASE | re.MULTILINE
)
_NO_SUCH_MAILBOX: Final = re.compile(r"5\.(?:1\.\d{1,3}|2\.1)\b", re.ASCII)


class Refusal(StrEnum):
    """Why a mail is not read."""

    TOO_LARGE = "too-large"
    TOO_MANY_PARTS = "too-many-parts"
    TOO_DEEP = "too-deep"
    MALFORMED = "malformed"
    NO_SENDER = "no-sender"


class MailRefused(Exception):
    """A mail that cannot be read safely, or at all; `reason` is a code."""

    def __init__(self, reason: Refusal) -> None:
        """Keep the code alone: the mail's own words stay out of errors."""
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Bounce:
    """A report that a mail of ours did not arrive (RFC 3464).

    Attributes:
        message_id: Our id of that mail.
        mailbox_gone: The address does not exist, so that it is of no use any more.
    """

    message_id: UUID
    mailbox_gone: bool


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail as understood.

    Attributes:
        message_id: What tells it from other mails: its Message-ID, or empty.
        sender: Who wrote it, in lower case.
        subject: In one line.
        text: What the writer wrote himself, without quotes and signature.
        answers: Ids, in our form, of what it says it answers; the likeliest first.
        automatic: A machine wrote it: it is not answered, and asks for nothing.
        bounce: What it reports of a mail of ours.
        attachments: How many files came with it.
    """

    message_id: str
    sender: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    answers: tuple[UUID, ...]
    automatic: bool
    bounce: Bounce | None
    attachments: int


def read_mail(raw: bytes, *, envelope_from: str | None = None) -> Letter:
    """Read an e-mail.

    Args:
        raw: The whole mail, as it was received.
        envelope_from: Who the sending server said it is from; empty for bounces; None if unknown.

    Raises:
        MailRefused: It is too large, has too many parts, is nested too deep, cannot be parsed, or
            names no one sender.
    """
    if len(raw) > MAX_BYTES:
        raise MailRefused(Refusal.TOO_LARGE)
    _check_size(raw.replace(b"\r\n", b"\n"))
    try:
        mail = email.message_from_bytes(raw, policy=default)
        return _letter(mail, envelope_from)
    except RecursionError:
        raise MailRefused(Refusal.TOO_DEEP) from None
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, IndexError):
        # The parser of the standard library fails in all these ways on what breaks its rules.
        raise MailRefused(Refusal.MALFORMED) from None


def _check_size(raw: bytes) -> None:
    """Refuse what would keep the parser busy for long, by looking once over the bytes."""
    many = raw.lower().count(b"boundary=") > _MAX_BOUNDARIES
    if many or raw.count(b"\n--") > _MAX_SEPARATORS:
        raise MailRefused(Refusal.TOO_MANY_PARTS)
    if raw.count(b"\n") > _MAX_LINES or len(raw.partition(b"\n\n")[0]) > _MAX_HEADER_BYTES:
        raise MailRefused(Refusal.TOO_LARGE)
    lengths = [found.end() - found.start() for found in _CONTENT_HEADER.finditer(raw)]
    if sum(lengths) > _MAX_CONTENT_BYTES or max(lengths, default=0) > _MAX_CONTENT_HEADER:
        raise MailRefused(Refusal.TOO_LARGE)


def reply_text(text: str, original: str = "") -> str:
    """What is new in a mail's text: no quotes, no signature, nothing of the mail it answers.

    Args:
        text: The text as it came.
        original: Our own text that it answers, whose lines may stand in it without a mark.
    """
    found = EmailReplyParser(languages=_LANGUAGES).read(
        text=_BLANK_LINES.sub("\n\n", text)[:_MAX_TEXT]
    )
    new = found.replies[0].body if found.replies else ""
    ours = {_folded(line) for line in original.splitlines() if _folded(line)}
    kept = [
        line
        for line in new.splitlines()
        if not line.lstrip().startswith(">") and _folded(line) not in ours
    ]
    return "\n".join(kept).strip()


def _letter(mail: EmailMessage, envelope_from: str | None) -> Letter:
    parts = []
    for part in mail.walk():
        parts.append(part)
        if len(parts) > MAX_PARTS:
            raise MailRefused(Refusal.TOO_MANY_PARTS)
    bounce_report = mail.get_content_type() == "multipart/report"
    sender = _sender(mail)
    return Letter(
        message_id=_one_line(next(iter(_raw(mail, "Message-ID")), "")),
        sender=sender,
        subject=_subject(mail),
        text=_text(mail),
        answers=_answers(mail),
        automatic=bounce_report or envelope_from == "" or _is_automatic(mail, sender),
        bounce=_bounce(parts) if bounce_report else None,
        attachments=sum(1 for _ in _attachments(mail)),
    )


def _sender(mail: EmailMessage) -> str:
    """The one address it is from; two of them, or two such headers, are nobody's."""
    if any(len(value) > _MAX_VALUE for value in _raw(mail, "From")):
        raise MailRefused(Refusal.NO_SENDER)
    found = mail.get_all("From", [])
    addresses = [
        address.addr_spec
        for header in found
        if isinstance(header, AddressHeader)
        for address in header.addresses
    ]
    if len(found) != 1 or len(addresses) != 1:
        raise MailRefused(Refusal.NO_SENDER)
    address = addresses[0].strip().lower()
    local, _, domain = address.rpartition("@")
    if not local or not domain or len(address) > _MAX_ADDRESS or not address.isprintable():
        raise MailRefused(Refusal.NO_SENDER)
    return address


def _is_automatic(mail: EmailMessage, sender: str) -> bool:
    """Whether a machine wrote it (RFC 3834, and what programs did before it)."""
    submitted = {value.partition(";")[0] for value in _raw(mail, "Auto-Submitted")}
    return (
        not {value.strip().lower() for value in submitted} <= {"", "no"}
        or any(value.lower() in _AUTOMATIC_PRECEDENCE for value in _raw(mail, "Precedence"))
        or any(_raw(mail, name) for name in _AUTOMATIC_HEADERS)
        or any(value in {"", "<>"} for value in _raw(mail, "Return-Path"))
        or sender.partition("@")[0] in _MACHINES
    )


def _answers(mail: EmailMessage) -> tuple[UUID, ...]:
    """Ids in our form: in the address it went to, then in what it refers to, the latest first.

    Other programs make ids of the same form: whoever asks for them finds only ours.
    """
    found = [
        UUID(one)
        for name in ("To", "Delivered-To", "Cc", "In-Reply-To", "References")
        for value in _raw(mail, name)
        for one in reversed(_OUR_ID.findall(value.lower()))
    ]
    return tuple(dict.fromkeys(found))[:_MOST_IDS]


def _text(mail: EmailMessage) -> str:
    """The text part, or else the HTML part as text."""
    body = mail.get_body(("plain", "html"))
    if body is None:
        return ""
    content = _decoded(body)
    if body.get_content_subtype() == "html":
        content = html_text(content)
    return _BLANK_LINES.sub("\n\n", content.replace("\r\n", "\n").replace("\0", "")).strip()


def html_text(markup: str) -> str:
    """The words of an HTML mail, without what it quotes."""
    lines = _BREAKS.sub("\n", markup[:_MAX_HTML])
    cleaned = nh3.clean(
        lines,
        tags=set(),
        clean_content_tags={"script", "style", "blockquote", "title"},
        attributes={},
    )
    return html.unescape(cleaned).replace("\u00a0", " ")


def _decoded(part: Message) -> str:
    """The text of a part, whatever its charset claims to be."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    charset = part.get_content_charset("utf-8")
    try:
        return payload.decode(charset, errors="replace")
    except (LookupError, ValueError):
        return payload.decode("utf-8", errors="replace")


def _attachments(mail: EmailMessage) -> Iterator[Message]:
    for part in mail.walk():
        if not part.is_multipart() and (
            part.get_content_disposition() == "attachment"
            or part.get_content_maintype() not in {"text", "multipart", "message"}
        ):
            yield part


def _bounce(parts: Sequence[Message]) -> Bounce | None:
    """What a delivery report says of a mail of ours; None for a delay, or a mail of another's."""
    found: dict[str, str] = {}
    original: UUID | None = None
    for part in parts:
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            for name, value in _DIAGNOSTIC_HEADERS.findall(part.as_bytes()[:_MAX_HEADER_BYTES]):
                found.setdefault(name.decode("ascii").lower(), value.decode("latin-1").strip())
        elif kind in {"message/rfc822", "text/rfc822-headers"}:
            told = _OUR_MESSAGE_ID.search(part.as_bytes()[:_MAX_HEADER_BYTES].lower())
            if told is not None and original is None:
                original = UUID(told[1].decode("ascii"))
    if original is None or found.get("action", "").lower() != "failed":
        return None
    return Bounce(original, _NO_SUCH_MAILBOX.match(found.get("status", "")) is not None)


def _raw(mail: EmailMessage, name: str) -> list[str]:
    """The values of a header as they came, not taken apart."""
    return [str(value).strip() for key, value in mail.raw_items() if key.lower() == name.lower()]


def _subject(mail: EmailMessage) -> str:
    if any(len(value) > _MAX_VALUE for value in _raw(mail, "Subject")):
        return ""
    return _one_line(str(mail.get("Subject", "")))


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_MAX_SUBJECT]


def _folded(line: str) -> str:
    return " ".join(line.lstrip("> \t").split()).casefold()
