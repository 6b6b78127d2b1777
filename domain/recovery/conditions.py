"""When a step of a strategy is taken: typed conditions on the state of a case.

A condition is pure and total: it holds or it does not, for every state, and where it does not it
says why in words. What a condition leaves open is not asked for.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from domain.contact.channel import Channel


class Flag(StrEnum):
    """What is known of the customer or the case and may change how it is worked."""

    VULNERABLE = "vulnerable"
    """A hold for vulnerability binds now."""
    HARDSHIP = "hardship"
    """Hardship was recorded on the case at some time."""
    DISPUTED = "disputed"
    """The debt was disputed at some time."""
    ESCALATED = "escalated"
    """An advisor or a manager was asked to take the case."""


class LastOutcome(StrEnum):
    """What came of the last step that was taken (steps passed over do not count)."""

    NOTHING = "nothing"
    """No step was taken yet."""
    WAITING = "waiting"
    """Its message has not left, or its task is open."""
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    """The message did not arrive."""
    WITHHELD = "withheld"
    """The message was not permitted, or lost its point."""
    RIGHT_PARTY = "right_party"
    NO_ANSWER = "no_answer"
    VOICEMAIL = "voicemail"
    WRONG_NUMBER = "wrong_number"
    REFUSED = "refused"
    CALL_BACK = "call_back"
    DONE = "done"
    """The task was done, or the step needed nothing further."""


@dataclass(frozen=True, slots=True)
class Situation:
    """The state of a case as conditions see it.

    Attributes:
        overdue_amount: In the case's currency.
        bucket: Arrears bucket of the loan that leads.
        unpaid_instalments: Instalments overdue on all its loans.
        channels: Media by which the customer may be reached: there is an address, it works, and
            nobody asked us to stop.
        language: Of the customer, two letters.
        last_outcome: What came of the last step.
        flags: What is known.
        broken_promises: How many were broken.
        risk: The risk score, 0 to 100.
    """

    overdue_amount: Decimal
    bucket: str
    unpaid_instalments: int
    channels: frozenset[Channel]
    language: str
    last_outcome: LastOutcome
    flags: frozenset[Flag]
    broken_promises: int
    risk: int = 0


@dataclass(frozen=True, slots=True)
class Condition:
    """What must be so for a step to be taken; every part that is set must hold.

    Attributes:
        min_overdue: At least so much is overdue, in the case's currency.
        max_overdue: At most so much.
        buckets: The bucket is one of these.
        min_unpaid: At least so many instalments are overdue.
        max_unpaid: At most so many.
        last_outcomes: The last outcome is one of these.
        reachable: The customer may be reached by all of these.
        unreachable: And by none of these.
        flags: All of these are known.
        without_flags: None of these is.
        languages: The customer's language is one of these.
        min_broken_promises: At least so many promises were broken.
        max_broken_promises: At most so many.
        min_risk: The risk score is at least that.
        max_risk: At most that.
    """

    min_overdue: Decimal | None = None
    max_overdue: Decimal | None = None
    buckets: frozenset[str] | None = None
    min_unpaid: int | None = None
    max_unpaid: int | None = None
    last_outcomes: frozenset[LastOutcome] | None = None
    reachable: frozenset[Channel] = frozenset()
    unreachable: frozenset[Channel] = frozenset()
    flags: frozenset[Flag] = frozenset()
    without_flags: frozenset[Flag] = frozenset()
    languages: frozenset[str] | None = None
    min_broken_promises: int | None = None
    max_broken_promises: int | None = None
    min_risk: int | None = None
    max_risk: int | None = None

    def unmet(self, situation: Situation) -> str | None:
        """The first part that does not hold, in words; None when the condition holds."""
        return next(
            (
                text
                for text in (*self._unmet_figures(situation), *self._unmet_words(situation))
                if text is not None
            ),
            None,
        )

    def _unmet_figures(self, seen: Situation) -> Iterable[str | None]:
        yield _outside("overdue amount", seen.overdue_amount, self.min_overdue, self.max_overdue)
        yield _outside(
            "number of unpaid instalments",
            seen.unpaid_instalments,
            self.min_unpaid,
            self.max_unpaid,
        )
        yield _outside(
            "number of broken promises",
            seen.broken_promises,
            self.min_broken_promises,
            self.max_broken_promises,
        )
        yield _outside("risk score", seen.risk, self.min_risk, self.max_risk)

    def _unmet_words(self, seen: Situation) -> Iterable[str | None]:
        yield _not_among("bucket", seen.bucket, self.buckets)
        yield _not_among("last outcome", seen.last_outcome, self.last_outcomes)
        yield _not_among("language", seen.language, self.languages)
        for channel in sorted(self.reachable - seen.channels):
            yield f"the customer cannot be reached by {channel}"
        for channel in sorted(self.unreachable & seen.channels):
            yield f"the customer can be reached by {channel}"
        for flag in sorted(self.flags - seen.flags):
            yield f"the case is not marked {flag}"
        for flag in sorted(self.without_flags & seen.flags):
            yield f"the case is marked {flag}"

    def contradictions(self) -> tuple[str, ...]:
        """Why the condition can never hold; nothing for one that some case may meet."""
        found = [
            f"{what} is never at least {least} and at most {most}"
            for what, least, most in (
                ("the overdue amount", self.min_overdue, self.max_overdue),
                ("the number of unpaid instalments", self.min_unpaid, self.max_unpaid),
                (
                    "the number of broken promises",
                    self.min_broken_promises,
                    self.max_broken_promises,
                ),
                ("the risk score", self.min_risk, self.max_risk),
            )
            if least is not None and most is not None and least > most
        ]
        # A case without anything overdue is closed before any step is looked at.
        if self.max_overdue is not None and self.max_overdue <= 0:
            found.append("an open case always has something overdue")
        if self.max_unpaid == 0:
            found.append("an open case always has an unpaid instalment")
        for what, values in (
            ("buckets", self.buckets),
            ("last_outcomes", self.last_outcomes),
            ("languages", self.languages),
        ):
            if values is not None and not values:
                found.append(f"{what} is empty")
        found += [
            f"the customer is asked to be reachable and unreachable by {channel}"
            for channel in sorted(self.reachable & self.unreachable)
        ]
        found += [
            f"the flag {flag} is both asked for and excluded"
            for flag in sorted(self.flags & self.without_flags)
        ]
        return tuple(found)


ALWAYS = Condition()
"""The condition of a step that has none."""


def _outside(
    what: str, value: Decimal | int, least: Decimal | int | None, most: Decimal | int | None
) -> str | None:
    if least is not None and value < least:
        return f"the {what} is below {least}"
    if most is not None and value > most:
        return f"the {what} is above {most}"
    return None


def _not_among(what: str, value: str, wanted: Iterable[str] | None) -> str | None:
    if wanted is None or value in wanted:
        return None
    return f"the {what} is {value}, not {' or '.join(sorted(wanted)) or 'anything'}"
