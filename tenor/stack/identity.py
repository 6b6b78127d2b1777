"""As whom a child process runs, and how it is tied to the life of its parent.

Postgres refuses to run as root. Started by root it runs as an unprivileged user; where the
operating system does not let root become another user (a container with one user mapped), it
runs in a user namespace of its own, in which the very same user is not root.
"""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
UNPRIVILEGED_USER = "nobody"

_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True)
class Identity:
    """A way of being: the caller itself, another user, or the caller in an own user namespace."""

    uid: int | None = None
    gid: int | None = None
    own_namespace: bool = False

    @property
    def is_another_user(self) -> bool:
        """Whether files must be given to, and be reachable by, somebody else."""
        return self.uid is not None


MYSELF = Identity()


def postgres_identity() -> Identity:
    """Choose as whom Postgres runs: the caller, unless the caller is root."""
    if os.geteuid() != 0:
        return MYSELF
    try:
        account = pwd.getpwnam(UNPRIVILEGED_USER)
    except KeyError:
        return Identity(own_namespace=True)
    dropped = Identity(uid=account.pw_uid, gid=account.pw_gid)
    return dropped if can_run(["/bin/sh", "-c", ":"], dropped) else Identity(own_namespace=True)


def can_run(command: Sequence[str], identity: Identity, cwd: Path = Path("/")) -> bool:
    """Whether the command succeeds as that identity in that folder."""
    try:
        done = subprocess.run(  # noqa: S603 - commands of the stack itself, never of a user
            command,
            cwd=cwd,
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=30,
            user=identity.uid,
            group=identity.gid,
            extra_groups=[] if identity.is_another_user else None,
            preexec_fn=before_exec(identity, death_signal=None),  # noqa: PLW1509 - see before_exec
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def before_exec(identity: Identity, death_signal: signal.Signals | None) -> Callable[[], None]:
    """Make what a child does between fork and exec.

    It is only system calls, so it is safe after a fork even where threads run. The death signal is
    asked for last, because a change of user clears it. A parent that died in between is noticed.
    The signal follows the death of the parent's *thread*: start children from a thread that lasts.
    """
    parent = os.getpid()

    def prepare() -> None:
        if _LIBC is None:
            return
        if identity.own_namespace and _LIBC.unshare(CLONE_NEWUSER) != 0:
            os._exit(126)
        if death_signal is not None:
            _LIBC.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
            if os.getppid() != parent:
                os._exit(125)

    return prepare
