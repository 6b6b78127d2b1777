"""The SMTP sender against a real SMTP server, well behaved and not."""

import asyncio
import datetime as dt
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from activities.messaging.port import Accepted, CannotTell, Channel, Refused, Sender, Unknown
from activities.messaging.smtp import Server, SmtpEmail
from tests.activities.messaging.examples import TEXT, THEIR_ADDRESS, mail

OURS = "Tenor <loans@tenor.example>"
REPLIES = "replies@answers.tenor.example"


@dataclass(slots=True)
class Post:
    """What a server took, and what it answers instead of taking."""

    taken: list[tuple[Envelope, EmailMessage]] = field(default_factory=list)
    connections: int = 0
    to_mail: str = ""
    to_rcpt: str = ""
    to_data: str = ""
    gone_after_data: bool = False
    silent_after_data: asyncio.Event | None = None

    async def handle_EHLO(
        self, server: SMTP, session: Session, _: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self.to_mail:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return self.to_mail or "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self.to_rcpt:
            envelope.rcpt_tos.append(address)
        return self.to_rcpt or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.to_data:
            return self.to_data
        assert isinstance(envelope.content, bytes)
        self.taken.append((envelope, message_from_bytes(envelope.content, policy=default)))  # type: ignore[arg-type]
        if self.silent_after_data is not None:
            await self.silent_after_data.wait()
        if self.gone_after_data:
            assert server.transport is not None
            server.transport.close()
        return "250 2.0.0 Ok: queued as 4711"


@asynccontextmanager
async def serving(
    post: Post,
    *,
    port: int = 0,
    tls: ssl.SSLContext | None = None,
    authenticator: Callable[..., AuthResult] | None = None,
) -> AsyncIterator[Server]:
    loop = asyncio.get_running_loop()
    connected: list[SMTP] = []

    def made() -> SMTP:
        protocol = SMTP(
            post,
            hostname="mx.test",
            tls_context=tls,
            enable_SMTPUTF8=True,
            auth_required=authenticator is not None,
            authenticator=authenticator,
            loop=loop,
        )
        connected.append(protocol)
        return protocol

    listening = await loop.create_server(made, "127.0.0.1", port)
    try:
        yield Server("127.0.0.1", listening.sockets[0].getsockname()[1], starttls=tls is not None)
    finally:
        listening.close()
        for protocol in connected:
            if protocol.transport is not None:
                protocol.transport.abort()
        await listening.wait_closed()


@asynccontextmanager
async def sending(
    server: Server, *, timeout: float = 5.0, reply_to: str = REPLIES
) -> AsyncIterator[SmtpEmail]:
    sender = SmtpEmail(server, from_=OURS, reply_to=reply_to, timeout=timeout)
    yield sender
    await sender.close()


async def test_a_sent_mail_arrives_unchanged_with_our_id_on_it() -> None:
    post = Post()
    message = replace(
        mail(subject="Zahlung fällig: 50 € नमस्ते 😀"), unsubscribe_url="https://api.test/u/1"
    )
    async with serving(post) as server, sending(server) as sender:
        port: Sender = sender
        assert port.channel is Channel.EMAIL
        assert not port.can_look_up
        outcome = await port.send(message)
        assert outcome == Accepted(f"<{message.message_id}@tenor.example>")
        assert await port.look_up(message) == CannotTell()
    [(envelope, taken)] = post.taken
    assert envelope.mail_from == "loans@tenor.example"
    assert envelope.rcpt_tos == [THEIR_ADDRESS]
    assert taken["From"] == OURS
    assert taken["To"] == THEIR_ADDRESS
    assert taken["Subject"] == message.subject
    assert taken["Message-ID"] == f"<{message.message_id}@tenor.example>"
    assert taken["Reply-To"] == f"replies+{message.message_id}@answers.tenor.example"
    assert taken["Auto-Submitted"] == "auto-generated"
    assert taken["List-Unsubscribe"] == "<https://api.test/u/1>"
    assert taken["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert taken.get_content().strip() == TEXT


async def test_a_connection_is_kept_and_renewed_when_the_server_hung_up() -> None:
    post = Post()
    async with serving(post) as server, sending(server) as sender:
        assert isinstance(await sender.send(mail()), Accepted)
        assert isinstance(await sender.send(mail()), Accepted)
        assert post.connections == 1
        await _hang_up(sender)
        assert isinstance(await sender.send(mail()), Accepted)
    assert post.connections == 2
    assert len(post.taken) == 3


async def _hang_up(sender: SmtpEmail) -> None:
    """Cut the line without a word, as a server or a firewall does to the idle."""
    connection = sender._connection
    assert connection is not None
    assert connection.transport is not None
    connection.transport.abort()  # type: ignore[attr-defined]
    while connection.is_connected:
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("550 5.1.1 No such user", Refused("550", False, True)),
        ("550 No such user here", Refused("550", False, True)),
        ("553 Mailbox name not allowed", Refused("553", False, True)),
        ("550 5.2.1 Mailbox disabled", Refused("550", False, True)),
        ("550 5.7.1 Looks like spam", Refused("550", False, False)),
        ("552 5.2.2 Mailbox full", Refused("552", False, False)),
        ("450 4.2.0 Greylisted, come back", Refused("450", True, False)),
        ("451 Try again", Refused("451", True, False)),
    ],
)
async def test_a_refused_recipient(answer: str, outcome: Refused) -> None:
    post = Post(to_rcpt=answer)
    async with serving(post) as server, sending(server) as sender:
        assert await sender.send(mail()) == outcome
        post.to_rcpt = ""
        # The dialogue is not stuck over it.
        assert isinstance(await sender.send(mail()), Accepted)
    assert len(post.taken) == 1


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("550 5.1.1 No such user after all", Refused("550", False, True)),
        ("554 5.7.1 Content refused", Refused("554", False, False)),
        ("452 4.3.1 Out of space", Refused("452", True, False)),
    ],
)
async def test_a_text_that_was_refused_was_not_sent(answer: str, outcome: Refused) -> None:
    post = Post(to_data=answer)
    async with serving(post) as server, sending(server) as sender:
        assert await sender.send(mail()) == outcome


