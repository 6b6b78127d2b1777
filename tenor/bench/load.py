"""A load generator for one origin: keeps connections busy with POSTs, in a process of its own.

`python -m tenor.bench.load` reads one JSON object on standard input (see `Order`) and writes one
with what it saw. It speaks HTTP/1.1 on plain asyncio, so that on a small machine little is taken
from the server that is measured.
"""

import asyncio
import json
import random
import subprocess
import sys
from dataclasses import asdict, dataclass
from time import monotonic
from typing import Final
from uuid import uuid4

from tenor.stack.errors import StackError
from tenor.stack.options import PROJECT_ROOT

NAME: Final = "asyncio client of Tenor in a process of its own (tenor.bench.load)"

_SEPARATOR: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length: "


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be sent.

    Attributes:
        port: Where the API listens on this machine.
        token: The bearer token.
        connections: How many are kept busy, each with one request at a time.
        seconds: How long; 0 ends when `count` are answered.
        count: How many at most; 0 for no limit.
        first: Number of the first loan.
        loans: How many loans there are, one after another.
        amount: What is paid on each, in dollars.
        batch: Payments in one request; 1 posts singly.
    """

    port: int
    token: str
    connections: int
    seconds: float
    count: int
    first: int
    loans: int
    amount: str = "1.00"
    batch: int = 1


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of it."""

    accepted: int
    refused: int
    seconds: float

    @property
    def rate(self) -> float:
        """Accepted payments a second."""
        return self.accepted / self.seconds if self.seconds else 0.0


def loan_key(number: int) -> str:
    """The key of a bench's loan: its number, in the form of a UUID."""
    return f"00000000-0000-7000-8000-{number:012d}"


def run(order: Order) -> Seen:
    """Send an order in a process of its own.

    Raises:
        StackError: when that process fails.
    """
    done = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "tenor.bench.load"],
        input=json.dumps(asdict(order)),
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise StackError("The load generator failed.", done.stderr.strip()[-500:])
    return Seen(**json.loads(done.stdout))


class _Sender:
    """Sends until the time or the count is over."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._run = uuid4().hex
        self._sent = 0
        self._accepted = 0
        self._refused = 0
        self._chance = random.Random(order.count + order.loans)  # noqa: S311 - which loan is paid
        self._ends_at = 0.0

    async def send(self) -> Seen:
        began = monotonic()
        self._ends_at = began + (self._order.seconds or 3600.0)
        await asyncio.gather(*(self._connection() for _ in range(self._order.connections)))
        return Seen(self._accepted, self._refused, monotonic() - began)

    async def _connection(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._order.port)
        try:
            while monotonic() < self._ends_at and (
                not self._order.count or self._sent < self._order.count
            ):
                self._sent += self._order.batch
                writer.write(self._request())
                await self._answer(reader)
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> None:
        head = await reader.readuntil(_SEPARATOR)
        at = head.lower().index(_LENGTH) + len(_LENGTH)
        body = await reader.readexactly(int(head[at : head.index(b"\r", at)]))
        if not head.startswith(b"HTTP/1.1 20"):
            self._refused += self._order.batch
        elif self._order.batch == 1:
            self._accepted += 1
        else:
            accepted = body.count(b'"status":201')
            self._accepted += accepted
            self._refused += self._order.batch - accepted

    def _request(self) -> bytes:
        order = self._order
        if order.batch == 1:
            path = f"/api/v1/loans/{self._loan()}/payments"
            body = f'{{"amount":"{order.amount}","currency":"USD"}}'
        else:
            path = "/api/v1/payments/batch"
            item = f'{{"loan_id":"%s","amount":"{order.amount}","currency":"USD"}}'
            body = f'{{"items":[{",".join(item % self._loan() for _ in range(order.batch))}]}}'
        return (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {order.token}\r\n"
            f"Idempotency-Key: {self._run}{self._sent}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    def _loan(self) -> str:
        return loan_key(self._order.first + self._chance.randrange(self._order.loans))


def main() -> None:
    """Send what standard input orders."""
    order = Order(**json.loads(sys.stdin.read()))
    seen = asyncio.run(_Sender(order).send())
    sys.stdout.write(json.dumps(asdict(seen)))


if __name__ == "__main__":
    main()
