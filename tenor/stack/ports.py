"""The TCP ports of the stack: their defaults, whether they are free, and how others are chosen."""

import errno
import secrets
import socket
from dataclasses import dataclass, fields, replace

from tenor.stack.errors import StackError

HIGHEST_PORT = 65535
CHOSEN_FROM = range(20_000, 32_000)


@dataclass(frozen=True, slots=True)
class Ports:
    """Where each component listens."""

    api: int = 8080
    temporal: int = 7233
    temporal_ui: int = 8233
    sandbox: int = 8025

    def shifted(self, offset: int) -> "Ports":
        """Return the same ports, each `offset` higher, so that two stacks can run side by side."""
        moved = {field.name: int(getattr(self, field.name)) + offset for field in fields(self)}
        return replace(self, **moved)

    def by_option(self) -> dict[str, int]:
        """Each port under the command line option that changes it."""
        return {
            "--api-port": self.api,
            "--temporal-port": self.temporal,
            "--temporal-ui-port": self.temporal_ui,
            "--sandbox-port": self.sandbox,
        }


def free_ports(host: str = "127.0.0.1") -> Ports:
    """Choose ports that are free at this moment, all different from one another."""
    chosen: set[int] = set()
    while len(chosen) < len(fields(Ports)):
        chosen.add(free_port(host))
    return Ports(*chosen)


def free_port(host: str = "127.0.0.1") -> int:
    """Choose a port that is free at this moment.

    It lies below the ports from which systems take the near end of outgoing connections: there,
    a caller could hold the port while its server restarts, or even connect to itself.

    Raises:
        StackError: when a hundred attempts find none.
    """
    for _ in range(100):
        port = secrets.choice(CHOSEN_FROM)
        if is_free(port, host):
            return port
    raise StackError("No free port was found.")


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on the port now.

    Binding alone is not enough: a server on all addresses does not always stop a bind to one of
    them, so a connection is tried as well.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise StackError(
                f"Port {port} on {host} cannot be used: {error.strerror}.",
                "Choose a port between 1024 and 65535 that this user may open.",
            ) from error
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as caller:
        caller.settimeout(0.5)
        return caller.connect_ex((host, port)) != 0


def require_free(ports: Ports, host: str = "127.0.0.1") -> None:
    """Refuse plainly, before anything is started, when a port is taken or makes no sense.

    Raises:
        StackError: naming each port in question and the option that changes it.
    """
    wanted = ports.by_option()
    senseless = [f"{o} {n}" for o, n in wanted.items() if not 0 < n <= HIGHEST_PORT]
    if senseless:
        raise StackError(f"Not a TCP port: {', '.join(senseless)}.", "Use 1024 to 65535.")
    if len(set(wanted.values())) < len(wanted):
        listed = ", ".join(f"{option} {number}" for option, number in wanted.items())
        raise StackError(f"Two components want the same port: {listed}.", "Give each its own.")
    taken = {option: number for option, number in wanted.items() if not is_free(number, host)}
    if taken:
        listed = "\n".join(
            f"Port {number} is already taken; choose another with {option}."
            for option, number in taken.items()
        )
        raise StackError(
            listed, "Or move all of them with --port-offset 1000, or use --auto-ports."
        )
