"""Requests as the providers' clients write them, for the cases their SDKs would not send."""

import httpx2

from tests.sandbox.running import ACCOUNT_SID, API_KEY, AUTH_TOKEN, OUR_NUMBER

MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
ACCOUNT = (ACCOUNT_SID, AUTH_TOKEN)
BEARER = {"Authorization": f"Bearer {API_KEY}"}
PERSON = "+15551230001"
MAILBOX = "person@people.example"


def send_text(
    client: httpx2.Client, body: str = "hello", *, to: str = PERSON, callback: str | None = None
) -> httpx2.Response:
    form = {"To": to, "From": OUR_NUMBER, "Body": body}
    if callback is not None:
        form["StatusCallback"] = callback
    return client.post(MESSAGES, data=form, auth=ACCOUNT)


def mail_body(
    *, to: str = MAILBOX, subject: str = "Hello", text: str = "A mail"
) -> dict[str, object]:
    return {
        "personalizations": [{"to": [{"email": to}]}],
        "from": {"email": "loans@tenor.example"},
        "subject": subject,
        "content": [{"type": "text/plain", "value": text}],
    }


def send_mail(
    client: httpx2.Client, *, to: str = MAILBOX, subject: str = "Hello", text: str = "A mail"
) -> httpx2.Response:
    body = mail_body(to=to, subject=subject, text=text)
    return client.post("/v3/mail/send", json=body, headers=BEARER)


def authorization(value: str | bytes | None) -> list[tuple[bytes, bytes]]:
    """The header, of bytes where a test wants what a text cannot hold."""
    if value is None:
        return []
    return [(b"Authorization", value.encode() if isinstance(value, str) else value)]
