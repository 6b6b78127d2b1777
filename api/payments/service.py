"""The use cases of payments, in one place for whoever calls them."""

from api.payments.posting import Origin, keep_as_credit, post_payment, posted_under
from api.payments.reading import list_payments
from api.payments.reversal import reverse_payment

__all__ = [
    "Origin",
    "keep_as_credit",
    "list_payments",
    "post_payment",
    "posted_under",
    "reverse_payment",
]
