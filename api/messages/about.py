"""All that a group of messages is judged and written by, read together: people, loans, cases."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final, Self
from uuid import UUID

from api.clock import Clock
from api.customers import service as customers
from api.customers.service import ContactCard
from api.messages import contact_queries, ground_queries
from api.messages.chain import Chains
from api.messages.ground_queries import Case, Creditor, Loan, Unpaid
from api.messages.packs import contact_packs
from api.messages.queueing import Validity
from api.messages.slots import Slots
from api.messages.tables import MessageRow
from api.parties import standings
from api.payments import lives as payments
from api.payments.lives import Awaited
from api.recovery.service import debt_holds_on, holds_on
from api.templates.using import Texts, texts_on
from api.work import Work
from domain.calendar import local_instant
from domain.contact.channel import Purpose
from domain.contact.decision import Decision
from domain.contact.packs import Licence
from domain.errors import DomainError, ErrorCode
from domain.lending.parties import WHOLE, Party, Standing, share_of, standing
from domain.money import quantize
from domain.recovery.holds import HoldKind

LOOK_BACK: Final = timedelta(days=32)
"""How far back contacts are read: a day more than the longest cap (ten in a month, RG 96)."""

_STRONGEST_FIRST: Final = (
    Standing.LIABLE,
    Standing.NOT_CALLED,
    Standing.ESTATE,
    Standing.NOT_LIABLE,
)
"""Of a person's standings on the loans of a message, the one that decides."""


@dataclass(frozen=True, slots=True)
class Book:
    """Whose book a message belongs to: who writes, in which currency, on which business date."""

    creditor: Creditor
    currency: str
    today: date


