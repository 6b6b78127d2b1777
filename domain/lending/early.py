"""What money does that is paid ahead of the schedule, where it is to make the loan cheaper.

It pays what is due and the instalment that is running. The rest repays principal of the periods
that have not begun: they are planned anew from there, with lower instalments or with fewer ones.
Number and dates of the instalments stay; those that are not needed any more ask for nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Protocol

from domain.lending.amortisation import (
    Rates,
    equal_instalments,
    equal_principal,
    interest_only,
)
from domain.lending.interest_pause import without_paused_days
from domain.lending.rescheduling import Cut, cut, is_nearly_whole, needed, of_the_rest
from domain.lending.rounding import divide, from_minor, to_minor
from domain.lending.schedule import Instalment, balloon_of, period_rates, rules_of
from domain.lending.terms import Amortisation, EarlyPayment, Terms
from domain.lending.tranches import InterestPause
from domain.lending.waterfall import (
    Allocated,
    Allocation,
    Component,
    Owed,
    Waterfall,
    apply_waterfall,
    at_most,
)
from domain.money import ZERO


@dataclass(frozen=True, slots=True)
class Settled:
    """A payment split, and the instalments that are planned otherwise by it (often none).

    Principal that was repaid ahead stands on the last instalment begun, whose plan rises by it.
    """

    split: Allocated
    replanned: tuple[Instalment, ...] = ()


class Taking(Protocol):
    """How a loan takes money whose day changes what its instalments ask for."""

    @property
    def ends_of_itself(self) -> bool:
        """Whether money that covers a payoff ends the loan, without anything being given back."""
        ...

    def settle(
        self, scheduled: Sequence[Instalment], owed: Sequence[Owed], amount: Decimal, on: date
    ) -> Settled:
        """Split money that counts from a day, with the instalments planned otherwise by it."""
        ...

    def give(
        self, scheduled: Sequence[Instalment], owed: Sequence[Owed], amount: Decimal, on: date
    ) -> Settled:
        """Split what is given without money, with the instalments planned otherwise by it."""
        ...

    def let_off(
        self,
        scheduled: Sequence[Instalment],
        owed: Sequence[Owed],
        parts: Sequence[Allocation],
        on: date,
    ) -> Settled:
        """Take parts off, none more than is owed, with the instalments planned otherwise by it."""
        ...

    def restore(
        self,
        scheduled: Sequence[Instalment],
        owed: Sequence[Owed],
        parts: Sequence[Allocation],
        on: date,
    ) -> tuple[Instalment, ...]:
        """The instalments that are others because what was let off is owed again from a day on.

        `owed` is what is owed without that.
        """
        ...

    def as_of(
        self, scheduled: Sequence[Instalment], owed: Sequence[Owed], on: date
    ) -> tuple[Instalment, ...]:
        """The instalments that the mere passing of time until a day's opening made others."""
        ...


