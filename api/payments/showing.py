"""How a change of the past is shown: before it happens, and in the answer to it."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from api.loans.balances import shown as balances
from api.messages import service as messages
from api.payments import reading
from api.payments.past import LivePayment
from api.payments.planning import Ground, Plan
from api.payments.tables import PaymentLifeRow
from api.recovery import correcting as cases
from api.work import Work
from contracts.loans import ScheduledRow
from contracts.payments import (
    AllocationLine,
    ArrearsStand,
    BucketSpell,
    CorrectedFee,
    Correction,
    Payment,
    PaymentPreview,
    Reallocated,
    ReliefCorrected,
    Split,
    UndueContact,
    UnduePeriod,
)
from domain.lending.arrears import Arrears
from domain.lending.correction import LateFee, Told
from domain.lending.schedule import Instalment
from domain.money import ZERO, quantize


def preview(
    ground: Ground,
    *,
    payment_id: UUID | None,
    amount: Decimal,
    value_on: date,
    told: Told,
    correction: Correction,
) -> PaymentPreview:
    """A change that has not happened."""
    currency = ground.book.loan.currency
    return PaymentPreview(
        loan_id=ground.book.loan.id,
        payment_id=payment_id,
        amount=quantize(amount, currency),
        currency=currency,
        value_on=value_on,
        split=_split(told, currency),
        correction=correction,
    )


def payment(
    live: LivePayment,
    correction: Correction,
    *,
    is_reversed: bool,
    returned: bool = False,
    life: PaymentLifeRow | None = None,
) -> Payment:
    """A payment with what its posting or its reversal moved besides."""
    shown = reading.shown(
        live.row, live.told.allocations, is_reversed=is_reversed, returned=returned, life=life
    )
    return shown.model_copy(
        update={
            "credited": quantize(live.told.unapplied, live.row.currency),
            "correction": correction,
        }
    )


async def correction(work: Work, ground: Ground, plan: Plan) -> Correction:
    """All that a plan moves, with the contacts and cases it concerns; nothing is written."""
    loan = ground.book.loan
    currency = loan.currency
    periods = [(stretch.first, stretch.last) for stretch in plan.undue]
    contacts = await messages.undue(work, loan.id, ground.book.creditor.zone, periods)
    told = await cases.concerned(work, loan, periods) if plan.buckets else ()
    return Correction(
        since=plan.since,
        reallocated=[
            Reallocated(
                payment_id=moved.payment.row.id,
                number=f"PY-{moved.payment.row.number}",
                amount=quantize(moved.payment.row.amount, currency),
                value_on=moved.payment.row.value_on,
                before=_split(moved.payment.told, currency),
                after=_split(moved.now, currency),
            )
            for moved in plan.moved
        ],
        reliefs=[
            ReliefCorrected(
                kind=relief.deed.row.kind,
                value_on=relief.deed.row.value_on,
                before=_split(relief.deed.told, currency),
                after=_split(relief.now, currency),
            )
            for relief in plan.relieved
        ],
        fees_withdrawn=_fees([fee.fee for fee in plan.withdrawn], currency),
        fees_charged=_fees(plan.charged, currency),
        outstanding_before=balances(plan.owed_before, currency),
        outstanding_after=balances(plan.owed_now, currency),
        credit_before=quantize(plan.credit_before, currency),
        credit_after=quantize(plan.credit_now, currency),
        arrears_before=_arrears(plan.arrears_before, currency),
        arrears_after=_arrears(plan.arrears_now, currency),
        lifecycle_before=plan.lifecycle_before,
        lifecycle_after=plan.lifecycle_now,
        buckets=[BucketSpell(from_on=spell.on, bucket=spell.after) for spell in plan.buckets],
        undue_periods=[
            UnduePeriod(first=stretch.first, last=stretch.last) for stretch in plan.undue
        ],
        undue_contacts=[
            UndueContact(
                message_id=contact.message_id,
                channel=contact.channel,
                template=contact.template,
                sent_at=contact.sent_at,
                case_id=contact.case_id,
            )
            for contact in contacts
        ],
        cases=[case.id for case in told],
        schedule_before=_rows(plan.schedule_before, currency) if plan.replans else None,
        schedule_after=_rows(plan.now.schedule, currency) if plan.replans else None,
    )


def _rows(planned: Sequence[Instalment], currency: str) -> list[ScheduledRow]:
    return [
        ScheduledRow(
            number=row.number,
            from_on=row.from_on,
            due_on=row.due_on,
            principal=quantize(row.principal, currency),
            interest=quantize(row.interest, currency),
        )
        for row in planned
    ]


def _split(told: Told, currency: str) -> Split:
    return Split(
        allocations=[
            AllocationLine(
                instalment=part.instalment,
                component=part.component.value,
                amount=quantize(part.amount, currency),
            )
            for part in sorted(
                told.allocations, key=lambda part: (part.instalment, part.component.value)
            )
        ],
        credited=quantize(told.unapplied + told.unearned, currency),
        interest_rebated=quantize(sum((part.amount for part in told.rebate), ZERO), currency),
    )


def _fees(fees: Sequence[LateFee], currency: str) -> list[CorrectedFee]:
    return [
        CorrectedFee(
            instalment=fee.instalment, amount=quantize(fee.amount, currency), value_on=fee.on
        )
        for fee in fees
    ]


def _arrears(arrears: Arrears, currency: str) -> ArrearsStand:
    return ArrearsStand(
        past_due_days=arrears.past_due_days,
        overdue=quantize(arrears.overdue_amount, currency),
        bucket=arrears.bucket,
    )
