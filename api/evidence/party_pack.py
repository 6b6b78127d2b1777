"""The evidence pack of another party of a case: what passed with that person, and nothing else.

A co-borrower or guarantor has a right to what was done with him, and none to what is the
customer's: the story, the promises, the wishes and the money of another are left out.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Row, select

from api.creditors import service as creditors
from api.customers import service as customers
from api.evidence import queries, sections
from api.loans.tables import LoanPartyRow, LoanRow
from api.messages import chain_queries
from api.recovery import cases, hold_queries
from api.recovery.tables import CaseLoanRow, CaseRow
from api.work import Work
from domain.errors import DomainError, ErrorCode
from domain.evidence.canonical import Record, instant
from domain.evidence.pack import CHAIN, DECISIONS, MESSAGES, Section

KIND = "recovery_case_party"
"""How the manifest names such a pack."""


async def sections_of(work: Work, case: CaseRow, party_id: UUID) -> list[Section]:
    """What passed with another party of a case's loans, past parties included.

    Raises `NOT_FOUND` for whoever never was one.
    """
    standings = await _standings(work, case.id, party_id)
    if not standings:
        raise DomainError(
            ErrorCode.NOT_FOUND, "Nobody of that key is another party of a loan of this case."
        )
    messages = await queries.messages(work, case.id, party_id)
    ids = frozenset(row.id for row in messages)
    decisions, chain = sections.links(await chain_queries.decisions_of(work, party_id), ids)
    holds = [row for row in await hold_queries.holds(work, case.id) if row.customer_id == party_id]
    return [
        Section("case", [await _case(work, case, party_id)]),
        Section("loans", [_standing(row, number) for row, number in standings]),
        Section(DECISIONS, decisions),
        Section(CHAIN, chain),
        Section(MESSAGES, [await sections.message(work, row) for row in messages]),
        Section(
            "consents", [sections.consent(row) for row in await queries.consents(work, party_id)]
        ),
        Section("holds", [await sections.hold(work, row, party_id) for row in holds]),
        Section("rule_packs", sections.rule_packs(sections.labels_of(decisions))),
        Section("audit", await _audit(work, ids)),
    ]


async def _standings(work: Work, case_id: UUID, party_id: UUID) -> Sequence[Row[LoanPartyRow, int]]:
    """As what somebody stands, or stood, on loans that ever were in a case, but as its customer."""
    return (
        await work.session.execute(
            select(LoanPartyRow, LoanRow.number)
            .join(LoanRow, LoanRow.id == LoanPartyRow.loan_id)
            .join(CaseLoanRow, CaseLoanRow.loan_id == LoanPartyRow.loan_id)
            .where(
                CaseLoanRow.case_id == case_id,
                LoanPartyRow.customer_id == party_id,
                LoanPartyRow.role != "primary",
            )
            .order_by(LoanRow.number, LoanPartyRow.id)
        )
    ).all()


async def _case(work: Work, case: CaseRow, party_id: UUID) -> Record:
    creditor = await creditors.by_id(work, case.creditor_id)
    named = (await customers.names(work, [party_id]))[party_id]
    return {
        "id": str(case.id),
        "number": cases.number(case),
        "party_id": str(party_id),
        "party": {"number": named.number, "name": named.name},
        "creditor_id": str(case.creditor_id),
        "creditor": {"name": creditor.name, "country": creditor.country, "zone": creditor.zone},
        "currency": case.currency,
        "status": case.status,
        "opened_at": instant(case.opened_at),
        "closed_at": None if case.closed_at is None else instant(case.closed_at),
    }


def _standing(row: LoanPartyRow, number: int) -> Record:
    return {
        "id": str(row.loan_id),
        "number": f"LN-{number}",
        "role": row.role,
        "liability": row.liability,
        "from_on": row.from_on.isoformat(),
        "until_on": None if row.until_on is None else row.until_on.isoformat(),
        "called_on": None if row.called_on is None else row.called_on.isoformat(),
    }


async def _audit(work: Work, message_ids: Collection[UUID]) -> list[Record]:
    return [sections.act(row) for row in await queries.audit(work, message_ids)]
