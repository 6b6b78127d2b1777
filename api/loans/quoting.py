"""What a loan would cost: schedule, totals and yearly cost, before anybody is bound."""

from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from api.caps import service as caps
from api.caps.service import Planned
from api.clock import clock_for
from api.creditors import service as creditors
from api.products import service as products
from api.products.terms import product_terms
from api.work import Work
from contracts.loans import Quote, QuotedCap, QuotedInstalment, QuoteLoan, QuoteTotals, YearlyCost
from domain.lending.apr import Flow, eu_aprc, us_actuarial
from domain.lending.caps import Limit, Measure
from domain.lending.schedule import build_schedule
from domain.money import ZERO, exponent, positive, quantize

_STEP: Final = Decimal("0.000001")
"""Rates are told in millionths of a percent; whoever discloses one rounds it as his law says."""


async def quote_loan(work: Work, asked: QuoteLoan) -> Quote:
    """Work out a loan as it would be made now; nothing is kept.

    The origination fee falls due with the first instalment, as it does when the loan is made.
    Raises `NOT_FOUND` (product), `CURRENCY_MISMATCH`, `INVALID_TERMS`, the refusals of amounts, and
    `CAP_EXCEEDED` for a loan that would cost more than the creditor's country allows.
    """
    exponent(asked.currency)
    product = await products.product_for_new_loan(work, asked.product, asked.currency)
    principal = positive(asked.principal, asked.currency)
    disbursed_on = asked.disbursed_on or await _today(work, product.creditor_id)
    terms = product_terms(product).loan_terms(
        principal=principal,
        instalments=asked.instalments,
        disbursed_on=disbursed_on,
        first_due_on=asked.first_due_on,
        annual_rate_percent=asked.annual_rate_percent,
    )
    fee = quantize(product.origination_fee, asked.currency)
    schedule = build_schedule(terms)
    charges = [fee, *[quantize(ZERO, asked.currency)] * (len(schedule) - 1)]
    rows = [
        QuotedInstalment(
            number=row.number,
            from_on=row.from_on,
            due_on=row.due_on,
            principal=row.principal,
            interest=row.interest,
            fee=charged,
            total=row.principal + row.interest + charged,
        )
        for row, charged in zip(schedule, charges, strict=True)
    ]
    creditor = await creditors.by_id(work, product.creditor_id)
    planned = Planned(creditor.country, asked.currency, principal, schedule, charges)
    limits = caps.allowed(planned)
    lent = [Flow(disbursed_on, principal)]
    paid = [Flow(row.due_on, row.total) for row in rows if row.total > ZERO]
    yearly = eu_aprc(lent, paid)
    return Quote(
        product=product.code,
        product_version=product.version,
        currency=asked.currency,
        disbursed_on=disbursed_on,
        annual_rate_percent=terms.annual_rate_percent,
        schedule=rows,
        totals=QuoteTotals(
            principal=principal,
            interest=sum((row.interest for row in rows), ZERO),
            fee=fee,
            to_pay=sum((row.total for row in rows), ZERO),
        ),
        yearly_cost=YearlyCost(
            us_actuarial_percent=us_actuarial(lent, paid).quantize(_STEP),
            eu_aprc_percent=yearly.quantize(_STEP),
        ),
        caps=[_cap(limit, planned, yearly) for limit in limits],
    )


def _cap(limit: Limit, planned: Planned, yearly: Decimal) -> QuotedCap:
    if limit.measure is Measure.YEARLY_COST:
        most, costs = limit.most.normalize(), yearly.quantize(_STEP)
    else:
        costs = quantize(planned.cost.of(limit.measure), planned.currency)
        most = quantize(limit.most, planned.currency)
    return QuotedCap(
        rule=limit.rule, source=limit.source, measure=limit.measure.value, most=most, costs=costs
    )


async def _today(work: Work, creditor_id: UUID) -> date:
    """The creditor's business date, live: a quote is for nobody yet."""
    zone = (await creditors.by_id(work, creditor_id)).zone
    return (await clock_for(work, None)).today(zone)
