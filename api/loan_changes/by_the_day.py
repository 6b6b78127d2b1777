"""Which changes a loan takes whose interest is earned by the day.

Such a loan's past is told from its beginning, by money and by what was charged and let off. A
change that plans its instalments anew would have to be told with them; until it is, it is refused
rather than made wrong. All others are as on any other loan.
"""

from api.products.schedules import earns_daily
from api.products.tables import ProductRow
from contracts.loan_changes import (
    ChangeTerms,
    Charge,
    ChargeOff,
    Forgiveness,
    GoodwillCredit,
    InterestPause,
    PaymentHoliday,
    ReAge,
    ReAmortise,
    Refinance,
    Refund,
    Reschedule,
    Settlement,
    Undo,
    Waiver,
    WriteOff,
)
from domain.errors import DomainError, ErrorCode


def check(product: ProductRow, asked: ChangeTerms) -> None:
    """Refuse a change with `NOT_WITH_DAILY_INTEREST` that such a loan does not take."""
    if earns_daily(product) and not _is_taken(asked):
        raise DomainError(
            ErrorCode.NOT_WITH_DAILY_INTEREST,
            "The loan's interest is earned by the day on what is really outstanding; this change "
            "is not made to such a loan. Refinance it instead.",
            {"kind": asked.kind},
        )


def _is_taken(asked: ChangeTerms) -> bool:
    match asked:
        case ReAmortise() | Reschedule() | PaymentHoliday() | ReAge() | InterestPause():
            return False
        case Waiver() | Forgiveness() | GoodwillCredit() | Settlement() | ChargeOff() | WriteOff():
            return True
        case Charge() | Refund() | Refinance() | Undo():
            return True
