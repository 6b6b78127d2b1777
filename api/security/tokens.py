"""Access tokens: short-lived JWTs that only this installation signs (Ed25519) and reads.

A token says who asks and, for machines, what they may do. It is signed with one algorithm and
read with that one alone, so a header cannot choose another (RFC 8725, sections 3.1 and 3.2).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import BaseModel, ConfigDict, ValidationError

from api.identity import standing
from api.security.principal import Principal
from api.work import Work, technical_now
from contracts.identity import Token
from contracts.names import Role
from domain.errors import DomainError, ErrorCode

LIFETIME_SECONDS: Final = 15 * 60
"""How long a token is good."""

ALGORITHM: Final = "Ed25519"
AUDIENCE: Final = "tenor-api"
ISSUER: Final = "tenor"
TOKEN_TYPE: Final = "at+jwt"  # noqa: S105 - a media type, not a secret
"""RFC 9068, section 2.1: an access token cannot pass for another kind of JWT, nor one for it."""

MACHINE_STANDING: Final = timedelta(seconds=2)
"""How long a service client's good standing is believed."""

_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SKEW_SECONDS = 5
"""By how much the clocks of two API processes may differ: a token may seem issued in the future."""
_MAX_TOKEN = 4096
_TOKENS_REMEMBERED = 512


class _Claims(BaseModel):
    """What a token of ours says; anything else is not ours."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    sub: str
    role: Role
    exp: int
    scope: str = ""
    customer_id: UUID | None = None
    sid: UUID | None = None


def refused() -> DomainError:
    """One answer for every token that will not do: why is nobody's business."""
    return DomainError(
        ErrorCode.UNAUTHENTICATED, "The token is not valid, or no longer: get a new one."
    )


@dataclass(frozen=True, slots=True, init=False)
class TokenService:
    """Issues and reads the access tokens of an installation."""

    _key: OKPKey
    _kid: str
    _issuer: str
    _clock: Callable[[], datetime]
    _good_until: dict[Principal, datetime]
    """Machines that were in good standing a moment ago; only a handful exist."""
    _read_before: dict[str, tuple[Principal, datetime]]
    """Tokens whose signature was checked, until they expire: to check it again says nothing new."""

    def __init__(
        self,
        token_key: bytes,
        issuer: str = ISSUER,
        clock: Callable[[], datetime] = technical_now,
    ) -> None:
        """Sign with an Ed25519 seed of 32 bytes; `clock` gives technical time."""
        pem = Ed25519PrivateKey.from_private_bytes(token_key).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        key = OKPKey.import_key(pem)
        object.__setattr__(self, "_key", key)
        object.__setattr__(self, "_kid", key.thumbprint())
        object.__setattr__(self, "_issuer", issuer)
        object.__setattr__(self, "_clock", clock)
        object.__setattr__(self, "_good_until", {})
        object.__setattr__(self, "_read_before", {})

    def issue_user(
        self,
        user_id: UUID,
        role: Role,
        customer_id: UUID | None,
        now: datetime,
        session_id: UUID | None = None,
    ) -> Token:
        """A token for somebody who has just logged in; it ends with its session, if it has one."""
        claims = {"sub": str(user_id), "role": role.value}
        if customer_id is not None:
            claims["customer_id"] = str(customer_id)
        if session_id is not None:
            claims["sid"] = str(session_id)
        return self._issue(claims, now)

    def issue_service(self, client_id: str, scopes: Iterable[str], now: datetime) -> Token:
        """A token for a machine; it may do what the scopes name and nothing else."""
        scope = " ".join(sorted(scopes))
        return self._issue({"sub": client_id, "role": Role.SERVICE.value, "scope": scope}, now)

    def principal_of(
        self, authorization_header: str | None, now: datetime | None = None
    ) -> Principal | None:
        """Who asks, by the `Authorization` header; null without one.

        Raises `UNAUTHENTICATED` for a header that is anything but a good bearer token of ours.
        """
        if authorization_header is None:
            return None
        scheme, _, token = authorization_header.strip().partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token or len(token) > _MAX_TOKEN:
            raise refused()
        at = now or self._clock()
        known = self._read_before.get(token)
        if known is not None and at < known[1]:
            return known[0]
        try:
            claims = self._read(token, at)
            principal = _principal(claims)
        except (JoseError, ValidationError, ValueError):
            raise refused() from None
        if len(self._read_before) >= _TOKENS_REMEMBERED:
            self._read_before.clear()
        self._read_before[token] = (principal, datetime.fromtimestamp(claims.exp, UTC))
        return principal

    async def refuse_disabled(self, work: Work, principal: Principal) -> None:
        """Refuse a token whose holder was disabled, or changed, since it was issued.

        Raises `UNAUTHENTICATED`. A person who is disabled is out at once; a machine, which asks
        many times a second, is asked after every two seconds.
        """
        if principal.user_id is None and work.now < self._good_until.get(principal, _LONG_AGO):
            return
        if not await standing.is_good(work, principal):
            self._good_until.pop(principal, None)
            raise refused()
        if principal.user_id is None:
            self._good_until[principal] = work.now + MACHINE_STANDING

    def _issue(self, claims: dict[str, str], now: datetime) -> Token:
        issued = int(now.timestamp())
        text = jwt.encode(
            {"alg": ALGORITHM, "kid": self._kid, "typ": TOKEN_TYPE},
            {
                **claims,
                "iss": self._issuer,
                "aud": AUDIENCE,
                "iat": issued,
                "exp": issued + LIFETIME_SECONDS,
                "jti": uuid4().hex,
            },
            self._key,
            algorithms=[ALGORITHM],
        )
        return Token(access_token=text, expires_in=LIFETIME_SECONDS, scope=claims.get("scope", ""))

    def _read(self, token: str, now: datetime) -> _Claims:
        decoded = jwt.decode(token, self._key, algorithms=[ALGORITHM])
        if decoded.header.get("kid") != self._kid or decoded.header.get("typ") != TOKEN_TYPE:
            raise ValueError("signed under another key, or no access token")
        jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=0,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": AUDIENCE},
            exp={"essential": True},
            sub={"essential": True},
        ).validate({key: value for key, value in decoded.claims.items() if key != "iat"})
        issued = decoded.claims.get("iat")
        if not isinstance(issued, int) or issued > now.timestamp() + _SKEW_SECONDS:
            raise ValueError("issued in the future")
        return _Claims.model_validate(decoded.claims)


def _principal(claims: _Claims) -> Principal:
    if claims.role is Role.SERVICE:
        return Principal(claims.sub, claims.role, frozenset(claims.scope.split()))
    return Principal(
        claims.sub,
        claims.role,
        user_id=UUID(claims.sub),
        customer_id=claims.customer_id,
        session_id=claims.sid,
    )
