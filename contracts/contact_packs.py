"""The contact rules in force, for whoever has to answer for them."""

from datetime import date
from typing import Literal

from pydantic import Field

from contracts.base import Wire


class ContactRule(Wire):
    """One rule of a pack."""

    id: str = Field(examples=["us-reg-f.calls-7-in-7"])
    """As decisions name it."""
    kind: Literal["hours", "cap", "wait", "consent", "opt_out", "notice", "validation"]
    citation: str = Field(examples=["12 CFR 1006.14(b)(2)(i)(A)"])
    text: str = Field(examples=["at most 7 in any 7 days, per debt (call)"])
    """What it asks, in plain words."""


class ContactPack(Wire):
    """One version of a rule pack."""

    id: str
    version: int
    name: str
    effective_on: date
    in_force: bool
    """It is the version that binds today; another may be newer or older."""
    citation: str
    verified: bool
    """Whether its figures were read at their source; else it is Tenor's best knowledge."""
    countries: list[str]
    regions: list[str]
    """ISO 3166-2; empty: all of its countries."""
    narrower: bool
    """It binds in some towns of the regions only."""
    binds: list[str]
    """Kinds of creditor, as `licence_kind`; empty: every creditor."""
    once_collecting: bool
    rules: list[ContactRule]
