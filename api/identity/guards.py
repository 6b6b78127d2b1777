"""What stands before the doors of a process: the hashing turn and the counts of failed attempts."""

from dataclasses import dataclass, field

from api.security.passwords import Cost, Passwords
from api.security.throttle import Throttle


@dataclass(frozen=True, slots=True)
class Guards:
    """One set per process. Every door counts for itself."""

    passwords: Passwords
    log_ins: Throttle = field(default_factory=Throttle)
    sign_ups: Throttle = field(default_factory=Throttle)
    clients: Throttle = field(default_factory=Throttle)
    portal: Throttle = field(default_factory=Throttle)


def make_guards(cost: Cost) -> Guards:
    """The guards of a process that hashes at a cost."""
    return Guards(Passwords(cost))