@dataclass(frozen=True, slots=True)
class Early:
    """How a loan takes money that is paid ahead.

    Attributes:
        terms: The loan's terms, at the rate that holds.
        waterfall: How money is split over what is due.
        pauses: Days without interest.
    """

    terms: Terms
    waterfall: Waterfall
    pauses: tuple[InterestPause, ...] = ()

    @property
    def ends_of_itself(self) -> bool:
        """Interest is planned, and a payoff gives back what was not earned."""
        return False

    def as_of(
        self,
        scheduled: Sequence[Instalment],  # noqa: ARG002
        owed: Sequence[Owed],  # noqa: ARG002
        on: date,  # noqa: ARG002
    ) -> tuple[Instalment, ...]:
        """Nothing: time alone changes no plan that is not by the day."""
        return ()

    def give(
        self,
        scheduled: Sequence[Instalment],  # noqa: ARG002
        owed: Sequence[Owed],
        amount: Decimal,
        on: date,
    ) -> Settled:
        """Split what is given over the instalments as they are planned; the plan stays."""
        return Settled(apply_waterfall(owed, amount, self.waterfall, on, self.terms.currency))

    def let_off(
        self,
        scheduled: Sequence[Instalment],  # noqa: ARG002
        owed: Sequence[Owed],
        parts: Sequence[Allocation],
        on: date,  # noqa: ARG002
    ) -> Settled:
        """Take parts off, none more than is owed; the plan stays."""
        return Settled(Allocated(at_most(owed, parts), ZERO))

    def restore(
        self,
        scheduled: Sequence[Instalment],  # noqa: ARG002
        owed: Sequence[Owed],  # noqa: ARG002
        parts: Sequence[Allocation],  # noqa: ARG002
        on: date,  # noqa: ARG002
    ) -> tuple[Instalment, ...]:
        """None: the plan stayed when it was let off."""
        return ()

    def settle(
        self, scheduled: Sequence[Instalment], owed: Sequence[Owed], amount: Decimal, on: date
    ) -> Settled:
        """Split money that counts from a day, and plan anew what it repays ahead.

        All instalments are given. Where something of a later one was met before (by goodwill),
        its plan stays, and the money pays the next instalments. Raises `AMOUNT_NOT_POSITIVE` and
        `AMOUNT_PRECISION`.
        """
        currency = self.terms.currency
        start = cut(scheduled, on)
        later = scheduled[start.kept :]
        left = {row.number: row for row in owed}
        if any(_is_met_in_part(row, left.get(row.number)) for row in later):
            return Settled(apply_waterfall(owed, amount, self.waterfall, on, currency))
        coming = {row.number for row in later}
        asked = [
            replace(row, interest=ZERO, principal=ZERO) if row.number in coming else row
            for row in owed
        ]
        split = apply_waterfall(asked, amount, self.waterfall, on, currency)
        principal = sum((row.principal for row in later), ZERO)
        repaid = min(split.unapplied, principal)
        if not repaid:
            return Settled(split)
        anchor = scheduled[start.kept - 1]
        rows = self._rest(start, later, principal - repaid)
        parts = _with_principal(split.allocations, anchor.number, repaid)
        return Settled(
            Allocated(parts, split.unapplied - repaid),
            (replace(anchor, principal=anchor.principal + repaid), *rows),
        )

    def _rest(
        self, start: Cut, later: Sequence[Instalment], principal: Decimal
    ) -> tuple[Instalment, ...]:
        """The later instalments for another principal."""
        asking = needed(later)
        if not principal:
            planned: Sequence[Instalment] = ()
        elif self.terms.options.early_payment is EarlyPayment.REDUCE_INSTALMENT:
            planned = self._lower(start, asking, principal)
        else:
            planned = self._fewer(start, asking, principal)
        by_number = {row.number: row for row in planned}
        return tuple(
            without_paused_days(
                by_number.get(row.number)
                or replace(row, principal=ZERO, interest=ZERO, earning=()),
                self.pauses,
                self.terms.currency,
            )
            for row in later
        )

    def _lower(
        self, start: Cut, later: Sequence[Instalment], principal: Decimal
    ) -> Sequence[Instalment]:
        """As many instalments; fewer where the principal is too small for so many.

        What is to be left for the end stays, unless it is more than what is left at all.
        """
        alone = 0
        while alone < len(later) - 1 and not later[alone].principal:
            alone += 1
        currency, rules = self.terms.currency, rules_of(self.terms)
        owed = to_minor(principal, currency)
        balloon = min(owed, balloon_of(self.terms))
        rates = self._rates(start, later)
        spread = (
            equal_principal
            if self.terms.options.amortisation is Amortisation.EQUAL_PRINCIPAL
            else equal_instalments
        )
        rows = interest_only(owed, rates, alone, rules)
        rows += spread(owed, balloon, rates.after(alone), rules)
        if any(part.principal < 0 or not (part.principal or part.interest) for part in rows):
            return self._fewer(start, later, principal)
        return [
            replace(
                row,
                principal=from_minor(part.principal, currency),
                interest=from_minor(part.interest, currency),
                earning=(),
            )
            for row, part in zip(later, rows, strict=True)
        ]

    def _fewer(
        self, start: Cut, later: Sequence[Instalment], principal: Decimal
    ) -> Sequence[Instalment]:
        """Instalments as high as they were, until nothing is left; the last one takes the rest.

        How high one was leaves aside what a pause took from it.
        """
        currency, rounding = self.terms.currency, self.terms.rounding
        rates = self._rates(start, later)
        keeps_principal = self.terms.options.amortisation is Amortisation.EQUAL_PRINCIPAL
        balance = to_minor(principal, currency)
        planned = to_minor(sum((row.principal for row in later), ZERO), currency)
        rows: list[Instalment] = []
        for position, (row, numerator) in enumerate(zip(later, rates.numerators, strict=True)):
            interest = divide(balance * numerator, rates.denominator, rounding)
            full = divide(planned * numerator, rates.denominator, rounding)
            planned -= to_minor(row.principal, currency)
            unpaused = self._unpaused(row, from_minor(full, currency))
            part = to_minor(row.principal if keeps_principal else unpaused.total, currency)
            if not keeps_principal and row.principal:
                part -= interest
            if position == len(later) - 1:
                part = balance
            elif not row.principal:
                part = 0
            part = max(0, min(part, balance))
            balance -= part
            rows.append(
                replace(
                    row,
                    principal=from_minor(part, currency),
                    interest=from_minor(interest, currency),
                    earning=(),
                )
            )
        return rows

    def _unpaused(self, row: Instalment, interest: Decimal) -> Instalment:
        """A planned instalment as high as it was before pauses lowered its interest.

        A pause is no reason to repay less: only the interest falls.
        """
        whole = replace(row, interest=interest, earning=())
        is_paused = without_paused_days(whole, self.pauses, self.terms.currency) != whole
        return whole if is_paused else row

    def _rates(self, start: Cut, later: Sequence[Instalment]) -> Rates:
        """The rates of the periods to come, which are whole unless clearly shorter or longer."""
        dates = [row.due_on for row in later]
        rest = replace(
            self.terms,
            disbursed_on=start.on,
            first_due_on=dates[0],
            instalments=len(dates),
            options=of_the_rest(self.terms),
        )
        whole = is_nearly_whole(rest, start.on, dates[0])
        return period_rates(rest, dates, whole_first=whole)


def _is_met_in_part(row: Instalment, left: Owed | None) -> bool:
    if left is None:
        return bool(row.total)
    return (left.principal, left.interest) != (row.principal, row.interest)


def _with_principal(
    parts: Sequence[Allocation], number: int, amount: Decimal
) -> tuple[Allocation, ...]:
    """Allocations with principal of an instalment added to them."""
    before = ZERO
    others = []
    for part in parts:
        if (part.instalment, part.component) == (number, Component.PRINCIPAL):
            before = part.amount
        else:
            others.append(part)
    return (*others, Allocation(number, Component.PRINCIPAL, before + amount))
