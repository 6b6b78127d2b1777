"""The figures of collections: what each of them counts, in words and as the rows behind it.

A figure is the count and the sum of its rows, and its list shows just these rows: both are made
from the one statement that stands here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from api.dashboards import arrears_sql, conduct_sql, money_sql

RowKind = Literal["loan", "payment", "promise", "message", "decision", "hold", "complaint", "case"]


@dataclass(frozen=True, slots=True)
class Figure:
    """What one figure counts.

    Attributes:
        title: Its name on a screen.
        definition: What it counts, exactly, in words.
        kind: What its rows are.
        rows: The statement that finds them: `id`, `loan_id`, `case_id`, `customer_id`,
            `currency`, `part`, `amount`, `day`.
        then: The statement for an earlier day, where that is another one.
        has_past: An earlier day can be told from what is kept.
        of: The figure that it is a share of.
        is_money: Its rows have amounts.
        is_shown: It stands on the dashboard by itself, and not only as what another is a share of.
    """

    title: str
    definition: str
    kind: RowKind
    rows: str
    then: str | None = None
    has_past: bool = True
    of: str | None = None
    is_money: bool = True
    is_shown: bool = True


FIGURES: Final[Mapping[str, Figure]] = MappingProxyType(
    {
        "par_30": Figure(
            "Portfolio at risk, 30 days",
            "Principal outstanding of loans whose oldest unmet instalment fell due 30 days ago or "
            "more, as a share of the principal of all loans; charged-off loans are in neither.",
            "loan",
            arrears_sql.PAR_30,
            then=arrears_sql.PAR_30_THEN,
            of="portfolio",
        ),
        "portfolio": Figure(
            "Portfolio",
            "Principal outstanding of all active loans that are not charged off.",
            "loan",
            arrears_sql.PORTFOLIO,
            then=arrears_sql.PORTFOLIO_THEN,
            is_shown=False,
        ),
        "rolling_7": Figure(
            "Rolling within 7 days",
            "Principal of late loans that reach a worse bucket within 7 days if nothing is paid, "
            "by the ladder, grace and pauses of their product. Workable: nothing stands against "
            "asking. Promised: a promise, arrangement, settlement or announced payment is open. "
            "May not be contacted: a hold stops collection.",
            "loan",
            arrears_sql.ROLLING,
            has_past=False,
            of="portfolio",
        ),
        "collected_today": Figure(
            "Collected today",
            "Payments entered on the business date, less those taken back on it, against the "
            "instalments that fall due on it.",
            "payment",
            money_sql.COLLECTED_TODAY,
            of="due_today",
        ),
        "due_today": Figure(
            "Due today",
            "Principal, interest and fees of instalments that fall due on the business date and "
            "were not met before it.",
            "loan",
            money_sql.DUE_TODAY,
            is_shown=False,
        ),
        "collected_month": Figure(
            "Collected this month",
            "Payments entered since the first of the month, less those taken back since, against "
            "the instalments that fell due in it until today.",
            "payment",
            money_sql.COLLECTED_MONTH,
            of="due_month",
        ),
        "due_month": Figure(
            "Due this month",
            "Principal, interest and fees of instalments that fell due since the first of the "
            "month and were not met before it.",
            "loan",
            money_sql.DUE_MONTH,
            is_shown=False,
        ),
        "unapplied": Figure(
            "Unapplied cash",
            "Money received that pays nothing yet: the credit of loans. Its day is that of the "
            "oldest of it; money is used first in, first out.",
            "loan",
            arrears_sql.UNAPPLIED,
            has_past=False,
        ),
        "promises_due": Figure(
            "Promises due today",
            "Promises for the business date, kept or not; those replaced by others are left out.",
            "promise",
            money_sql.PROMISES_DUE,
        ),
        "promises_kept": Figure(
            "Promises kept, 30 days",
            "Amount of the promises that were kept, of all that fell due in the last 30 days and "
            "were kept, kept in part, or broken.",
            "promise",
            money_sql.PROMISES_KEPT,
            of="promises_judged",
        ),
        "promises_judged": Figure(
            "Promises judged, 30 days",
            "Promises that fell due in the last 30 days and were kept, kept in part, or broken.",
            "promise",
            money_sql.PROMISES_JUDGED,
            is_shown=False,
        ),
        "contact_breaches": Figure(
            "Contact breaches, 30 days",
            "Messages that went without a decision that allowed them, and calls made without a "
            "permit or outside it. Must be 0. One about no loan stands in every currency.",
            "message",
            conduct_sql.BREACHES,
            is_money=False,
        ),
        "withheld": Figure(
            "Contacts withheld, 7 days",
            "Messages and calls that were denied or put off, by the reason of their last such "
            "decision. One about no loan stands in every currency.",
            "decision",
            conduct_sql.WITHHELD,
            is_money=False,
        ),
        "disputes_late": Figure(
            "Disputes past their review",
            "Disputes that bind and whose day of review has passed.",
            "hold",
            conduct_sql.DISPUTES_LATE,
            is_money=False,
        ),
        "complaints_late": Figure(
            "Complaints past their clock",
            "Open complaints whose acknowledgement or answer is overdue.",
            "complaint",
            conduct_sql.COMPLAINTS_LATE,
            is_money=False,
        ),
        "hardship_late": Figure(
            "Hardship past its review",
            "Hardship holds that bind and whose day of review has passed.",
            "hold",
            conduct_sql.HARDSHIP_LATE,
            is_money=False,
        ),
        "cases_by_agent": Figure(
            "Open cases by agent",
            "Open cases by whoever owns them now.",
            "case",
            conduct_sql.BY_AGENT,
            is_money=False,
        ),
        "cases_by_team": Figure(
            "Open cases by team",
            "Open cases by the team of their owner, or in whose queue they wait.",
            "case",
            conduct_sql.BY_TEAM,
            is_money=False,
        ),
    }
)
"""Every figure by name, in the order in which they are shown."""
