"""MAIL_WEBHOOKS: the providers that may report over HTTP.

A file of its own because settings read it, before models can be imported.
"""

import importlib.util

# Provider -> its view in anymail.webhooks, and anymail's name of the secret: user:password for HTTP
# Basic if the provider does not sign its requests, else the key that it signs with.
BASIC = "webhook_secret"
PROVIDERS = {
    "brevo": ("BrevoTrackingWebhookView", BASIC),
    "mailersend": ("MailerSendTrackingWebhookView", "signing_secret"),
    "mailgun": ("MailgunTrackingWebhookView", "webhook_signing_key"),
    "mailjet": ("MailjetTrackingWebhookView", BASIC),
    "postmark": ("PostmarkTrackingWebhookView", BASIC),
    "sparkpost": ("SparkPostTrackingWebhookView", BASIC),
}


def read_webhooks(raw: str) -> dict[str, str]:
    """Read `mailgun=KEY postmark=user:password` as {"mailgun": "KEY", …}.

    Raises ValueError if a provider is unknown, a secret short, or django-anymail not installed.
    """
    found = {}
    for each in raw.split():
        name, _, secret = each.partition("=")
        if name not in PROVIDERS or len(secret) < 8 or not secret.isascii():
            raise ValueError(name)
        if PROVIDERS[name][1] == BASIC and ":" not in secret:
            raise ValueError(name)
        found[name] = secret
    if found and importlib.util.find_spec("anymail") is None:
        raise ValueError("it needs the package django-anymail")
    return found
