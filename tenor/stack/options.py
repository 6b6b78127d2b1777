"""What a caller may choose about a one-machine stack."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tenor.stack.ports import Ports

PROJECT_ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds the packages; commands of the stack run in it."""

DEFAULT_STATE_DIR = PROJECT_ROOT / ".tenor"
"""Where logs, secrets, process files and the sandbox's memory live unless told otherwise."""


@dataclass(frozen=True, slots=True)
class StackOptions:
    """One stack: where it keeps its state, where it listens, which processes it runs.

    Attributes:
        state_dir: folder of everything but the database files; created with mode 0700.
        ports: where to listen, or None for ports that are free at the start.
        durable: survive a power cut (fsync everywhere). False is for tests alone.
        ephemeral: remove the state, the database included, when the stack has stopped.
        sandbox_providers: run the stand-ins of the message providers.
        test_clocks: let the API serve test clocks.
        workers: worker roles, one process each; `all` is every role in one process.
        commands: replaces the command of a component by name; `{port}` in an argument becomes
            the component's port. For tests of the stack itself.
        extra_environment: settings added to every component of ours, overriding the usual ones.
        ready_timeout: seconds a component may take until it is ready.
    """

    state_dir: Path = DEFAULT_STATE_DIR
    ports: Ports | None = field(default_factory=Ports)
    durable: bool = True
    ephemeral: bool = False
    sandbox_providers: bool = True
    test_clocks: bool = True
    workers: tuple[str, ...] = ("all",)
    commands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    extra_environment: Mapping[str, str] = field(default_factory=dict)
    ready_timeout: float = 120.0
