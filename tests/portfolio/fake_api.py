"""An API played in memory, as a transport: it keeps what it is asked, and answers by script."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx2

Body = dict[str, object] | list[object]
Handler = Callable[[httpx2.Request], httpx2.Response]


def answer(body: Body, status: int = 200, **headers: str) -> httpx2.Response:
    return httpx2.Response(status, json=body, headers=headers)


def problem(status: int, code: str, **more: object) -> httpx2.Response:
    return answer({"code": code, "detail": f"It is {code}.", "title": "", **more}, status)


def sent(request: httpx2.Request) -> dict[str, object]:
    found = json.loads(request.content)
    assert isinstance(found, dict)
    return found


@dataclass
class FakeApi:
    """Answers by method and path; log-ins by themselves."""

    handlers: dict[tuple[str, str], Handler] = field(default_factory=dict)
    requests: list[httpx2.Request] = field(default_factory=list)
    log_ins: int = 0
    expires_in: int = 900

    def on(self, method: str, path: str, handler: Handler) -> None:
        self.handlers[method, f"/api/v1{path}"] = handler

    def transport(self) -> httpx2.MockTransport:
        return httpx2.MockTransport(self._answer)

    def asked(self, path: str) -> list[httpx2.Request]:
        return [each for each in self.requests if each.url.path == f"/api/v1{path}"]

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        if request.url.path == "/api/v1/auth/login" and ("POST", request.url.path) not in (
            self.handlers
        ):
            self.log_ins += 1
            token = {"access_token": f"token-{self.log_ins}", "expires_in": self.expires_in}
            return answer(token)
        handler = self.handlers.get((request.method, request.url.path))
        return problem(404, "not-found") if handler is None else handler(request)
