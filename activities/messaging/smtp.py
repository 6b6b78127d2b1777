"""E-mail through any server that speaks SMTP (RFC 5321).

The steps of the dialogue are taken one by one, because what a failure means depends on the step:
until the text is handed over nothing was sent, whatever happened; from then on only the server's
own answer tells. A server cannot be asked afterwards, so what is unknown stays unknown.
"""

import asyncio
import re
import ssl
from dataclasses import dataclass, field
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.policy import SMTPUTF8 as SMTPUTF8_POLICY
from email.utils import format_datetime, parseaddr

import aiosmtplib
from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
)

from activities.messaging import letterhead
from activities.messaging.port import (
    Accepted,
    CannotTell,
    Channel,
    LookedUp,
    Outbound,
    Refused,
    SendOutcome,
    Unknown,
)

IMPLICIT_TLS_PORT = 465
"""Where a connection begins with TLS (RFC 8314, section 3.3) instead of STARTTLS."""

_CREDENTIALS_RETRY_SECONDS = 60.0
"""Wrong settings are the operator's to mend: the queue waits, it is not thrown away."""
_CONNECT_RETRY_SECONDS = 5.0

_CLOSING = 421
_TRANSIENT = range(400, 500)
_PERMANENT = range(500, 600)
_NO_SUCH_MAILBOX = frozenset({550, 551, 553})
"""Refusals of a recipient that mean the address, unless an enhanced code says otherwise."""
_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b", re.ASCII)
_ADDRESS_SUBJECT = "1"
"""Enhanced status codes X.1.Y are about the address (RFC 3463, section 3.2)."""
_MAILBOX_DISABLED = ("2", "1")


@dataclass(frozen=True, slots=True)
class Server:
    """An SMTP server and how it is entered.

    Attributes:
        host: Its name; the certificate must be for it.
        port: 587 with STARTTLS, 465 with TLS from the start, 25 or another for a local relay.
        username: Log in as; empty for a server that asks for nothing.
        password: Its secret.
        starttls: Whether TLS is insisted on; on port 465 it always is.
        tls_context: Another trust than the system's, for tests and private authorities.
    """

    host: str
    port: int = 587
    username: str = ""
    password: str = field(default="", repr=False)
    starttls: bool = True
    tls_context: ssl.SSLContext | None = field(default=None, repr=False)


