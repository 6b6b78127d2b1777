"""Messages to send, and providers that answer badly."""

import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from activities.messaging.port import Outbound

THEIR_NUMBER = "+15557654321"
THEIR_ADDRESS = "maria.lopez@people.example"
TEXT = "Maria, 4,310.00 INR is due on 3 March. Reply STOP to opt out."


def text_message(*, to: str = THEIR_NUMBER, body: str = TEXT) -> Outbound:
    return Outbound(uuid.uuid4(), to, None, body, datetime.now(UTC))


def mail(*, to: str = THEIR_ADDRESS, subject: str | None = "Your instalment") -> Outbound:
    return Outbound(uuid.uuid4(), to, subject, TEXT, datetime.now(UTC))


def read_request(connection: socket.socket) -> None:
    # To the last byte: hanging up on unread bytes would reset the connection, answer and all.
    with connection.makefile("rb") as request:
        length = 0
        while (line := request.readline()).strip():
            name, _, value = line.decode("latin-1").partition(":")
            if name.lower() == "content-length":
                length = int(value)
        request.read(length)


@contextmanager
def answering(answer: bytes, *, drip: bool = False) -> Iterator[str]:
    """A server that reads a request, sends these bytes and hangs up (or, dripping, does not)."""
    listening = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                read_request(connection)
                connection.sendall(answer)
                if drip:
                    trickle(connection)

    def trickle(connection: socket.socket) -> None:
        try:
            while not done.wait(0.05):
                connection.sendall(b"x")
        except OSError:
            return

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        done.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


def http(status: str, body: str, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body.encode())}", *headers, "", body]
    return "\r\n".join(lines).encode()


@contextmanager
def nobody() -> Iterator[str]:
    """An address where nothing listens."""
    held = socket.socket()
    held.bind(("127.0.0.1", 0))
    try:
        yield f"http://127.0.0.1:{held.getsockname()[1]}"
    finally:
        held.close()
