"""The whole of Tenor on one machine: started, kept alive and stopped by one process."""

from tenor.stack.errors import StackError
from tenor.stack.options import DEFAULT_STATE_DIR, PROJECT_ROOT, StackOptions
from tenor.stack.ports import Ports, free_ports
from tenor.stack.progress import PlainProgress, Progress, SilentProgress, progress_for
from tenor.stack.signals import until_stopped
from tenor.stack.stack import Stack

__all__ = [
    "DEFAULT_STATE_DIR",
    "PROJECT_ROOT",
    "PlainProgress",
    "Ports",
    "Progress",
    "SilentProgress",
    "Stack",
    "StackError",
    "StackOptions",
    "free_ports",
    "progress_for",
    "until_stopped",
]