@dataclass(frozen=True, slots=True)
class About:
    """The facts around a group of messages on one clock.

    Attributes:
        clock: The clock of their customers.
        cards: How each customer is reached.
        holds: The kinds of hold that bind each customer today; people without any are left out.
        debt_holds: The kinds that bind the debt of cases today in which somebody else than their
            customer is written to; cases without any are left out.
        parties: What each customer is on the loans spoken of, by customer and loan.
        slots: Their contacts that count, and what is changed of them.
        chains: Where the chains of decisions about them end.
        loans: The loans spoken of, and those in the cases.
        cases: The cases.
        members: The loans that are in each case.
        latest: The latest loan of customers whose messages name neither loan nor case.
        creditors: The creditors of all these.
        unpaid: What is unmet of each loan, oldest first: all that is due, and the instalments
            spoken of.
        awaited: Payments that are announced on the loans and hold reminders back.
        notices: When a statutory notice about each loan first went to each person, where one did.
        house: Who writes where no creditor can be named.
        texts: The texts in use.
        decisions: What was decided about messages of the group, by what was asked: the clock
            stands still meanwhile, so equal questions have equal answers.
    """

    clock: Clock
    cards: Mapping[UUID, ContactCard]
    holds: Mapping[UUID, frozenset[HoldKind]]
    debt_holds: Mapping[UUID, frozenset[HoldKind]]
    parties: Mapping[tuple[UUID, UUID], Party]
    slots: Slots
    chains: Chains
    loans: Mapping[UUID, Loan]
    cases: Mapping[UUID, Case]
    members: Mapping[UUID, set[UUID]]
    arranged: Mapping[UUID, set[date]]
    latest: Mapping[UUID, Loan]
    creditors: Mapping[UUID, Creditor]
    unpaid: Mapping[UUID, Sequence[Unpaid]]
    awaited: Sequence[Awaited]
    notices: Mapping[tuple[UUID, UUID], datetime]
    house: str | None
    texts: Texts = Texts()
    decisions: dict[Hashable, Decision] = field(default_factory=dict)

    @classmethod
    async def gather(cls, work: Work, clock: Clock, messages: Sequence[MessageRow]) -> Self:
        """Read the facts of messages; their customers are locked by the caller."""
        people = sorted({customer_of(message) for message in messages})
        case_ids = {one.case_id for one in messages if one.case_id is not None}
        members = await ground_queries.loans_in_cases(work, case_ids)
        loan_ids = {one.loan_id for one in messages if one.loan_id is not None}
        loan_ids = loan_ids.union(*members.values())
        loans = await ground_queries.loans(work, loan_ids)
        cases = await ground_queries.cases(work, case_ids)
        latest = await ground_queries.latest_loans(
            work,
            {customer_of(one) for one in messages if one.loan_id is None and one.case_id is None},
        )
        creditor_ids = {loan.creditor_id for loan in (*loans.values(), *latest.values())}
        creditor_ids |= {case.creditor_id for case in cases.values()}
        named = {
            (one.loan_id, one.instalment)
            for one in messages
            if one.loan_id is not None and one.instalment is not None
        }
        creditors = await ground_queries.creditors(work, creditor_ids)
        return cls(
            clock=clock,
            cards=await customers.contact_cards(work, people),
            holds=await holds_on(work, clock, people),
            debt_holds=await debt_holds_on(
                work,
                clock,
                {
                    one.case_id
                    for one in messages
                    if one.case_id is not None
                    and one.case_id in cases
                    and cases[one.case_id].customer_id != one.customer_id
                },
            ),
            parties=await standings.on_loans(work, loan_ids, people),
            slots=await Slots.read(work, people, utc_day(clock.now) - LOOK_BACK),
            chains=await Chains.read(work, people),
            loans=loans,
            cases=cases,
            members=members,
            arranged=await ground_queries.arranged_days(
                work,
                {
                    one.case_id
                    for one in messages
                    if one.case_id is not None and one.validity == Validity.DATE_ARRANGED
                },
            ),
            latest=latest,
            creditors=creditors,
            unpaid=_by_loan(
                await ground_queries.unpaid(
                    work,
                    loan_ids,
                    # No place on earth is more than a day ahead.
                    through=utc_day(clock.now) + timedelta(days=1),
                    also=named,
                )
            ),
            awaited=await payments.awaited_on(work, loan_ids),
            notices=await contact_queries.notices(work, loan_ids)
            if _wait_for_notice(creditors)
            else {},
            house=None if creditor_ids else await ground_queries.only_creditor_name(work),
            texts=await texts_on(
                work, utc_day(clock.now), {one.template for one in messages if one.template}
            ),
        )

    def card(self, message: MessageRow) -> ContactCard:
        """How the customer of a message is reached."""
        return self.cards[customer_of(message)]

    def book(self, message: MessageRow) -> Book | None:
        """The book of a message's loan or case; else of the customer's latest loan, if any."""
        found: Loan | Case | None
        if message.loan_id is not None:
            found = self.loans[message.loan_id]
        elif message.case_id is not None:
            found = self.cases[message.case_id]
        else:
            found = self.latest.get(customer_of(message))
        if found is None:
            return None
        creditor = self.creditors[found.creditor_id]
        return Book(creditor, found.currency, self.clock.today(creditor.zone))

    def holds_for(self, message: MessageRow) -> frozenset[HoldKind]:
        """The kinds of hold that bind a message: those on its person, and those on the debt."""
        on_debt = None if message.case_id is None else self.debt_holds.get(message.case_id)
        return self.holds.get(customer_of(message), frozenset()) | (on_debt or frozenset())

    def standing(self, message: MessageRow) -> Standing:
        """Whether the person of a message may be asked to pay what it is about."""
        stands = self._stands(message, self._all_loans(message, whole_case=True))
        if not stands:
            return Standing.LIABLE
        return next(each for each in _STRONGEST_FIRST if each in stands.values())

    def instalment(self, message: MessageRow) -> Unpaid | None:
        """What is open of the instalment a message speaks of; None when it is met."""
        if message.loan_id is None:
            return None
        return next(
            (
                self._owed_by(message, one)
                for one in self._open([message.loan_id])
                if one.number == message.instalment
            ),
            None,
        )

    def awaited_until(self, message: MessageRow) -> datetime | None:
        """Until when a payment is awaited that covers what a message asks for; None for none."""
        book = self.book(message)
        if book is None or Validity(message.validity) is Validity.ALWAYS:
            return None
        loan_ids = self._loans(message, whole_case=message.instalment is None)
        awaited = [one for one in self.awaited if one.loan_id in loan_ids]
        if not awaited:
            return None
        asked = sum(
            (
                one.amount
                for one in self._open(loan_ids)
                if one.due_on < book.today or one.number == message.instalment
            ),
            Decimal(0),
        )
        if sum((one.amount for one in awaited), Decimal(0)) < asked:
            return None
        until = max(one.awaited_until for one in awaited)
        return local_instant(until, time(0), book.creditor.zone)

    def debts(self, message: MessageRow) -> frozenset[UUID]:
        """The loans a contact counts for; none where that is not known."""
        return frozenset(self._loans(message, whole_case=message.instalment is None))

    def noticed_at(self, message: MessageRow) -> datetime | None:
        """When a person had the last statutory notice of a message's loans; None unless all."""
        person = customer_of(message)
        went = [self.notices.get((person, loan_id)) for loan_id in self.debts(message)]
        known = [at for at in went if at is not None]
        return max(known, default=None) if len(known) == len(went) else None

    def _loans(self, message: MessageRow, *, whole_case: bool) -> Collection[UUID]:
        """The loans whose money a message asks for, of those that its person stands on.

        They are its own, or those of its whole case: a party of one of them hears of no other.
        """
        loan_ids = self._all_loans(message, whole_case=whole_case)
        stands = self._stands(message, loan_ids)
        for wanted in (Standing.LIABLE, Standing.NOT_CALLED):
            if wanted in stands.values():
                return {loan_id for loan_id, how in stands.items() if how is wanted}
        # A reply goes out whoever asked; it tells nothing of a debt to somebody who has none.
        return () if message.purpose == Purpose.REPLY else loan_ids

    def _all_loans(self, message: MessageRow, *, whole_case: bool) -> Collection[UUID]:
        if message.loan_id is not None and not (whole_case and message.case_id is not None):
            return {message.loan_id}
        return () if message.case_id is None else self.members.get(message.case_id, set())

    def _stands(self, message: MessageRow, loan_ids: Collection[UUID]) -> Mapping[UUID, Standing]:
        book, person = self.book(message), customer_of(message)
        if book is None:
            return {}
        return {
            loan_id: standing(self.parties.get((person, loan_id)), book.today)
            for loan_id in loan_ids
        }

    def _owed_by(self, message: MessageRow, one: Unpaid) -> Unpaid:
        """What a person may be asked for of an instalment: all of it, or his share."""
        party, book = self.parties.get((customer_of(message), one.loan_id)), self.book(message)
        if party is None or book is None or share_of(party) in {WHOLE, 0}:
            return one
        return replace(one, amount=quantize(one.amount * share_of(party) / WHOLE, book.currency))

    def overdue(self, message: MessageRow, *, whole_case: bool) -> list[Unpaid]:
        """What fell due before today, oldest first: of the message's loan, or of its whole case."""
        book = self.book(message)
        if book is None:
            return []
        about = self._loans(message, whole_case=whole_case)
        return [self._owed_by(message, one) for one in self._open(about) if one.due_on < book.today]

    def _open(self, loan_ids: Collection[UUID]) -> Sequence[Unpaid]:
        """What is unmet of some loans, oldest first."""
        if len(loan_ids) == 1:
            (loan_id,) = loan_ids
            return self.unpaid.get(loan_id, ())
        found = [one for loan_id in loan_ids for one in self.unpaid.get(loan_id, ())]
        numbers = {loan_id: self.loans[loan_id].number for loan_id in loan_ids}
        return sorted(found, key=lambda one: (one.due_on, numbers[one.loan_id], one.number))


def _by_loan(unpaid: Sequence[Unpaid]) -> dict[UUID, list[Unpaid]]:
    found: dict[UUID, list[Unpaid]] = {}
    for one in unpaid:
        found.setdefault(one.loan_id, []).append(one)
    return found


def _wait_for_notice(creditors: Mapping[UUID, Creditor]) -> bool:
    """Whether a rule lets any of these creditors collect only after a written notice."""
    licences = {Licence(creditor.licence_kind) for creditor in creditors.values()}
    return any(
        pack.notice is not None and (not pack.binds or pack.binds & licences)
        for pack in contact_packs()
    )


def customer_of(message: MessageRow) -> UUID:
    """To whom a message goes; every message that is sent has somebody."""
    if message.customer_id is None:
        raise DomainError(
            ErrorCode.INTERNAL,
            "A message to nobody cannot be sent.",
            {"message_id": str(message.id)},
        )
    return message.customer_id


def utc_day(now: datetime) -> date:
    """The date of an instant in UTC."""
    return now.astimezone(UTC).date()
