"""How a person follows the stack: one line per thing that happens, live on a terminal."""

import sys
from typing import Protocol, TextIO

from rich.console import Console
from rich.markup import escape
from rich.status import Status


class Progress(Protocol):
    """Told by the supervisor what happens to each process."""

    def starting(self, name: str) -> None:
        """The process was started; it is not ready yet."""

    def ready(self, name: str, seconds: float) -> None:
        """The process answers; it took `seconds` since its start."""

    def finished(self, name: str, seconds: float) -> None:
        """A one-shot process ended well."""

    def died(self, name: str, exit_code: int, retry_in: float) -> None:
        """The process ended by itself and will be started again in `retry_in` seconds."""

    def stopping(self, name: str) -> None:
        """The process was asked to end."""

    def stopped(self, seconds: float) -> None:
        """Everything has ended."""


class SilentProgress:
    """Says nothing."""

    def starting(self, name: str) -> None:
        """Say nothing."""

    def ready(self, name: str, seconds: float) -> None:
        """Say nothing."""

    def finished(self, name: str, seconds: float) -> None:
        """Say nothing."""

    def died(self, name: str, exit_code: int, retry_in: float) -> None:
        """Say nothing."""

    def stopping(self, name: str) -> None:
        """Say nothing."""

    def stopped(self, seconds: float) -> None:
        """Say nothing."""


class PlainProgress:
    """Writes one plain line per event, for logs and pipes."""

    def __init__(self, out: TextIO) -> None:
        """Write to `out`, flushed line by line."""
        self._out = out

    def _line(self, text: str) -> None:
        self._out.write(f"{text}\n")
        self._out.flush()

    def starting(self, name: str) -> None:
        """Name what is being waited for."""
        self._line(f"{name}: starting")

    def ready(self, name: str, seconds: float) -> None:
        """Say how long it took."""
        self._line(f"{name}: ready after {seconds:.1f} s")

    def finished(self, name: str, seconds: float) -> None:
        """Say how long it took."""
        self._line(f"{name}: done after {seconds:.1f} s")

    def died(self, name: str, exit_code: int, retry_in: float) -> None:
        """Say how it ended and when it returns."""
        self._line(f"{name}: {how_it_ended(exit_code)}; starting again in {retry_in:.1f} s")

    def stopping(self, name: str) -> None:
        """Name what is being stopped."""
        self._line(f"{name}: stopping")

    def stopped(self, seconds: float) -> None:
        """Say that nothing is left running."""
        self._line(f"everything stopped after {seconds:.1f} s")


class TerminalProgress:
    """A spinner for what is being waited for, and a ticked line for what is done."""

    def __init__(self, console: Console) -> None:
        """Draw on `console`, which must be a terminal."""
        self._console = console
        self._status: Status | None = None

    def _wait_for(self, text: str) -> None:
        if self._status is None:
            self._status = self._console.status(text)
            self._status.start()
        else:
            self._status.update(text)

    def _settle(self, line: str) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None
        self._console.print(line)

    def starting(self, name: str) -> None:
        """Spin."""
        self._wait_for(f"starting {escape(name)}")

    def ready(self, name: str, seconds: float) -> None:
        """Tick the process off."""
        self._settle(f"[green]✓[/] {escape(name):<12} [dim]ready in {seconds:.1f} s[/]")

    def finished(self, name: str, seconds: float) -> None:
        """Tick the one-shot process off."""
        self._settle(f"[green]✓[/] {escape(name):<12} [dim]done in {seconds:.1f} s[/]")

    def died(self, name: str, exit_code: int, retry_in: float) -> None:
        """Warn; the spinner returns with the restart."""
        self._settle(
            f"[yellow]![/] {escape(name):<12} {how_it_ended(exit_code)}; "
            f"starting again in {retry_in:.1f} s"
        )

    def stopping(self, name: str) -> None:
        """Spin."""
        self._wait_for(f"stopping {escape(name)}")

    def stopped(self, seconds: float) -> None:
        """Leave one last line."""
        self._settle(f"[green]✓[/] everything stopped [dim]in {seconds:.1f} s[/]")


def how_it_ended(exit_code: int) -> str:
    """Put an exit code of the operating system into words."""
    if exit_code < 0:
        return f"was killed by signal {-exit_code}"
    return f"ended with exit code {exit_code}"


def progress_for(stream: TextIO | None = None) -> Progress:
    """Return the live display on a terminal and plain lines elsewhere; standard error by default.

    Standard output stays free for a command's result.
    """
    out = sys.stderr if stream is None else stream
    console = Console(file=out, highlight=False)
    return TerminalProgress(console) if console.is_terminal else PlainProgress(out)
