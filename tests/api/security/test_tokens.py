"""Tokens of ours are read; everything that only looks like one is refused."""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.security.tokens import LIFETIME_SECONDS, TokenService
from contracts.identity import Token
from contracts.names import Role, Scope
from domain.errors import DomainError, ErrorCode

SEED = b"s" * 32
NOW = datetime(2028, 2, 1, 12, tzinfo=UTC)


@pytest.fixture
def tokens() -> TokenService:
    return TokenService(SEED, clock=lambda: NOW)


def bearer(token: Token | str) -> str:
    return f"Bearer {token if isinstance(token, str) else token.access_token}"


def parts(token: Token) -> tuple[dict[str, object], dict[str, object]]:
    head, body, _ = token.access_token.split(".")
    return read(head), read(body)


def read(part: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def segment(value: dict[str, object]) -> str:
    return text(json.dumps(value).encode())


def forged(
    token: Token,
    *,
    seed: bytes = SEED,
    header: dict[str, object] | None = None,
    claims: dict[str, object] | None = None,
) -> str:
    """The token signed again, with changes, by whoever has a seed."""
    head, body = parts(token)
    kept = {key: value for key, value in (body | (claims or {})).items() if value is not None}
    signed = f"{segment(head | (header or {}))}.{segment(kept)}"
    return f"{signed}.{text(Ed25519PrivateKey.from_private_bytes(seed).sign(signed.encode()))}"


def refuses(tokens: TokenService, header: str, now: datetime = NOW) -> None:
    with pytest.raises(DomainError) as caught:
        tokens.principal_of(header, now)
    assert caught.value.code is ErrorCode.UNAUTHENTICATED
    assert caught.value.facts == {}


def test_a_users_token_says_who_he_is(tokens: TokenService) -> None:
    user_id, customer_id = uuid4(), uuid4()
    token = tokens.issue_user(user_id, Role.CUSTOMER, customer_id, NOW)
    assert token.expires_in == LIFETIME_SECONDS == 900
    principal = tokens.principal_of(bearer(token))
    assert principal is not None
    assert (principal.user_id, principal.customer_id) == (user_id, customer_id)
    assert principal.role is Role.CUSTOMER
    assert principal.scopes == frozenset()
    assert principal.actor == f"user:{user_id}"


def test_a_machines_token_carries_its_scopes(tokens: TokenService) -> None:
    token = tokens.issue_service("relay", [Scope.WAKES_LEASE], NOW)
    assert token.scope == "wakes:lease"
    principal = tokens.principal_of(bearer(token))
    assert principal is not None
    assert principal.user_id is None
    assert principal.scopes == {"wakes:lease"}
    assert principal.actor == "service:relay"


def test_nobody_without_a_header(tokens: TokenService) -> None:
    assert tokens.principal_of(None) is None


def test_the_scheme_is_read_in_any_case(tokens: TokenService) -> None:
    token = tokens.issue_user(uuid4(), Role.ADMIN, None, NOW)
    assert tokens.principal_of(f"bEARER  {token.access_token}") is not None


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic abc",
        "Bearer a.b.c",
        "Bearer a.b",
        "Bearer ....",
        "Bearer \N{SNOWMAN}",
        "Bearer " + "a" * 10_000,
        "Bearer e30.e30.e30",
    ],
)
def test_rubbish_is_refused(tokens: TokenService, header: str) -> None:
    refuses(tokens, header)


def test_a_token_ends_after_a_quarter_of_an_hour(tokens: TokenService) -> None:
    header = bearer(tokens.issue_user(uuid4(), Role.ADMIN, None, NOW))
    assert tokens.principal_of(header, NOW + timedelta(seconds=899)) is not None
    refuses(tokens, header, NOW + timedelta(seconds=900))


def test_a_token_from_the_future_is_refused(tokens: TokenService) -> None:
    header = bearer(tokens.issue_user(uuid4(), Role.ADMIN, None, NOW + timedelta(minutes=1)))
    refuses(tokens, header)


def test_the_clocks_of_two_processes_may_differ_a_little(tokens: TokenService) -> None:
    header = bearer(tokens.issue_user(uuid4(), Role.ADMIN, None, NOW + timedelta(seconds=3)))
    assert tokens.principal_of(header) is not None


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "other-api"},
        {"aud": None},
        {"iss": "somebody-else"},
        {"iss": None},
        {"exp": None},
        {"iat": None},
        {"exp": "never"},
        {"sub": None},
        {"sub": "not-a-key"},
        {"role": "root"},
        {"role": None},
        {"customer_id": "not-a-key"},
        {"exp": 0},
    ],
)
def test_every_claim_counts(tokens: TokenService, claims: dict[str, object]) -> None:
    token = tokens.issue_user(uuid4(), Role.ADMIN, None, NOW)
    assert tokens.principal_of(bearer(forged(token))) is not None
    refuses(tokens, bearer(forged(token, claims=claims)))


@pytest.mark.parametrize(
    "header",
    [{"kid": "another"}, {"typ": "JWT"}, {"alg": "EdDSA"}],
    ids=["kid", "typ", "alg"],
)
def test_every_field_of_the_header_counts(tokens: TokenService, header: dict[str, object]) -> None:
    token = tokens.issue_user(uuid4(), Role.ADMIN, None, NOW)
    refuses(tokens, bearer(forged(token, header=header)))


def test_another_key_is_refused_even_under_our_name(tokens: TokenService) -> None:
    token = tokens.issue_user(uuid4(), Role.ADMIN, None, NOW)
    refuses(tokens, bearer(forged(token, seed=b"x" * 32)))


def test_a_key_brought_along_is_not_trusted(tokens: TokenService) -> None:
    token = tokens.issue_user(uuid4(), Role.ADMIN, None, NOW)
    public = Ed25519PrivateKey.from_private_bytes(b"x" * 32).public_key()
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": text(raw)}
    refuses(tokens, bearer(forged(token, seed=b"x" * 32, header={"jwk": jwk})))


@pytest.mark.parametrize("alg", ["none", "None", "NONE"])
def test_a_token_without_signature_is_refused(tokens: TokenService, alg: str) -> None:
    head, body = parts(tokens.issue_user(uuid4(), Role.ADMIN, None, NOW))
    refuses(tokens, bearer(f"{segment(head | {'alg': alg})}.{segment(body)}."))


def test_the_public_key_is_no_shared_secret(tokens: TokenService) -> None:
    head, body = parts(tokens.issue_user(uuid4(), Role.ADMIN, None, NOW))
    public = Ed25519PrivateKey.from_private_bytes(SEED).public_key()
    for raw in (
        public.public_bytes(Encoding.Raw, PublicFormat.Raw),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    ):
        signed = f"{segment(head | {'alg': 'HS256'})}.{segment(body)}"
        refuses(tokens, bearer(f"{signed}.{text(hmac.digest(raw, signed.encode(), 'sha256'))}"))


def test_what_was_changed_after_signing_is_refused(tokens: TokenService) -> None:
    token = tokens.issue_user(uuid4(), Role.AGENT, None, NOW)
    head, body = parts(token)
    signature = token.access_token.rpartition(".")[2]
    refuses(tokens, bearer(f"{segment(head)}.{segment(body | {'role': 'admin'})}.{signature}"))


def test_tokens_differ_although_issued_at_once(tokens: TokenService) -> None:
    user_id = uuid4()
    first, second = (tokens.issue_user(user_id, Role.ADMIN, None, NOW) for _ in range(2))
    assert first.access_token != second.access_token


def test_the_key_is_not_in_the_representation(tokens: TokenService) -> None:
    assert SEED.decode() not in repr(tokens)
