"""The use cases of payments, in one place for whoever calls them."""

from api.payments.correcting import preview_payment, preview_reversal, reverse_payment
from api.payments.origin import Origin
from api.payments.posting import keep_as_credit, post_payment, posted_under
from api.payments.reading import list_payments

__all__ = [
    "Origin",
    "keep_as_credit",
    "list_payments",
    "post_payment",
    "posted_under",
    "preview_payment",
    "preview_reversal",
    "reverse_payment",
]
