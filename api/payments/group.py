"""Posts many payments in one transaction, each answered on its own (group commit).

Keys are claimed in their order, then loans are locked in theirs, then everything is written at
once. A payment for which that is not enough is left to the ordinary way: a bad one never fails
another.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from fastapi import Response

from api.audit.service import Act, record_on_loans
from api.collecting import facts as collecting
from api.db.bulk import insert_rows, update_rows
from api.db.pipeline import pipeline
from api.idempotency.service import dump, saved_answer
from api.ledger import service as ledger
from api.loans.tables import InstalmentRow, LoanRow
from api.messages import withdrawing
from api.payments import claiming, reading, reckoning
from api.payments.asking import Ask
from api.payments.claiming import CREATED, Key, key_of
from api.payments.reckoning import Account, Locking, Posting, Terms
from api.payments.tables import AllocationRow, TransactionRow
from api.security.principal import SYSTEM
from api.security.tokens import TokenService
from api.wakes import service as wakes
from api.work import Work, WorkRoom
from contracts.names import WakeKind
from domain.errors import DomainError
from domain.ids import case_workflow_id
from domain.lending.ledger import repayment_entry

Outcome = Response | DomainError | None
"""An answer, a refusal, or null: the payment is to be posted on its own."""


@dataclass(frozen=True, slots=True)
class Poster:
    """Posts groups of payments."""

    room: WorkRoom
    tokens: TokenService
    terms: dict[UUID, Terms] = field(default_factory=dict)
    """Of the product versions met so far."""

    async def post(self, asks: Sequence[Ask]) -> list[Outcome]:
        """Post a group in the order given; the outcomes stand in the same order.

        Raises what the database raises; then nothing was changed.
        """
        async with self.room.begin(SYSTEM, "") as work:
            firsts: dict[Key, Ask] = {}
            for ask in asks:
                firsts.setdefault(key_of(ask), ask)
            async with pipeline(work.session) as pipe:
                claims = await claiming.claim(work, pipe, firsts)
                locking = await reckoning.lock(work, pipe, firsts.values())
            used = await claims.used(work)
            fresh = {key: ask for key, ask in firsts.items() if key not in used}
            answers = await self._post_fresh(work, fresh, locking)
        return [_outcome(work, ask, firsts, used, answers) for ask in asks]

    async def _post_fresh(
        self, work: Work, fresh: Mapping[Key, Ask], locking: Locking
    ) -> dict[Key, bytes]:
        """Post what nobody asked for before; the answers of what was posted."""
        if not fresh:
            return {}
        accounts = await locking.accounts()
        terms = await reckoning.terms_of(work, accounts, self.terms)
        await reckoning.read_whole(work, accounts, terms)
        numbers = await locking.next_numbers()
        postings: dict[Key, Posting] = {}
        for (key, ask), number in zip(fresh.items(), numbers, strict=False):
            account = accounts.get(ask.loan_id)
            posting = reckoning.reckon(ask, account, terms, number, work.now)
            if posting is not None:
                postings[key] = posting
        posted = list(postings.values())
        async with pipeline(work.session) as pipe:
            await _write(work, posted)
            answers = {
                key: dump(reading.shown(posting, posting.allocations, is_reversed=False))
                for key, posting in postings.items()
            }
            await claiming.save(work, answers)
            await claiming.give_back(pipe, fresh.keys() - answers.keys())
            await _record(work, posted)
        await _tell(work, posted)
        return answers


def _outcome(
    work: Work,
    ask: Ask,
    firsts: Mapping[Key, Ask],
    used: Mapping[Key, Response | DomainError],
    answers: Mapping[Key, bytes],
) -> Outcome:
    """What one payment of a group is answered; a duplicate gets the answer of the first."""
    key = key_of(ask)
    first = firsts[key]
    if first is ask and key in used:
        return used[key]
    if key not in answers:
        return None
    if first is ask:
        return saved_answer(answers[key], CREATED, replayed=False)
    same = ask.once.fingerprint(work.vault, ask.new) == first.once.fingerprint(
        work.vault, first.new
    )
    return saved_answer(answers[key], CREATED, replayed=True) if same else None


async def _write(work: Work, postings: Sequence[Posting]) -> None:
    """Write movements, their allocations and entries, and the balances they lead to."""
    if not postings:
        return
    work.postings["repayment"] += len(postings)
    session = work.session
    await insert_rows(session, TransactionRow, [_transaction(posting) for posting in postings])
    await insert_rows(
        session,
        AllocationRow,
        [
            {
                "transaction_id": posting.id,
                "instalment": part.instalment,
                "component": part.component.value,
                "amount": part.amount,
            }
            for posting in postings
            for part in posting.allocations
        ],
    )
    await ledger.post(
        work,
        *[
            ledger.Posting.of_loan(
                posting.account,
                repayment_entry(posting.allocations, posting.credited),
                value_on=posting.value_on,
                booked_on=posting.value_on,
                transaction_id=posting.id,
            )
            for posting in postings
        ],
    )
    accounts = {posting.account.id: posting.account for posting in postings}
    touched = {
        (posting.account.id, part.instalment)
        for posting in postings
        for part in posting.allocations
    }
    await update_rows(session, LoanRow, ("id",), [_loan(each) for each in accounts.values()])
    await update_rows(
        session,
        InstalmentRow,
        ("loan_id", "number"),
        [
            {
                "loan_id": line.loan_id,
                "number": line.number,
                "principal_paid": line.principal_paid,
                "interest_paid": line.interest_paid,
                "fee_paid": line.fee_paid,
                "penalty_paid": line.penalty_paid,
                "met_on": line.met_on,
            }
            for account in accounts.values()
            for line in account.lines
            if (account.id, line.number) in touched
        ],
    )


def _transaction(posting: Posting) -> dict[str, object]:
    return {
        "id": posting.id,
        "number": posting.number,
        "loan_id": posting.loan_id,
        "kind": "repayment",
        "amount": posting.amount,
        "currency": posting.currency,
        "value_on": posting.value_on,
        "booked_on": posting.value_on,
        "booked_at": posting.booked_at,
        "method": posting.method,
        "reference": posting.reference,
        "credited": posting.credited,
        "principal_after": posting.principal_after,
        "interest_after": posting.interest_after,
        "fee_after": posting.fee_after,
        "penalty_after": posting.penalty_after,
    }


def _loan(account: Account) -> dict[str, object]:
    return {
        "id": account.id,
        "principal_outstanding": account.principal_outstanding,
        "interest_outstanding": account.interest_outstanding,
        "fee_outstanding": account.fee_outstanding,
        "penalty_outstanding": account.penalty_outstanding,
        "next_unmet_due_on": account.next_unmet_due_on,
        "version": account.version,
    }


def _on_behalf(work: Work, posting: Posting) -> Work:
    """The same unit of work, in the name of whoever asked for a payment."""
    return replace(work, principal=posting.ask.principal, request_id=posting.ask.request_id)


async def _record(work: Work, postings: Sequence[Posting]) -> None:
    """Audit each payment under whoever asked for it."""
    await record_on_loans(
        work,
        [
            Act(
                _on_behalf(work, posting),
                "payment.posted",
                posting.loan_id,
                {
                    "payment": str(posting.id),
                    "amount": str(posting.amount),
                    "on": str(posting.value_on),
                },
            )
            for posting in postings
        ],
    )


async def _tell(work: Work, postings: Sequence[Posting]) -> None:
    """Take back reminders that are pointless now, and wake whoever must hear of it."""
    met = {posting.loan_id for posting in postings if posting.met}
    if met:
        reminded = await withdrawing.loans_with_reminders(work, met)
        for posting in postings:
            if posting.met and posting.loan_id in reminded:
                own = _on_behalf(work, posting)
                await withdrawing.instalments_met(own, posting.loan_id, posting.met)
    collected = {posting.loan_id for posting in postings if posting.account.collected}
    planned = await collecting.planned_on(work, list(collected)) if collected else {}
    wanted: Counter[tuple[str, WakeKind, UUID | None]] = Counter()
    for posting in postings:
        account = posting.account
        if account.case_id is not None:
            case = case_workflow_id(account.case_id)
            wanted[case, WakeKind.CASE, account.test_clock_id] += 1
        wanted.update(planned.get(posting.loan_id, ()))
    await wakes.raise_many(work, wanted)
