"""The messaging providers of a process, by channel, from its settings."""

from typing import assert_never

from activities.delivery import SEND_SECONDS
from activities.messaging.in_app import InAppNotices
from activities.messaging.port import Channel, Sender
from activities.messaging.sendgrid import SendGridEmail
from activities.messaging.smtp import Server, SmtpEmail
from activities.messaging.twilio import TwilioSms
from workers.settings import WorkerSettings


def senders(settings: WorkerSettings) -> dict[str, Sender]:
    """A sender for each channel whose account is in the settings; notices need no account."""
    found: dict[str, Sender] = {Channel.IN_APP.value: InAppNotices()}
    if settings.twilio_account_sid:
        found[Channel.SMS.value] = TwilioSms(
            account_sid=settings.twilio_account_sid,
            auth_token=settings.twilio_auth_token.get_secret_value(),
            from_=settings.twilio_from,
            base_url=settings.twilio_base_url or None,
            status_callback=settings.twilio_status_callback or None,
            timeout=SEND_SECONDS,
        )
    email = _email(settings)
    if email is not None:
        found[Channel.EMAIL.value] = email
    return found


def _email(settings: WorkerSettings) -> Sender | None:
    match settings.email_by:
        case "sendgrid":
            return SendGridEmail(
                api_key=settings.sendgrid_api_key.get_secret_value(),
                from_=settings.email_from,
                reply_to=settings.email_reply_to,
                base_url=settings.sendgrid_base_url or None,
                timeout=SEND_SECONDS,
                activity_feed=settings.sendgrid_activity_feed,
            )
        case "smtp":
            server = Server(
                host=settings.smtp_host,
                port=settings.smtp_port,
                username=settings.smtp_username,
                password=settings.smtp_password.get_secret_value(),
                starttls=settings.smtp_starttls,
            )
            return SmtpEmail(
                server,
                from_=settings.email_from,
                reply_to=settings.email_reply_to,
                timeout=SEND_SECONDS,
            )
        case "":
            return None
        case _:
            assert_never(settings.email_by)
