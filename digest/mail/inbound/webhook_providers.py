"""Which providers may report over HTTP, as MAIL_WEBHOOKS says it."""

import importlib.util

# Provider -> its view in anymail.webhooks, and what anymail calls the secret that we hold: the
# user:password of HTTP Basic where the provider signs nothing, otherwise the key it signs with.
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
    """`mailgun=KEY postmark=user:password` -> {"mailgun": "KEY", …}.

    ValueError where a provider is not known, a secret is short, or django-anymail is missing.
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