class SmtpEmail:
    """`Sender` of e-mail through an SMTP server, over one connection that is kept while it lasts.

    The server's 250 after the text is accepted; 4xx is a refusal that may pass, 5xx one that will
    not; no answer after the text is `Unknown`, and stays so.
    """

    def __init__(
        self, server: Server, *, from_: str, reply_to: str = "", timeout: float = 10.0
    ) -> None:
        """Keep the settings; nothing is opened before the first message.

        Args:
            server: Where to.
            from_: The sending address, with a name or without; bounces go there too.
            reply_to: The address answers go to, tagged with the message's id; empty: to `from_`.
            timeout: Seconds a message may take in all.
        """
        self._server = server
        self._from = from_
        self._reply_to = reply_to
        self._timeout = timeout
        self._connection: aiosmtplib.SMTP | None = None
        self._turn = asyncio.Lock()

    @property
    def channel(self) -> Channel:
        """E-mail."""
        return Channel.EMAIL

    @property
    def can_look_up(self) -> bool:
        """SMTP has no way to ask after a message."""
        return False

    @property
    def settle_seconds(self) -> float:
        """Nothing to wait for."""
        return 0.0

    async def send(self, message: Outbound) -> SendOutcome:
        """Hand the mail to the server, once."""
        if not message.subject:
            return Refused("subject-missing", False, False)
        try:
            content = self._content(message, message.subject)
        except (ValueError, MessageError, LookupError):
            # An address that no header can hold; nothing else here is the customer's.
            return Refused("address-malformed", False, True)
        async with self._turn:
            attempt = _Attempt()
            try:
                async with asyncio.timeout(self._timeout):
                    return await self._deliver(message, content, attempt)
            except TimeoutError:
                await self._drop()
                return attempt.failed("timeout", "connect-timeout")
            except SMTPResponseException as problem:
                return await self._answered(problem, attempt)
            except (SMTPException, OSError, ValueError):
                await self._drop()
                return attempt.failed("connection-lost", "connect-failed")

    async def look_up(self, message: Outbound) -> LookedUp:  # noqa: ARG002 - the port's signature
        """Nobody can be asked."""
        return CannotTell()

    async def close(self) -> None:
        """Say goodbye to the server, if it is still there."""
        async with self._turn:
            connection, self._connection = self._connection, None
            if connection is None or not connection.is_connected:
                return
            try:
                async with asyncio.timeout(min(self._timeout, 2.0)):
                    await connection.quit()
            except (TimeoutError, SMTPException, OSError):
                connection.close()

    async def _deliver(self, message: Outbound, content: bytes, attempt: "_Attempt") -> SendOutcome:
        connection = await self._connected()
        options = []
        if not message.to.isascii():
            if connection.is_ehlo_or_helo_needed:
                await connection.ehlo()
            if not connection.supports_extension("smtputf8"):
                return Refused("smtputf8-missing", False, False)
            options = ["SMTPUTF8", "BODY=8BITMIME"]
        await connection.mail(parseaddr(self._from)[1], options=options, encoding="utf-8")
        await connection.rcpt(message.to, encoding="utf-8")
        attempt.handed_over = True
        await connection.data(content)
        return Accepted(letterhead.message_id(message.message_id, self._from))

    async def _connected(self) -> aiosmtplib.SMTP:
        """The connection there is, if the server still answers on it, or a new one."""
        if self._connection is not None and self._connection.is_connected:
            try:
                await self._connection.rset()
            except (SMTPException, OSError):
                # Servers hang up on the idle; nothing was begun on this connection.
                await self._drop()
            else:
                return self._connection
        server = self._server
        implicit = server.port == IMPLICIT_TLS_PORT
        self._connection = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username or None,
            password=server.password or None,
            # The name of this machine is nobody's business, and asking for it may take long.
            local_hostname=parseaddr(self._from)[1].rpartition("@")[2],
            timeout=self._timeout,
            use_tls=implicit,
            start_tls=False if implicit else server.starttls,
            tls_context=server.tls_context,
        )
        await self._connection.connect()
        return self._connection

    async def _answered(self, problem: SMTPResponseException, attempt: "_Attempt") -> SendOutcome:
        code = problem.code
        if code == _CLOSING or not attempt.handed_over:
            await self._drop()
        if isinstance(problem, SMTPAuthenticationError):
            return _not_let_in(code)
        about_recipient = isinstance(problem, SMTPRecipientRefused) or attempt.handed_over
        if code in _TRANSIENT:
            own = code == _CLOSING or not about_recipient
            return Refused(str(code), True, False, provider_fault=own)
        if code not in _PERMANENT:
            await self._drop()
            return attempt.failed("unreadable-answer", "unreadable-answer")
        if about_recipient:
            return Refused(str(code), False, _is_of_no_use(code, problem.message))
        # The greeting, our name or our address: the operator's to mend, not the customer's fault.
        return _not_let_in(code)

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _content(self, message: Outbound, subject: str) -> bytes:
        policy = SMTP_POLICY if message.to.isascii() else SMTPUTF8_POLICY
        mail = EmailMessage(policy)
        mail["From"] = self._from
        mail["To"] = message.to
        # One line: what follows a line break would be another header.
        mail["Subject"] = " ".join(subject.split())
        mail["Date"] = format_datetime(message.dispatched_at)
        if self._reply_to:
            mail["Reply-To"] = letterhead.reply_address(message.message_id, self._reply_to)
        for name, value in letterhead.headers(message, self._from).items():
            mail[name] = value
        mail.set_content(message.body, cte="quoted-printable")
        [to] = mail["To"].addresses
        if to.addr_spec != message.to:
            raise ValueError("not one address")
        return mail.as_bytes()


@dataclass(slots=True)
class _Attempt:
    """How far a message came."""

    handed_over: bool = False
    """Whether the text may be with the server."""

    def failed(self, after: str, before: str) -> SendOutcome:
        """What the end of the connection means, after the text was handed over or before."""
        if self.handed_over:
            return Unknown(after)
        return Refused(before, True, False, _CONNECT_RETRY_SECONDS, provider_fault=True)


def _not_let_in(code: int) -> Refused:
    return Refused(str(code), True, False, _CREDENTIALS_RETRY_SECONDS, provider_fault=True)


def _is_of_no_use(code: int, text: str) -> bool:
    """Whether a permanent refusal says that the mailbox does not exist.

    The enhanced code (RFC 3463) decides where there is one: many servers answer 550 to what they
    take for spam, which says nothing of the address.
    """
    found = _ENHANCED.search(text)
    if found is None:
        return code in _NO_SUCH_MAILBOX
    _, subject, detail = found.groups()
    return subject == _ADDRESS_SUBJECT or (subject, detail) == _MAILBOX_DISABLED
