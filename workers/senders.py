"""The messaging providers of a process, by channel, from its settings."""

from typing import Literal, assert_never

from activities.delivery import SEND_SECONDS
from activities.messaging.failover import Failover, Provider, Watch
from activities.messaging.in_app import InAppNotices
from activities.messaging.port import Channel, Sender
from activities.messaging.sendgrid import SendGridEmail
from activities.messaging.smtp import Server, SmtpEmail
from activities.messaging.twilio import TwilioSms
from workers.settings import WorkerSettings


def senders(settings: WorkerSettings, watch: Watch | None = None) -> dict[str, Failover]:
    """The providers of each channel that has some in the settings, in their order.

    Notices in the portal need no account: Tenor itself shows them.
    """
    channels = {
        Channel.SMS: _texts(settings),
        Channel.EMAIL: _emails(settings),
        Channel.IN_APP: [Provider("tenor", InAppNotices())],
    }
    return {
        channel.value: Failover(providers, watch=watch)
        for channel, providers in channels.items()
        if providers
    }


def _texts(settings: WorkerSettings) -> list[Provider]:
    found: list[Provider] = []
    if settings.twilio_account_sid:
        first = TwilioSms(
            account_sid=settings.twilio_account_sid,
            auth_token=settings.twilio_auth_token.get_secret_value(),
            from_=settings.twilio_from,
            base_url=settings.twilio_base_url or None,
            status_callback=settings.twilio_status_callback or None,
            timeout=SEND_SECONDS,
        )
        found.append(Provider("twilio", first))
    if settings.twilio_backup_account_sid:
        second = TwilioSms(
            account_sid=settings.twilio_backup_account_sid,
            auth_token=settings.twilio_backup_auth_token.get_secret_value(),
            from_=settings.twilio_backup_from,
            base_url=settings.twilio_backup_base_url or None,
            status_callback=settings.twilio_status_callback or None,
            timeout=SEND_SECONDS,
        )
        found.append(Provider("twilio-backup", second))
    return found


def _emails(settings: WorkerSettings) -> list[Provider]:
    wanted = (settings.email_by, settings.email_backup_provider)
    return [Provider(name, _email(settings, name)) for name in wanted if name]


def _email(settings: WorkerSettings, name: Literal["sendgrid", "smtp"]) -> Sender:
    match name:
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
        case _:
            assert_never(name)
