"""E-mails as SendGrid's Inbound Parse posts them: a form with the whole mail, or with its parts.

SendGrid does not sign these posts. They prove themselves by a secret in the address, which only
SendGrid was told, and by Basic credentials where the settings name some.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass, replace
from email import message_from_string
from email.errors import MessageError
from email.policy import SMTP, default
from typing import Final

import orjson
from fastapi import Request
from starlette.datastructures import FormData, UploadFile

from api.messages.inbound import Inbound
from api.messages.mail import MAX_BYTES, MAX_PARTS, Letter, MailRefused, Refusal, read_mail
from api.middleware import Allowance
from api.security.vault import Vault
from api.settings import Settings
from api.webhooks.receipts import Receipt, Report
from domain.contact.channel import Channel
from domain.errors import DomainError, ErrorCode

_MAX_FIELDS: Final = 50
_DKIM_PASS: Final = re.compile(r"@([\w.-]{1,253})\s*:\s*pass\b", re.IGNORECASE | re.ASCII)
_FORM_OVERHEAD: Final = 2 * 1_048_576
"""What SendGrid says of a mail, beside the mail itself."""
_CONTENT: Final = ("content-type", "content-transfer-encoding", "mime-version")


def allowances(prefix: str) -> tuple[Allowance, ...]:
    """Posts of whole mails may be larger than other bodies."""
    path = re.compile(re.escape(f"{prefix}/webhooks/sendgrid/inbound/") + "[^/]+")
    return (Allowance("POST", path, MAX_BYTES + _FORM_OVERHEAD),)


@dataclass(frozen=True, slots=True)
class PostedMail:
    """A mail that was posted, and what SendGrid says of it.

    Attributes:
        letter: What it says.
        identity: What tells it from other mails.
        genuine: Whether the sender's own domain vouches for it (DKIM, or SPF of the envelope).
    """

    letter: Letter
    identity: str
    genuine: bool

    def inbound(self, vault: Vault) -> Inbound:
        """The mail as a message that came in."""
        letter = self.letter
        return Inbound(
            Channel.EMAIL,
            # Message-IDs name people's machines; a digest tells them apart as well.
            vault.blind_index("mail", f"{letter.sender} {self.identity}").hex(),
            sender=letter.sender,
            text=letter.text,
            subject=letter.subject,
            answers=letter.answers,
            automatic=letter.automatic,
            genuine=self.genuine,
            attachments=letter.attachments,
        )

    def report(self) -> Report | None:
        """What it reports of a mail of ours, if it is a bounce."""
        bounce = self.letter.bounce
        if bounce is None:
            return None
        return Report(
            Receipt.NOT_DELIVERED,
            bounce.message_id,
            None,
            reason="bounce",
            retire=bounce.mailbox_gone,
            bounced=True,
        )


def check(token: str, authorization: str | None, settings: Settings) -> None:
    """Believe a post only with the secret of its address, and the credentials if there are any.

    Raises:
        DomainError: `BAD_SIGNATURE`; also while no secret is set.
    """
    secret = settings.email_inbound_token.get_secret_value()
    wanted = settings.email_inbound_basic.get_secret_value()
    if not secret or not hmac.compare_digest(token.encode(), secret.encode()):
        raise _bad()
    if wanted and not hmac.compare_digest(_basic(authorization), wanted.encode()):
        raise _bad()


async def posted(request: Request) -> PostedMail:
    """Read the mail of a post.

    Raises:
        MailRefused: It is not a mail that can be read.
    """
    async with request.form(
        max_files=MAX_PARTS, max_fields=_MAX_FIELDS, max_part_size=MAX_BYTES
    ) as form:
        raw = await _raw(form)
        envelope_from = _envelope_from(form)
        attached = _count(form)
        dkim, spf = _field(form, "dkim"), _field(form, "SPF")
    # Off the loop: a large mail takes a while, and other requests do not wait for it.
    letter = await asyncio.to_thread(read_mail, raw, envelope_from=envelope_from)
    if attached > letter.attachments:
        letter = replace(letter, attachments=attached)
    return PostedMail(
        letter,
        letter.message_id or hashlib.sha256(raw).hexdigest(),
        _vouched_for(letter.sender, dkim, spf, envelope_from),
    )


async def _raw(form: FormData) -> bytes:
    """The whole mail: as it was received, or put together again from its parts."""
    whole = form.get("email")
    if isinstance(whole, UploadFile):
        return await whole.read(MAX_BYTES + 1)
    if whole is not None:
        return whole.encode("utf-8", errors="surrogateescape")
    return await asyncio.to_thread(
        _assembled, _field(form, "headers"), _field(form, "text"), _field(form, "html")
    )


def _assembled(headers: str, text: str, markup: str) -> bytes:
    """A mail with the headers that came, and with the text that was already taken out of it."""
    if len(headers) > MAX_BYTES // 100:
        raise MailRefused(Refusal.TOO_LARGE)
    try:
        given = message_from_string("\n".join(_kept(headers)) + "\n\n", policy=default)
        head = "\r\n".join(
            f"{name}: {' '.join(str(value).split())}" for name, value in given.raw_items()
        )
        given.clear()
        given.set_content(text or markup, subtype="plain" if text else "html")
        return head.encode("utf-8") + b"\r\n" + given.as_bytes(policy=SMTP)
    except (MessageError, ValueError, LookupError, TypeError, AttributeError):
        raise MailRefused(Refusal.MALFORMED) from None


def _kept(headers: str) -> list[str]:
    """The lines of a head without what describes the content, which is another now."""
    kept: list[str] = []
    dropped = False
    for line in headers.splitlines():
        if line[:1] not in {" ", "\t"}:
            dropped = line.partition(":")[0].strip().lower() in _CONTENT
        if not dropped and line:
            kept.append(line)
    return kept


def _field(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


def _count(form: FormData) -> int:
    text = _field(form, "attachments")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else 0  # noqa: PLR2004


def _envelope_from(form: FormData) -> str | None:
    try:
        envelope = orjson.loads(_field(form, "envelope"))
    except orjson.JSONDecodeError:
        return None
    sender = envelope.get("from") if isinstance(envelope, dict) else None
    return sender.strip().lower() if isinstance(sender, str) else None


def _vouched_for(sender: str, dkim: str, spf: str, envelope_from: str | None) -> bool:
    """Whether a signature or the sending machine belongs to the sender's domain (RFC 7489)."""
    domain = sender.rpartition("@")[2]
    signers = _DKIM_PASS.findall(dkim)
    if spf.strip().lower() == "pass" and envelope_from:
        signers.append(envelope_from.rpartition("@")[2])
    return any(_aligned(domain, signer.lower()) for signer in signers)


def _aligned(domain: str, signer: str) -> bool:
    return domain == signer or domain.endswith(f".{signer}") or signer.endswith(f".{domain}")


def _basic(header: str | None) -> bytes:
    scheme, _, given = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(given.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _bad() -> DomainError:
    return DomainError(ErrorCode.BAD_SIGNATURE, "The request does not carry the secret for it.")
