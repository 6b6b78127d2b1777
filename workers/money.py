"""The gateway and the bank of a process, from its settings."""

from activities.banks.rest import RestBank
from activities.gateways.stripe import StripeGateway
from activities.money import MoneyProviders
from workers.settings import WorkerSettings


def money_providers(settings: WorkerSettings) -> MoneyProviders:
    """A gateway and a bank, each where its account is in the settings."""
    gateway = bank = None
    stripe_key = settings.stripe_api_key.get_secret_value()
    if stripe_key:
        gateway = StripeGateway(api_key=stripe_key, base_url=settings.stripe_base_url or None)
    if settings.bank_base_url:
        bank = RestBank(
            base_url=settings.bank_base_url, api_key=settings.bank_api_key.get_secret_value()
        )
    return MoneyProviders(gateway, bank)
