"""The messaging providers of a process, by channel, from its settings."""

from activities.delivery import SEND_SECONDS
from activities.messaging.port import Channel, Sender
from activities.messaging.sendgrid import SendGridEmail
from activities.messaging.twilio import TwilioSms
from workers.settings import WorkerSettings


def senders(settings: WorkerSettings) -> dict[str, Sender]:
    """A sender for each channel whose account is in the settings."""
    found: dict[str, Sender] = {}
    if settings.twilio_account_sid:
        found[Channel.SMS.value] = TwilioSms(
            account_sid=settings.twilio_account_sid,
            auth_token=settings.twilio_auth_token.get_secret_value(),
            from_=settings.twilio_from,
            base_url=settings.twilio_base_url or None,
            status_callback=settings.twilio_status_callback or None,
            timeout=SEND_SECONDS,
        )
    if settings.sendgrid_api_key.get_secret_value():
        found[Channel.EMAIL.value] = SendGridEmail(
            api_key=settings.sendgrid_api_key.get_secret_value(),
            from_=settings.email_from,
            base_url=settings.sendgrid_base_url or None,
            timeout=SEND_SECONDS,
            activity_feed=settings.sendgrid_activity_feed,
        )
    return found
