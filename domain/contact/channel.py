"""The words of contact that everybody shares: by which medium, and what for."""

from enum import StrEnum


class Channel(StrEnum):
    """A medium a person may be reached by.

    SMS and e-mail are sent; a call is made by a member of staff; an in-app notice waits in the
    portal until its reader comes. Rule packs, caps, consents and suppressions are keyed by this
    name.
    """

    SMS = "sms"
    EMAIL = "email"
    CALL = "call"
    IN_APP = "in_app"

    @property
    def by_phone(self) -> bool:
        """Whether its address is a phone number."""
        return self in {Channel.SMS, Channel.CALL}

    @property
    def waits_for_reader(self) -> bool:
        """Whether it reaches a person only when he looks: no hour is then a wrong one."""
        return self is Channel.IN_APP


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