async def test_our_own_address_refused_waits_for_the_operator() -> None:
    post = Post(to_mail="550 5.7.1 Sender not verified")
    async with serving(post) as server, sending(server) as sender:
        assert await sender.send(mail()) == Refused("550", True, False, 60.0, provider_fault=True)


async def test_no_answer_after_the_text_is_unknown() -> None:
    post = Post(silent_after_data=asyncio.Event())
    assert post.silent_after_data is not None
    async with serving(post) as server, sending(server, timeout=0.3) as sender:
        assert await sender.send(mail()) == Unknown("timeout")
        post.silent_after_data.set()
    assert len(post.taken) == 1


async def test_a_line_cut_after_the_text_is_unknown() -> None:
    post = Post(gone_after_data=True)
    async with serving(post) as server, sending(server) as sender:
        assert await sender.send(mail()) == Unknown("connection-lost")
    assert len(post.taken) == 1


async def test_a_server_that_says_nothing_was_sent_nothing() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    listening = await asyncio.start_server(silent, "127.0.0.1", 0)
    server = Server("127.0.0.1", listening.sockets[0].getsockname()[1], starttls=False)
    async with sending(server, timeout=0.3) as sender:
        assert await sender.send(mail()) == Refused(
            "connect-timeout", True, False, 5.0, provider_fault=True
        )
    listening.close()
    await listening.wait_closed()


async def test_nobody_there() -> None:
    held = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = held.sockets[0].getsockname()[1]
    held.close()
    await held.wait_closed()
    async with sending(Server("127.0.0.1", port, starttls=False)) as sender:
        assert await sender.send(mail()) == Refused(
            "connect-failed", True, False, 5.0, provider_fault=True
        )


@pytest.mark.parametrize("address", ["two@a.example, three@b.example", "a@b.example\r\nBcc: c@d.e"])
async def test_what_is_not_one_address_never_leaves(address: str) -> None:
    post = Post()
    async with serving(post) as server, sending(server) as sender:
        assert await sender.send(mail(to=address)) == Refused("address-malformed", False, True)
        assert await sender.send(mail(subject=None)) == Refused("subject-missing", False, False)
    assert post.taken == []


async def test_a_line_break_in_a_subject_makes_no_header() -> None:
    post = Post()
    async with serving(post) as server, sending(server) as sender:
        assert isinstance(await sender.send(mail(subject="Due\r\nBcc: all@x.example")), Accepted)
    [(_, taken)] = post.taken
    assert taken["Bcc"] is None
    assert taken["Subject"] == "Due Bcc: all@x.example"


async def test_an_address_beyond_ascii_is_sent_where_the_server_can() -> None:
    post = Post()
    async with serving(post) as server, sending(server) as sender:
        assert isinstance(await sender.send(mail(to="jörg@müller.example")), Accepted)
    [(envelope, _)] = post.taken
    assert envelope.rcpt_tos == ["jörg@müller.example"]


# --- TLS and log-in ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context, and a client's that trusts it."""
    folder: Path = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    serving_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving_side.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return serving_side, ssl.create_default_context(cafile=str(folder / "cert.pem"))


def knows(username: str, password: str) -> Callable[..., AuthResult]:
    def check(
        _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object
    ) -> AuthResult:
        good = isinstance(given, LoginPassword) and given == LoginPassword(
            username.encode(), password.encode()
        )
        return AuthResult(success=good, handled=False)

    return check


async def test_tls_and_log_in(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    post = Post()
    theirs, ours = contexts
    async with serving(post, tls=theirs, authenticator=knows("tenor", "secret")) as server:
        good = replace(server, username="tenor", password="secret", tls_context=ours)
        async with sending(good) as sender:
            assert isinstance(await sender.send(mail()), Accepted)
        async with sending(replace(good, password="wrong")) as sender:
            assert await sender.send(mail()) == Refused(
                "535", True, False, 60.0, provider_fault=True
            )
        # A certificate that nobody vouches for: the password is not said to a stranger.
        async with sending(replace(good, tls_context=None)) as sender:
            outcome = await sender.send(mail())
    assert isinstance(outcome, Refused)
    assert outcome.retryable
    assert len(post.taken) == 1


async def test_without_tls_nothing_is_said() -> None:
    post = Post()
    async with serving(post) as server, sending(replace(server, starttls=True)) as sender:
        assert await sender.send(mail()) == Refused(
            "connect-failed", True, False, 5.0, provider_fault=True
        )
    assert post.taken == []


def test_secrets_and_addresses_are_not_in_reprs() -> None:
    message = mail()
    assert THEIR_ADDRESS not in repr(message)
    assert "hunter2" not in repr(Server("mx", password="hunter2"))
