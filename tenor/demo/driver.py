"""Plays the demo: a day's people and staff act over REST and text, then the clock is sent on.

People act between settled days, in number order, and every call that changes something carries a
key made of seed, person and date: a process that is killed in the middle changes no total.
"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from time import monotonic
from typing import Final, assert_never
from uuid import UUID

from contracts.base import Page
from contracts.clocks import AdvanceClock, TestClock
from contracts.collecting import (
    Autopay,
    NewAutopay,
    NewPayLink,
    NewPaymentMethod,
    PayLink,
    PaymentMethod,
)
from contracts.documents import UploadedDocument
from contracts.loans import Outstanding
from contracts.payments import NewPayment, Payment
from contracts.recovery import AcknowledgeCase, Case
from contracts.tasks import CompleteTask, Task
from domain.errors import ErrorCode
from domain.money import quantize
from tenor.client import Pause, RestError
from tenor.demo import cards, staff, statements
from tenor.demo.browser import Browser
from tenor.demo.lives import Borrowing, Life
from tenor.demo.people import (
    Action,
    Behaviour,
    KeepPromise,
    MakePromise,
    Paper,
    PayAgreed,
    PayBill,
    PayOverdue,
    Person,
    Promise,
    SayDispute,
    SayHardship,
    SayStop,
    SendStatement,
    act,
    promise_text,
)
from tenor.demo.phones import Phones
from tenor.demo.script import Script
from tenor.demo.team import Team

STARTS_AT: Final = datetime(2028, 2, 1, 12, 0, tzinfo=UTC)
"""At noon in Greenwich it is the same day in every zone of the portfolio."""

DISPUTE: Final = "I dispute this debt"
"""What a disputer texts."""

LOST_WORK: Final = "I lost my job"
"""What a lapser texts."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.2
_LOOK_SECONDS: Final = 5
"""How long one look at the clock waits for it to arrive."""
_NO_PROGRESS_SECONDS: Final = 240.0
_DONE_BY_SOMEBODY: Final = frozenset(
    {ErrorCode.ILLEGAL_TRANSITION.value, ErrorCode.NOT_ESCALATED.value}
)


class DemoError(Exception):
    """The demo cannot go on; the message says why."""


