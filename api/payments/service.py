"""The use cases of payments, in one place for whoever calls them."""

from api.payments.announcing import report
from api.payments.correcting import preview_payment
from api.payments.living import clear, withdraw
from api.payments.origin import Origin
from api.payments.posting import keep_as_credit, posted_under
from api.payments.reading import list_payments, one
from api.payments.receiving import receive as post_payment
from api.payments.taking_back import give_back, preview_reversal, reverse_payment

__all__ = [
    "Origin",
    "clear",
    "give_back",
    "keep_as_credit",
    "list_payments",
    "one",
    "post_payment",
    "posted_under",
    "preview_payment",
    "preview_reversal",
    "report",
    "reverse_payment",
    "withdraw",
]
