"""Letters about no loan: from a creditor to a customer, with figures that somebody else knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from api.clock import Clock
from api.creditors.tables import CreditorRow
from api.customers import service as customers
from api.letters.facts import Figures, Value
from api.letters.handing_over import ask_to_give, ask_to_post
from api.letters.packs import FALLBACK, letter_pack
from api.letters.reading import shown
from api.letters.writing import Matter, NewSheet, write
from api.templates.using import spoken
from api.work import Work
from contracts.letters import Letter
from domain.errors import Fact
from domain.letters import LetterCode


@dataclass(frozen=True, slots=True)
class FreeLetter:
    """A letter about no loan.

    Attributes:
        code: Which.
        customer_id: To whom.
        creditor: Who writes.
        clock: The customer's clock.
        reference: What it is filed under.
        natural_key: What makes it the same letter.
        facts: What it says: texts, and days as ISO text under names that end in `_on`.
        passages: Paragraphs of a person's words, by the variable that they stand for.
        in_portal: He reads it in the portal; else it is posted, or given to him in another way.
        case_id: The case it belongs to.
        within: How soon a person should have posted it.
    """

    code: LetterCode
    customer_id: UUID
    creditor: CreditorRow
    clock: Clock
    reference: str
    natural_key: str
    facts: Mapping[str, Fact]
    passages: Mapping[str, Sequence[str]]
    in_portal: bool
    case_id: UUID | None
    within: timedelta


def language_of(wanted: str) -> str:
    """The language in which a letter to somebody is written."""
    return next((each for each in spoken(wanted) if letter_pack(each) is not None), FALLBACK)


async def write_free(work: Work, told: FreeLetter) -> Letter:
    """Write it, once, and ask a person for it unless he reads it in the portal.

    Raises:
        DomainError: `NOT_FOUND` for a customer whose data were erased, `LETTER_NOT_SET`.
    """
    row = await write(
        work,
        NewSheet(
            code=told.code,
            matter=Matter(
                customer_id=told.customer_id,
                creditor=told.creditor,
                test_clock_id=told.clock.test_clock_id,
                loan=None,
                reference=told.reference,
            ),
            clock=told.clock,
            figures=Figures(
                {name: _value(name, fact) for name, fact in told.facts.items() if fact is not None}
            ),
            natural_key=told.natural_key,
            delivery="portal" if told.in_portal else "post",
            case_id=told.case_id,
            passages=told.passages,
        ),
    )
    if not told.in_portal:
        holder = await customers.by_id(work, told.customer_id)
        give = ask_to_post if holder.address_ct is not None else ask_to_give
        await give(work, told.clock, row, told.within)
    return shown(row)


def _value(name: str, fact: Fact) -> Value:
    return date.fromisoformat(str(fact)) if name.endswith("_on") else str(fact)
