"""Reads risk: of a customer over all active loans, of each loan, and what was found before."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from api.clock import clock_for
from api.creditors import service as creditors
from api.customers import service as customers
from api.loans.tables import LoanRow
from api.recovery import risk_queries
from api.recovery.rating import CARD
from api.work import Work
from contracts.casework import CustomerRisk, LoanRisk, PastRisk, RiskPart, RiskScore
from domain.recovery.risk import Figure, Score, score, worst

_HISTORY: Final = 50


async def of_customer(work: Work, customer_id: UUID) -> CustomerRisk:
    """The risk of a customer now, with every component. Raises `NOT_FOUND`."""
    person = await customers.get(work, customer_id)
    loans = await risk_queries.active_loans(work, customer_id)
    figures = await _figures(work, loans, person.test_clock_id)
    today = min((on for on, _ in figures.values()), default=work.now.date())
    own = {
        Figure.BROKEN_PROMISES: await risk_queries.broken_promises(
            work, customer_id, today - risk_queries.YEAR
        ),
    }
    found = score(CARD, {**worst([each for _, each in figures.values()]), **own})
    history = await risk_queries.kept_scores(work, customer_id, _HISTORY)
    return CustomerRisk.model_validate(
        {
            **_told(found).model_dump(),
            "customer_id": customer_id,
            "card": f"{CARD.code} {CARD.version}",
            "loans": [
                LoanRisk.model_validate(
                    {
                        **_told(score(CARD, {**figures[loan.id][1], **own})).model_dump(),
                        "loan_id": loan.id,
                        "number": f"LN-{loan.number}",
                    }
                )
                for loan in loans
            ],
            "history": [
                PastRisk.model_validate(
                    {
                        "case_id": row.case_id,
                        "on": row.on_date,
                        "score": row.score,
                        "level": row.level,
                        "card": f"{row.card} {row.card_version}",
                    }
                )
                for row in history
            ],
        }
    )


async def _figures(
    work: Work, loans: Sequence[LoanRow], test_clock_id: UUID | None
) -> Mapping[UUID, tuple[date, Mapping[Figure, int]]]:
    """The figures of each loan on its creditor's business date."""
    clock = await clock_for(work, test_clock_id)
    found: dict[UUID, tuple[date, Mapping[Figure, int]]] = {}
    for creditor_id in sorted({loan.creditor_id for loan in loans}):
        today = clock.today((await creditors.by_id(work, creditor_id)).zone)
        ids = [loan.id for loan in loans if loan.creditor_id == creditor_id]
        figures = await risk_queries.of_loans(work, ids, today)
        found |= {loan_id: (today, figures.get(loan_id, {})) for loan_id in ids}
    return found


def _told(found: Score) -> RiskScore:
    return RiskScore.model_validate(
        {
            "score": found.value,
            "level": found.level.value,
            "reasons": list(found.reasons),
            "parts": [
                RiskPart(
                    figure=part.figure.value,
                    name=part.name,
                    value=part.value,
                    points=part.points,
                    reason=part.reason,
                )
                for part in found.parts
            ],
        }
    )
