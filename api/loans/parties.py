"""Parties of a loan between what is asked, what the rules know, and what is kept."""

from datetime import date
from uuid import UUID

from api.loans.tables import LoanPartyRow
from contracts.loans import NewParty
from contracts.loans import Party as WireParty
from domain.lending.parties import (
    Liability,
    Party,
    PartyRole,
    Standing,
    standing,
    usual_liability,
)


def party_of(new: NewParty, from_on: date) -> Party:
    """A party as somebody asks for it; what he owes follows from the role unless it was said."""
    role = PartyRole(new.role)
    return Party(
        person=new.customer_id,
        role=role,
        liability=usual_liability(role) if new.liability is None else Liability(new.liability),
        from_on=from_on,
        share_percent=new.share_percent,
    )


def row_of(loan_id: UUID, party: Party) -> LoanPartyRow:
    """A party as it is kept."""
    return LoanPartyRow(
        loan_id=loan_id,
        customer_id=party.person,
        role=party.role.value,
        liability=party.liability.value,
        share_percent=party.share_percent,
        from_on=party.from_on,
        until_on=party.until_on,
        called_on=party.called_on,
        version=1,
    )


def rule_of(row: LoanPartyRow) -> Party:
    """A party as the rules know it."""
    return Party(
        person=row.customer_id,
        role=PartyRole(row.role),
        liability=Liability(row.liability),
        from_on=row.from_on,
        share_percent=row.share_percent,
        until_on=row.until_on,
        called_on=row.called_on,
    )


def shown(row: LoanPartyRow, today: date) -> WireParty:
    """A party as it goes over the wire."""
    how = standing(rule_of(row), today)
    return WireParty.model_validate(
        {
            "id": row.id,
            "loan_id": row.loan_id,
            "customer_id": row.customer_id,
            "role": row.role,
            "liability": row.liability,
            "share_percent": row.share_percent,
            "from_on": row.from_on,
            "until_on": row.until_on,
            "called_on": row.called_on,
            "liable": how is Standing.LIABLE,
            "standing": how.value,
            "version": row.version,
        }
    )
