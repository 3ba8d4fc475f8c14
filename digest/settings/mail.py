"""Mail: the servers that take it, its sender, what comes back, and the limits of sending."""

import os
from email.utils import parseaddr

from digest.environment import (
    dkim_signer,
    mail_address,
    mail_addresses,
    setting,
    single_line,
    time_of_day,
)
from digest.environment.dns_servers import dns_servers
from digest.environment.security_contacts import security_contacts, usual_contact
from digest.mail import verp
from digest.mail.alarm_url import ALARM_URLS, read_alarm_url
from digest.mail.inbound.imap import ImapMailbox
from digest.mail.inbound.webhook_providers import read_webhooks
from digest.mail.routing.rate_limits import Limits
from digest.mail.routing.router import read_backends
from digest.monitoring.alarms.alarm_limits import AlarmLimits
from digest.sending.hold_limits import HoldLimits

from .site import SITE_HOST

# The relays and providers that take our mail; none: it goes to the outbox.
MAIL_RELAYS = setting(
    "EMAIL_URL",
    "",
    read_backends,
    "like smtp+tls://user:password@mail.example.org:587 or anymail://mailgun?api_key=…, "
    "or several, separated by spaces, each with its own #name=…",
    secret=True,
)
MAIL_FROM = setting(
    "MAIL_FROM",
    f"Paper Digest <digest@{SITE_HOST}>",
    mail_address,
    "like Paper Digest <digest@example.org>",
)
MAIL_SENDER = parseaddr(MAIL_FROM)[1]  # the envelope's sender, unless each mail has its own
REPLY_TO = setting("REPLY_TO", MAIL_SENDER, mail_address, "like digest@example.org")
# Whom an alarm is mailed to.
OPERATORS = setting(
    "OPERATOR_EMAIL",
    "",
    mail_addresses,
    "one or more addresses, separated by spaces, like ada@example.org bob@example.org",
)
# Where alarms go besides, or first: a relay of their own, or a webhook.
_usual = "refused=5 put_off=20 suspended=10 mails=20"
ALARM_LIMITS = setting("ALARM_LIMITS", _usual, AlarmLimits.from_text, f"numbers, like {_usual}")
DAILY_REPORT = setting(
    "DAILY_REPORT",
    "08:00",
    lambda raw: None if raw.lower() == "none" else time_of_day(raw),
    "a time (UTC), like 08:00, or none",
)
ALARM_URL = setting("ALARM_URL", "", read_alarm_url, ALARM_URLS, secret=True)
VERP_SENDER = setting(
    "VERP_SENDER", "", verp.check_template, "lower-case letters, like bounces+{}@example.org"
)
BOUNCE_MAILBOX = setting(
    "BOUNCE_IMAP_URL",
    "",
    ImapMailbox.from_url,
    "like imaps://user:password@mail.example.org/INBOX",
    secret=True,
)
MAIL_WEBHOOKS = setting(
    "MAIL_WEBHOOKS",
    "",
    read_webhooks,
    "like mailgun=SIGNING-KEY postmark=user:password, with the package django-anymail installed",
    secret=True,
)
DKIM_SELECTOR = os.environ.get("DKIM_SELECTOR", "").strip() or "digest"
DKIM_DOMAIN = os.environ.get("DKIM_DOMAIN", "").strip() or MAIL_SENDER.rpartition("@")[2].lower()
DKIM_SIGNER = dkim_signer(
    os.environ.get("DKIM_KEY", "").strip(),
    os.environ.get("DKIM_KEY_FILE", "").strip(),
    DKIM_SELECTOR,
    DKIM_DOMAIN,
)
DOMAIN_RATE = setting(
    "DOMAIN_RATE", "none", Limits.rates, "e-mails per second, like 20 or gmail.com=20 *=600/m"
)
AUTOMATIC_HOLD = setting(
    "AUTOMATIC_HOLD", "refused=10 unknown=2 mails=20", HoldLimits.from_text,
    "like refused=10 unknown=2 mails=20 (percent, percent, e-mails per hour), or none",
)  # fmt: skip
DOMAIN_CONCURRENCY = setting(
    "DOMAIN_CONCURRENCY", "none", Limits.counts, "simultaneous e-mails, like 10 or gmail.com=5 *=10"
)
# Whom `doctor --dns` asks instead of the machine's own DNS servers.
DNS_SERVERS = setting(
    "DNS_SERVERS", "", dns_servers, "addresses, separated by spaces, like 9.9.9.9 or 127.0.0.1:5353"
)
# Who answers for what is fetched from other people's sites.
# Where vulnerabilities are reported, as URIs.
SECURITY_CONTACT = setting(
    "SECURITY_CONTACT",
    usual_contact(REPLY_TO),
    security_contacts,
    "e-mail addresses or https:// pages, separated by spaces",
)
CONTACT = setting("CONTACT", MAIL_SENDER, single_line, "one line, like digest@example.org")
POSTAL_ADDRESS = setting("POSTAL_ADDRESS", "", single_line, "one line")
