"""The use cases of payments, in one place for whoever calls them."""

from api.payments.posting import post_payment
from api.payments.reading import list_payments
from api.payments.reversal import reverse_payment

__all__ = ["list_payments", "post_payment", "reverse_payment"]
