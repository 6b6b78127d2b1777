"""The page of a loan: what is owed and why, its schedule, its payments, its journal."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.customers import service as customers
from api.ledger import reading as ledger
from api.loans import service as loans
from api.pagination import PageRequest
from api.payments import service as payments
from api.web.console.doors import ConsoleVisit
from api.web.console.showing import page, workflow_link
from api.web.forms import Form, InvalidForm, blank, command, refused, sent_fields
from api.web.site import CONSOLE
from api.web.visits import Visit, go
from api.work import Work
from contracts.ledger import Explained
from contracts.loans import Balances, Delinquency, LoanDetail, Outstanding, Party
from contracts.payments import JournalEntry, NewPayment, Payment, ReturnPayment, ReversePayment
from domain.errors import DomainError, ErrorCode
from domain.lending.reversal import ReversalKind, kind_of
from domain.money import ZERO

router = APIRouter(include_in_schema=False, prefix=CONSOLE.root)

_MOST: Final = 200
_RECEIVABLES: Final = (
    "principal_receivable",
    "interest_receivable",
    "fee_receivable",
    "penalty_receivable",
)
METHODS = (
    ("bank_transfer", "Bank transfer"),
    ("cash", "Cash"),
    ("card", "Card"),
    ("direct_debit", "Direct debit"),
    ("cheque", "Cheque"),
    ("other", "Other"),
)
STATUSES = (
    ("cleared", "The money is here"),
    ("pending", "The bank says it is under way"),
    ("reported", "The customer says so"),
)
RETURNS = (
    ("insufficient_funds", "Not enough money"),
    ("account_closed", "The account is closed"),
    ("mandate_revoked", "The mandate was revoked"),
    ("bounced", "It bounced for another reason"),
    ("other", "Another reason"),
)
REVERSALS = (
    ("bounced", "It bounced"),
    ("insufficient_funds", "It bounced: not enough money"),
    ("account_closed", "It bounced: the account is closed"),
    ("mandate_revoked", "It bounced: the mandate was revoked"),
    ("chargeback", "It was charged back"),
    ("disputed", "It was disputed at the card company"),
    ("posted_in_error", "It was posted in error"),
    ("duplicate", "It was posted twice"),
    ("wrong_loan", "It was for another loan"),
    ("wrong_amount", "The amount was wrong"),
    ("wrong_date", "The date was wrong"),
    ("other", "Another reason"),
)
_PREVIEWED: Final = ("amount", "value_on", "status", "payment_id", "reason")
DONE: Mapping[str, str] = {
    "payment": "The payment is posted.",
    "reverse": "The payment is taken back: what it paid is owed again.",
    "clear": "The money is posted.",
    "return": "The payment came back; what it had paid is owed again.",
    "withdraw": "The report is taken back.",
}


@dataclass(frozen=True, slots=True)
class Booked:
    """An entry of the journal and what it leaves receivable on the loan."""

    entry: JournalEntry
    receivable: Decimal


@dataclass(frozen=True, slots=True)
class Preview:
    """What a payment would do, or what taking one back would; nothing of it has happened."""

    payment: Payment
    before: Balances
    after: Balances


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything the page of a loan is made of."""

    loan: LoanDetail
    customer: customers.Named
    parties: Sequence[tuple[Party, customers.Named]]
    """Everybody on it now, by name."""
    owed: Outstanding
    late: Delinquency
    because: Mapping[str, Sequence[tuple[int, Decimal]]]
    """Each component's balance by the instalments it is made of."""
    told: Sequence[Explained]
    """Every movement in words, oldest first; the last leaves what is owed."""
    payments: Sequence[Payment]
    journal: Sequence[Booked]


@router.get("/loans/{loan_id}")
async def console_loan(visit: ConsoleVisit, loan_id: UUID, done: str = "") -> Response:
    """A loan with everything that moved it."""
    return await _loan_page(visit, loan_id, done=done)


@router.post("/loans/{loan_id}/payment")
async def console_pay(visit: ConsoleVisit, request: Request, loan_id: UUID) -> Response:
    """Show what a payment would do; post it once it was seen and confirmed."""
    sent = await sent_fields(request)
    try:
        new = command(
            NewPayment,
            sent,
            "amount",
            "currency",
            "value_on",
            "method",
            "reference",
            "payoff",
            "status",
        )
        if not _is_confirmed(sent):
            preview = await _preview(
                visit, loan_id, lambda work: payments.post_payment(work, loan_id, new)
            )
            form = blank("payment", **_plain(sent))
            return await _loan_page(visit, loan_id, form=form, preview=preview)
        await visit.once(
            "post_payment", sent, new, lambda work: payments.post_payment(work, loan_id, new)
        )
    except (InvalidForm, DomainError) as error:
        return await again(visit, loan_id, refused("payment", sent, error), error)
    return go(f"{visit.site.root}/loans/{loan_id}?done=payment#payments")


@router.post("/loans/{loan_id}/reverse")
async def console_reverse(visit: ConsoleVisit, request: Request, loan_id: UUID) -> Response:
    """Show what taking a payment back would do; do it once it was seen and confirmed."""
    sent = await sent_fields(request)
    try:
        why = command(ReversePayment, sent, "reason")
        payment_id = payment_id_of(sent)
        if not _is_confirmed(sent):
            preview = await _preview(
                visit,
                loan_id,
                lambda work: _take_back(work, loan_id, payment_id, why),
                operation="reverse_payment",
            )
            form = blank("reverse", **_plain(sent))
            return await _loan_page(visit, loan_id, form=form, preview=preview)
        await visit.once(
            "reverse_payment",
            sent,
            why,
            lambda work: _take_back(work, loan_id, payment_id, why),
            about=str(payment_id),
        )
    except (InvalidForm, DomainError) as error:
        return await again(visit, loan_id, refused("reverse", sent, error), error)
    return go(f"{visit.site.root}/loans/{loan_id}?done=reverse#payments")


