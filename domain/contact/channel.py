"""The words of contact that everybody shares: by which medium, and what for."""

from enum import StrEnum


class Channel(StrEnum):
    """A medium a person may be reached by.

    Only SMS and e-mail are sent so far. Calls, letters and in-app notices take their place here
    when they are sent: rule packs and caps are keyed by this name.
    """

    SMS = "sms"
    EMAIL = "email"


class Purpose(StrEnum):
    """What a message is for; decides which rules bind it."""

    STATUTORY = "statutory"
    """A notice the law obliges us to give. No cap silences it; a blocked one goes to a person."""
    SERVICING = "servicing"
    """About a loan that runs as agreed: upcoming instalment, receipt."""
    COLLECTION = "collection"
    """Asks for money that is overdue."""
    REPLY = "reply"
    """Answers what the person wrote to us."""