class Driver:
    """Plays the people and the staff of one portfolio on one clock."""

    def __init__(
        self,
        seed: int,
        team: Team,
        phones: Phones,
        clock_id: UUID,
        lives: dict[int, Life],
        *,
        script: Script | None = None,
        browser: Browser | None = None,
        clock: Callable[[], float] = monotonic,
        pause: Pause = asyncio.sleep,
    ) -> None:
        """Keep who plays, and where; `clock` gives seconds that only grow, `pause` waits some.

        Without a `script` everybody does only what he does by himself.
        Without a `browser` nobody pays by card.
        """
        self._browser = browser
        self._seed = seed
        self._team = team
        self._phones = phones
        self._clock_id = clock_id
        self._lives = lives
        self._script = script
        self._by_phone = {life.phone: life for life in lives.values() if life.phone is not None}
        self._overlooked = _last_silent(life.person for life in lives.values())
        self._clock = clock
        self._pause = pause

    async def run(self, days: int, on_day: Callable[[date, int], None]) -> None:
        """Play so many days; `on_day` is told each date that was reached, and how many they are.

        Raises `DemoError`, `RestError` and `SandboxError`.
        """
        await self._settled(STARTS_AT)
        if self._script is not None:
            await self._script.begin()
        await self._start_autopay()
        for number in range(1, days + 1):
            now = STARTS_AT + timedelta(days=number - 1)
            await self._play(now.date())
            await self._advance(now + timedelta(days=1))
            on_day(now.date() + timedelta(days=1), number)

    # -- time ----------------------------------------------------------------------------------

    async def _advance(self, to: datetime) -> None:
        path = f"/test-clocks/{self._clock_id}/advance"
        key = f"demo:advance:{to:%Y-%m-%d}"
        await self._team.admin.post(path, TestClock, AdvanceClock(to=to), key)
        await self._settled(to)

    async def _settled(self, at: datetime) -> None:
        """Wait until the clock has arrived, nothing on it is at work and no webhook is on its way.

        A webhook may set something to work again, so both are looked at until neither is busy.
        """
        deadline, seen = self._clock() + _NO_PROGRESS_SECONDS, None
        wait = _FIRST_PAUSE
        while True:
            clock = await self._team.admin.get(
                f"/test-clocks/{self._clock_id}", TestClock, {"wait_seconds": _LOOK_SECONDS}
            )
            if clock.now == at and clock.status == "idle" and clock.settled:
                if not await self._phones.settle():
                    return
                continue
            if (clock.now, clock.status) != seen:
                deadline, seen = self._clock() + _NO_PROGRESS_SECONDS, (clock.now, clock.status)
            if self._clock() > deadline:
                raise DemoError(
                    f"The clock stands still at {clock.now:%Y-%m-%d %H:%M} ({clock.status}, "
                    f"{'settled' if clock.settled else 'not settled'})."
                )
            await self._pause(wait)
            wait = min(wait * 2, _LONGEST_PAUSE)

    # -- a day ---------------------------------------------------------------------------------

    async def _play(self, day: date) -> None:
        """The staff first: what they find is settled, and no customer's act of the day changes it.

        Two workflows of one person may run at once, never two of his acts.
        """
        for text in await self._phones.new_texts():
            life = self._by_phone.get(text.phone)
            if life is not None:
                life.hears(day, text.sender, text.body)
        await self._staff(day)
        if self._script is not None:
            await self._script.act(day)
        for number in sorted(self._lives):
            life = self._lives[number]
            if life.is_away:
                continue
            for action in act(self._seed, life.person, day, life.view(day)):
                await self._do(life, day, action)

    async def _staff(self, day: date) -> None:
        agent = self._team.agent
        tasks = [task async for task in agent.pages("/tasks", Page[Task], {"status": "open"})]
        people = {life.customer_id: life.person for life in self._lives.values()}
        for work in staff.work_of_day(self._seed, day, tasks, people, self._overlooked):
            task = next(task for task in tasks if task.id == work.task_id)
            await self._work(work, task)

    async def _work(self, work: staff.Work, task: Task) -> None:
        member, key = self._team.member(work.role), f"demo:task:{work.key}"
        try:
            if task.kind == staff.TaskKind.ESCALATION and task.case_id is not None:
                path = f"/recovery-cases/{task.case_id}/acknowledge"
                await member.post(path, Case, AcknowledgeCase(), key)
            else:
                path = f"/tasks/{task.id}/complete"
                await member.post(path, Task, CompleteTask(outcome=work.outcome), key)
        except RestError as error:
            if error.code not in _DONE_BY_SOMEBODY:
                raise

    # -- cards ---------------------------------------------------------------------------------

    async def _start_autopay(self) -> None:
        """Those of the steady who let themselves be charged give a card for each loan."""
        if self._browser is None:
            return
        for life in (self._lives[number] for number in sorted(self._lives)):
            for loan in life.borrowings.values():
                if loan.is_closed or not cards.on_autopay(self._seed, life.person, loan.currency):
                    continue
                key = f"demo:{self._seed}:{life.person.number}:{loan.number}"
                method = await self._team.manager.post(
                    f"/customers/{life.customer_id}/payment-methods",
                    PaymentMethod,
                    NewPaymentMethod(token=cards.card(self._seed, life.person, loan.number)),
                    f"{key}:card",
                )
                await self._team.manager.post(
                    f"/loans/{loan.loan_id}/autopay",
                    Autopay,
                    NewAutopay(payment_method_id=method.id),
                    f"{key}:autopay",
                )
                loan.on_autopay = True
        await self._settled(STARTS_AT)

    async def _paid_by_link(self, life: Life, loan: Borrowing, day: date) -> bool:
        """Pay what is overdue on the gateway's page, if it is this person's way today."""
        about = (day, loan.number)
        if self._browser is None or not cards.by_link(
            self._seed, life.person, loan.currency, *about
        ):
            return False
        path = f"/loans/{loan.loan_id}/pay-links"
        key = f"demo:{self._seed}:{life.person.number}:{day}:{loan.number}:link"
        link = await self._team.agent.post(
            path, PayLink, NewPayLink(asks="overdue", valid_days=2), key
        )
        if cards.leaves_unused(self._seed, life.person, *about):
            return False
        if link.status == "open":
            await self._browser.pay(link.url)
        deadline = self._clock() + _NO_PROGRESS_SECONDS
        while link.status == "open":
            if self._clock() > deadline:
                raise DemoError("A payment on the gateway's page was never posted.")
            await self._pause(_FIRST_PAUSE)
            link = await self._team.agent.get(f"/pay-links/{link.id}", PayLink)
        payments = self._team.agent.pages(f"/loans/{loan.loan_id}/payments", Page[Payment])
        async for payment in payments:
            if payment.id == link.payment_id:
                loan.receipt(payment)
        return True

    # -- people --------------------------------------------------------------------------------

    async def _do(self, life: Life, day: date, action: Action) -> None:
        match action:
            case PayBill():
                loan = life.borrowings[action.loan]
                if loan.on_autopay:
                    return
                amount = loan.share_of(action.instalment, action.share)
                await self._pay(life, loan, amount, day, f"bill:{action.instalment}")
            case PayOverdue():
                loan = life.borrowings[action.loan]
                owed = await self._overdue(loan)
                if owed <= 0 or not await self._paid_by_link(life, loan, day):
                    await self._pay(life, loan, owed, day, "overdue")
            case MakePromise():
                await self._promise(life, action)
            case KeepPromise():
                await self._keep_promise(life, day, action.share)
            case SayStop():
                await self._text(life, "STOP")
                life.has_stopped = True
            case SayDispute():
                await self._text(life, DISPUTE)
                life.disputed_on = day
            case SayHardship():
                await self._text(life, LOST_WORK)
                life.has_despaired = True
            case PayAgreed():
                await self._pay_agreed(life, day, action.amount)
            case SendStatement():
                await self._send_statement(life, day, action.paper)
            case _:
                assert_never(action)

    async def _overdue(self, loan: Borrowing) -> Decimal:
        """What is overdue by the books, fees included."""
        found = await self._team.agent.get(f"/loans/{loan.loan_id}/outstanding", Outstanding)
        return found.overdue.total

    async def _pay(self, life: Life, loan: Borrowing, amount: Decimal, day: date, why: str) -> None:
        if amount <= 0 or loan.is_closed:
            return
        payment = await self._team.agent.post(
            f"/loans/{loan.loan_id}/payments",
            Payment,
            NewPayment(amount=amount, currency=loan.currency),
            f"demo:{self._seed}:{life.person.number}:{day}:{loan.number}:{why}",
        )
        loan.receipt(payment)

    async def _promise(self, life: Life, action: MakePromise) -> None:
        owed = {
            loan.number: await self._overdue(loan)
            for loan in life.borrowings.values()
            if not loan.is_closed
        }
        total = sum(owed.values(), Decimal(0))
        if total <= 0:
            return
        await self._text(life, promise_text(action.phrasing, format(total, "f"), action.on))
        life.promise = Promise(action.on, action.share)
        life.promised = owed
        life.promises_made += 1

    async def _keep_promise(self, life: Life, day: date, share: Decimal) -> None:
        for number in sorted(life.promised):
            loan = life.borrowings[number]
            amount = quantize(life.promised[number] * share, loan.currency)
            await self._pay(life, loan, amount, day, "promise")

    async def _pay_agreed(self, life: Life, day: date, amount: Decimal) -> None:
        """It is paid on the first loan that is not paid off."""
        loans = [life.borrowings[number] for number in sorted(life.borrowings)]
        loan = next((each for each in loans if not each.is_closed), None)
        if loan is not None:
            await self._pay(life, loan, amount, day, "agreed")

    async def _send_statement(self, life: Life, day: date, paper: Paper) -> None:
        """The account is kept in the currency of the person's first loan."""
        currency = life.borrowings[min(life.borrowings)].currency
        content = statements.paper_of(self._seed, life.person.number, day, currency, paper)
        await self._team.agent.upload(
            "/documents",
            UploadedDocument,
            content,
            {"customer_id": str(life.customer_id), "kind": "bank_statement"},
            f"demo:{self._seed}:{life.person.number}:{day}:statement",
        )

    async def _text(self, life: Life, body: str) -> None:
        if life.phone is not None and life.our_number is not None:
            await self._phones.reply(life.phone, life.our_number, body)


def _last_silent(people: Iterable[Person]) -> int | None:
    """The silent person whose escalation is always overlooked: the second of the script."""
    silent = sorted(each.number for each in people if each.behaviour is Behaviour.SILENT)
    return silent[1] if len(silent) > 1 else None
