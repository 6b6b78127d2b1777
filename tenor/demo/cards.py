"""How the demo's people pay by card: who is on autopay, which debits fail, who pays by a link.

Pure, like the rest of their behaviour: chance is a hash of seed, customer number and what it
decides.
"""

from typing import Final

from domain.money import exponent
from tenor.demo.people import Behaviour, Person
from tenor.portfolio.chance import chance

ON_AUTOPAY: Final = 0.6
"""How many of the steady let themselves be charged."""
BY_LINK: Final = 0.5
"""How often the forgetful pay by a link."""
LEFT_UNUSED: Final = 0.1
"""How often they ask for a link and pay another way."""
FAILS: Final = 1 / 30
"""How many first debits find no money."""

_DEBITS: Final = 36
"""The longest loan has no more instalments in a demo."""
_CARD_DECIMALS: Final = 2
"""Cards are not charged in thousandths."""


def on_autopay(seed: int, person: Person, currency: str) -> bool:
    """Whether a person lets a loan in this currency be charged to his card."""
    return (
        person.behaviour is Behaviour.STEADY
        and exponent(currency) <= _CARD_DECIMALS
        and chance(seed, person.number, "autopay") < ON_AUTOPAY
    )


def card(seed: int, person: Person, loan: int) -> str:
    """The test card of a loan: the debits at which it has no money are part of its name.

    A debit that fails is tried again, and clears then.
    """
    failing: list[int] = []
    for debit in range(1, _DEBITS + 1):
        if debit - 1 in failing:
            continue
        if chance(seed, person.number, loan, "debit", debit) < FAILS:
            failing.append(debit)
    return "pm_card_visa" if not failing else f"pm_card_declines_{'_'.join(map(str, failing))}"


def by_link(seed: int, person: Person, currency: str, *about: object) -> bool:
    """Whether a person pays something by a link."""
    return (
        person.behaviour is Behaviour.FORGETFUL
        and exponent(currency) <= _CARD_DECIMALS
        and chance(seed, person.number, "by link", *about) < BY_LINK
    )


def leaves_unused(seed: int, person: Person, *about: object) -> bool:
    """Whether he asks for the link and pays another way."""
    return chance(seed, person.number, "left unused", *about) < LEFT_UNUSED
