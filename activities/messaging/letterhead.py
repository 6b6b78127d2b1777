"""What every e-mail of ours carries besides its text, whichever provider takes it.

An id made from ours, by which an answer or a bounce is known again; an address for answers that
says which message they answer; the word that a machine wrote it, so that other machines do not
answer; and a way out in one click.
"""

from collections.abc import Mapping
from email.utils import parseaddr
from typing import Final
from uuid import UUID

from activities.messaging.port import Outbound

ONE_CLICK: Final = "List-Unsubscribe=One-Click"
"""The value RFC 8058, section 3.1 asks for, and the body the mail program then posts."""


def message_id(message: UUID, sender: str) -> str:
    """The Message-ID of a message: `<our id@the sender's domain>`."""
    domain = parseaddr(sender)[1].rpartition("@")[2]
    return f"<{message}@{domain}>"


def reply_address(message: UUID, reply_to: str) -> str:
    """Where answers to a message go: `replies+<our id>@host` (RFC 5233)."""
    name, address = parseaddr(reply_to)
    local, _, domain = address.rpartition("@")
    tagged = f"{local}+{message}@{domain}"
    return f"{name} <{tagged}>" if name else tagged


def headers(message: Outbound, sender: str) -> Mapping[str, str]:
    """The headers besides From, To, Subject, Reply-To and Date."""
    found = {
        "Message-ID": message_id(message.message_id, sender),
        # RFC 3834: no vacation notice answers this.
        "Auto-Submitted": "auto-generated",
    }
    if message.unsubscribe_url:
        found["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
        found["List-Unsubscribe-Post"] = ONE_CLICK
    return found
