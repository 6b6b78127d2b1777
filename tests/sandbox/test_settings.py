import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import SecretStr, ValidationError
from sendgrid.helpers.eventwebhook import EventWebhook

from tenor.sandbox.keys import EventWebhookKeys, generate_event_webhook_keys
from tenor.sandbox.webhooks import sign_sendgrid
from tests.sandbox.running import make_settings


def pem_of(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_the_key_is_read_in_every_form_an_environment_can_hold(tmp_path: Path) -> None:
    keys = generate_event_webhook_keys()
    loaded = load_pem_private_key(keys.private_pem.encode(), password=None)
    der = loaded.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    for form in (
        keys.private_pem,
        keys.private_pem.replace("\n", "\\n"),
        base64.b64encode(der).decode(),
    ):
        settings = make_settings(tmp_path, "http://x", EventWebhookKeys(form, keys.public_base64))
        signature = sign_sendgrid(settings.event_key(), "1", b"[]")
        assert EventWebhook(keys.public_base64).verify_signature("[]", signature, "1")


def test_another_curve_is_refused(tmp_path: Path) -> None:
    other = EventWebhookKeys(pem_of(ec.generate_private_key(ec.SECP384R1())), "")
    with pytest.raises(ValidationError, match="P-256"):
        make_settings(tmp_path, "http://x", other)


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    keys = generate_event_webhook_keys()
    settings = make_settings(tmp_path, "http://x", keys)
    shown = repr(settings) + repr(keys)
    assert keys.private_pem not in shown
    assert "PRIVATE KEY" not in shown
    assert settings.twilio_auth_token.get_secret_value() not in shown
    assert isinstance(settings.sendgrid_api_key, SecretStr)