async def _take_back(work: Work, loan_id: UUID, payment_id: UUID, why: ReversePayment) -> Payment:
    """What the bank took back is returned, with the product's fee; anything else is reversed."""
    if kind_of(why.reason) is not ReversalKind.RETURNED:
        return await payments.reverse_payment(work, loan_id, payment_id, why)
    seen = await payments.one(work, payment_id)
    returned = ReturnPayment(reason=why.reason)
    return await payments.give_back(work, payment_id, returned, seen.version)


async def _preview(
    visit: Visit,
    loan_id: UUID,
    effect: Callable[[Work], Awaitable[Payment]],
    operation: str = "post_payment",
) -> Preview:
    """Rehearse a movement by all its rules and keep nothing of it."""

    async def rehearse(work: Work) -> Preview:
        before = (await loans.outstanding(work, loan_id, None)).outstanding
        payment = await effect(work)
        await work.session.flush()
        after = (await loans.outstanding(work, loan_id, None)).outstanding
        return Preview(payment, before, after)

    return await visit.rehearse(operation, rehearse)


async def again(
    visit: Visit, loan_id: UUID, form: Form, error: DomainError | InvalidForm
) -> Response:
    """The page with the form as it was sent; what may not be seen at all is refused whole."""
    if isinstance(error, DomainError) and error.code in {ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND}:
        raise error
    return await _loan_page(visit, loan_id, form=form, status=422)


async def _loan_page(
    visit: Visit,
    loan_id: UUID,
    *,
    done: str = "",
    form: Form | None = None,
    preview: Preview | None = None,
    status: int = 200,
) -> Response:
    async with visit.begin("get_loan") as work:
        shown = await _shown(work, loan_id)
    forms = {
        "payment": blank(
            "payment",
            amount=shown.owed.overdue.total or None,
            currency=shown.loan.currency,
            value_on=shown.owed.as_of,
            method="bank_transfer",
            status="cleared",
        ),
        "reverse": blank("reverse"),
        "awaited": blank("awaited"),
    }
    if form is not None:
        forms[form.name] = form
    return page(
        visit,
        "loan.html",
        {
            "shown": shown,
            "loan": shown.loan,
            "path": f"{visit.site.root}/loans/{loan_id}",
            "workflow": workflow_link(visit, shown.loan.workflow_id),
            "done": DONE.get(done, ""),
            "form": forms,
            "open_form": "" if form is None else form.name,
            "preview": preview,
            "methods": METHODS,
            "statuses": STATUSES,
            "returns": RETURNS,
            "reversals": REVERSALS,
            "seen": "" if form is None else _seen(form.values),
        },
        status,
    )


async def _shown(work: Work, loan_id: UUID) -> Shown:
    loan = await loans.detail(work, loan_id)
    named = await customers.names(
        work, {loan.customer_id, *(party.customer_id for party in loan.parties)}
    )
    paid = await payments.list_payments(work, PageRequest(_MOST, None), loan_id=loan_id)
    entries = await ledger.loan_journal(work, loan_id, PageRequest(_MOST, None))
    return Shown(
        loan=loan,
        customer=named[loan.customer_id],
        parties=[(party, named[party.customer_id]) for party in loan.parties],
        owed=await loans.outstanding(work, loan_id, None),
        late=await loans.delinquency(work, loan_id),
        because=_because(await loans.unpaid(work, loan_id)),
        told=(await loans.explanation(work, loan_id, PageRequest(_MOST, None))).items,
        payments=paid.items,
        journal=_running(entries.items),
    )


def _because(
    unpaid: Sequence[tuple[int, Balances]],
) -> Mapping[str, Sequence[tuple[int, Decimal]]]:
    """What of each instalment is still owed, component by component."""
    return {
        "principal": [(number, owed.principal) for number, owed in unpaid if owed.principal],
        "interest": [(number, owed.interest) for number, owed in unpaid if owed.interest],
        "fee": [(number, owed.fee) for number, owed in unpaid if owed.fee],
        "penalty": [(number, owed.penalty) for number, owed in unpaid if owed.penalty],
    }


def _running(entries: Sequence[JournalEntry]) -> Sequence[Booked]:
    """The entries with what is receivable after each: due and not yet paid, by the journal."""
    balance, found = ZERO, []
    for entry in entries:
        balance += sum((line.amount for line in entry.lines if line.account in _RECEIVABLES), ZERO)
        found.append(Booked(entry, balance))
    return found


def _seen(sent: Mapping[str, str]) -> str:
    """What a preview was made of: a form that was changed since is shown again, not posted."""
    return "|".join(sent.get(name, "") for name in _PREVIEWED)


def _is_confirmed(sent: Mapping[str, str]) -> bool:
    return sent.get("step") == "post" and sent.get("seen") == _seen(sent)


def _plain(sent: Mapping[str, str]) -> Mapping[str, str]:
    """What was typed, without what the page itself wrote into the form."""
    return {
        name: value for name, value in sent.items() if name not in {"csrf", "key", "step", "seen"}
    }


def payment_id_of(sent: Mapping[str, str]) -> UUID:
    """The payment that a form is about."""
    try:
        return UUID(sent.get("payment_id", ""))
    except ValueError:
        raise DomainError(
            ErrorCode.INVALID_REQUEST, "The form is not whole: load the page again."
        ) from None
