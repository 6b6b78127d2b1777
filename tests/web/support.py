"""Browsers without a screen: they keep cookies, follow forms, and read pages."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from uuid import UUID, uuid4

from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient, Response

from api.identity import personal
from api.identity.tables import UserRow
from api.security.principal import SYSTEM
from contracts.names import Role
from tests.api.support import Api

PASSWORD = "correct horse battery"


class _Fields(HTMLParser):
    """The fields of every form of a page, by the path the form is sent to."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self._select: str | None = None
        self._textarea: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((given.get("action", ""), {}))
        elif not self.forms:
            return
        elif tag in {"input", "button"} and given.get("name"):
            if tag == "input" and (
                given.get("type") not in {"checkbox", "radio"} or "checked" in given
            ):
                self._put(given["name"], given.get("value", ""))
        elif tag == "select":
            self._select = given.get("name")
        elif tag == "option" and self._select is not None:
            if "selected" in given or self._select not in self.forms[-1][1]:
                self._put(self._select, given.get("value", ""))
        elif tag == "textarea":
            self._textarea = given.get("name")
            self._put(self._textarea or "", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None
        elif tag == "textarea":
            self._textarea = None

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            self._put(self._textarea, self.forms[-1][1].get(self._textarea, "") + data)

    def _put(self, name: str, value: str) -> None:
        self.forms[-1][1][name] = value


def fields(page: Response, action: str) -> dict[str, str]:
    """What the form of a page that is sent to `action` holds."""
    found = _Fields()
    found.feed(page.text)
    for path, values in found.forms:
        if path == action:
            return values
    raise AssertionError(f"no form for {action}, only {[path for path, _ in found.forms]}")


def text_of(page: Response) -> str:
    """The words of a page, without its markup."""
    body = re.sub(r"<(script|style|title).*?</\1>", " ", page.text, flags=re.DOTALL)
    plain = re.sub(r"<[^>]+>", " ", body)
    for mark, letter in (
        ("&#39;", "'"),
        ("&#34;", '"'),
        ("&amp;", "&"),
        ("&lt;", "<"),
        ("&gt;", ">"),
    ):
        plain = plain.replace(mark, letter)
    return re.sub(r"\s+", " ", plain)


@dataclass(slots=True)
class Browser:
    """Somebody's browser at the console."""

    client: AsyncClient

    def hold(self, cookie: str, value: str) -> None:
        """Put one cookie into the jar, and nothing else."""
        self.client.cookies.clear()
        self.client.cookies.set(cookie, value)

    async def get(self, path: str, status: int = 200, **headers: str) -> Response:
        answer = await self.client.get(path, headers=headers)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return answer

    async def post(self, path: str, sent: dict[str, str], status: int = 303) -> Response:
        answer = await self.client.post(path, data=sent)
        assert answer.status_code == status, (answer.status_code, text_of(answer))
        return answer

    async def submit(
        self, page: Response, action: str, status: int = 303, **typed: str
    ) -> Response:
        """Fill in a form of a page and send it."""
        return await self.post(action, fields(page, action) | typed, status)


def open_browser(app: FastAPI) -> AsyncClient:
    """A client with a jar of its own that follows no redirects."""
    transport = ASGITransport(app=app, raise_app_exceptions=False)
    return AsyncClient(transport=transport, base_url="http://api.test")


@dataclass(frozen=True, slots=True)
class Staff:
    """A user who can log in."""

    id: UUID
    email: str
    role: Role


async def hire(
    api: Api, role: Role, name: str = "Sam Staff", customer_id: UUID | None = None
) -> Staff:
    """Make a user with the tests' password."""
    kit = api.services
    who = Staff(uuid4(), f"{role.value}-{uuid4().hex[:8]}@tenor.example", role)
    hashed = await kit.guards.passwords.hash(PASSWORD)
    async with kit.room.begin(SYSTEM, "test") as work:
        made = UserRow(
            id=who.id,
            role=role.value,
            password_hash=hashed,
            customer_id=customer_id,
            created_at=work.now,
        )
        personal.seal(work.vault, made, who.email, name)
        work.session.add(made)
    return who


async def log_in(browser: Browser, who: Staff) -> Response:
    """Log in by the form; answers the redirect."""
    page = await browser.get("/console/log-in")
    return await browser.submit(page, "/console/log-in", email=who.email, password=PASSWORD)
