"""Settings: every environment variable is read once here, beside its default (see the README).

A value that cannot be used stops the start with a sentence that names the variable and the cure.
"""

import os
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import environ
from csp.constants import NONE, SELF

from digest.environment import (
    broker_socket,
    counting_number,
    database,
    header_text,
    hour,
    kept_secret,
    mail_address,
    mail_addresses,
    names,
    port,
    setting,
    signer,
    web_address,
    whole_number,
    writable_folder,
    yes_or_no,
)
from digest.limits.client import TrustedProxies
from digest.limits.doors import EVENTS_BYTES
from digest.limits.rates import read_rates
from digest.logs import LOGGING as LOGGING
from digest.mail import verp
from digest.mail.alarm_url import ALARM_URLS, read_alarm_url
from digest.mail.mailbox_url import Mailbox
from digest.mail.relays import read_backends
from digest.mail.throttle import Limits
from digest.mail.webhooks import read_webhooks
from digest.monitoring.alarm_limits import AlarmLimits
from digest.sending.hold_limits import HoldLimits

BASE_DIR = Path(__file__).resolve().parent.parent
environ.Env.read_env(BASE_DIR / ".env")

# --- where the data and the pages are
DATA_DIR = setting("DATA_DIR", str(BASE_DIR / "var"), writable_folder, "a folder to write in")
PORT = setting("PORT", "8000", port, "a port, 1 to 65535")
BIND = setting("BIND", "127.0.0.1", str, "an address of this machine")
SITE_URL = setting(
    "SITE_URL", f"http://localhost:{PORT}", web_address, "like https://digest.example.org"
)
SITE_HOST = urlsplit(SITE_URL).hostname or "localhost"
INBOX_DIR = DATA_DIR / "inbox"
OUTBOX_DIR = DATA_DIR / "outbox"
DUMPS_DIR = DATA_DIR / "dumps"
JOURNAL_DIR = DATA_DIR / "replies"

# --- Django
DEBUG = setting("DEBUG", "no", yes_or_no, "yes or no")
_key_file = DATA_DIR / "secret_key"
SECRET_KEY = os.environ.get("SECRET_KEY", "").strip() or (
    _key_file.read_text() if _key_file.is_file() else kept_secret(DATA_DIR)
)
ALLOWED_HOSTS = [
    *setting("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]", names, "host names with commas"),
    SITE_HOST,
]
CSRF_TRUSTED_ORIGINS = [SITE_URL]
SECURE_SITE = SITE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SITE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE_SITE else None
# Whose X-Forwarded-For is believed, and what one client, mailbox or domain may do.
TRUSTED_PROXIES = setting(
    "TRUSTED_PROXIES",
    "",
    TrustedProxies.read,
    "networks with blanks between them, like 127.0.0.1 10.0.0.0/8, or unix, or private",
)
LIMITS = setting(
    "LIMITS", "", read_rates, "like letters=300/hour mailbox=6/day;20/month pages=none"
)
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
    }
}
X_FRAME_OPTIONS = "SAMEORIGIN"
ROOT_URLCONF = "digest.urls"
WSGI_APPLICATION = "digest.wsgi.application"
INSTALLED_APPS = [
    "digest",
    "subscriptions",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "digest.limits.middleware.LimitsMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            # The first gives the mails their style attributes, once, as a template is compiled.
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "digest.mail.inline.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
STATIC_URL = "static/"
# Finders serve the few files straight from the packages: no collectstatic step to forget.
WHITENOISE_USE_FINDERS = True
LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# What a view may ask to have in memory; each URL has a limit of its own (digest/limits/doors.py).
DATA_UPLOAD_MAX_MEMORY_SIZE = EVENTS_BYTES
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{rule}"}
    for rule in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]

# --- the database
DATABASES = {
    "default": setting(
        "DATABASE_URL",
        f"sqlite:///{DATA_DIR / 'db.sqlite3'}",
        database,
        "like postgres://user:password@host:5432/name",
    )
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Measured with 4 writers: anything less ends in "database is locked".
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
    }
else:
    DATABASES["default"].update(CONN_MAX_AGE=60, CONN_HEALTH_CHECKS=True)

# --- the broker
REDIS_URL = os.environ.get("REDIS_URL", "").strip()

BROKER_SOCKET = broker_socket(DATA_DIR)
CELERY_BROKER_URL = REDIS_URL or f"redis+socket://{BROKER_SOCKET}"
CELERY_TIMEZONE = "UTC"
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_TIME_LIMIT = 900
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = setting("WORKERS", "2", counting_number, "1 or more")
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A mail that waits for its answer must not be cut off because the broker dropped.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # A message whose worker died comes back after this long; nothing runs longer than a task may.
    "visibility_timeout": 960,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 2,
    # Without these a visitor would wait for 6 s while the broker is down; the tick does the work.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
    "health_check_interval": 30,
}
CELERY_BEAT_SCHEDULER = "digest.monitoring.scheduler:Scheduler"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "broker" / "beat")
# `expires`: a tick nobody took in time is dropped, for the next one does the same work.
CELERY_BEAT_SCHEDULE = {
    "ingest": {"task": "digest.tasks.ingest", "schedule": 10.0, "options": {"expires": 10}},
    "plan": {"task": "digest.tasks.plan", "schedule": 60.0, "options": {"expires": 60}},
    "reap": {"task": "digest.tasks.reap", "schedule": 60.0, "options": {"expires": 60}},
    "fetch": {"task": "digest.tasks.fetch", "schedule": 60.0, "options": {"expires": 60}},
    "drain": {"task": "digest.tasks.drain", "schedule": 20.0, "options": {"expires": 20}},
    "bounces": {"task": "digest.tasks.bounces", "schedule": 60.0, "options": {"expires": 60}},
}

# --- the mail
# The relays and providers that take our mail; none: it goes to the outbox.
MAIL_RELAYS = setting(
    "EMAIL_URL",
    "",
    read_backends,
    "like smtp+tls://user:password@mail.example.org:587 or anymail://mailgun?api_key=…, "
    "several with blanks between them and each with a #name=… of its own",
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
    "one or more addresses with blanks between them, like ada@example.org bob@example.org",
)
# Where alarms go besides, or first: a relay of their own, or a webhook.
_usual = "refused=5 put_off=20 suspended=10 mails=20"
ALARM_LIMITS = setting("ALARM_LIMITS", _usual, AlarmLimits.from_text, f"numbers, like {_usual}")
ALARM_URL = setting("ALARM_URL", "", read_alarm_url, ALARM_URLS, secret=True)
VERP_SENDER = setting(
    "VERP_SENDER", "", verp.template, "lower-case letters, like bounces+{}@example.org"
)
BOUNCE_MAILBOX = setting(
    "BOUNCE_IMAP_URL", "", Mailbox.from_url, "like imaps://user:password@mail.example.org/INBOX"
)
MAIL_WEBHOOKS = setting(
    "MAIL_WEBHOOKS",
    "",
    read_webhooks,
    "like mailgun=SIGNING-KEY postmark=user:password, with the package django-anymail installed",
)
DKIM_SELECTOR = os.environ.get("DKIM_SELECTOR", "").strip() or "digest"
DKIM_DOMAIN = os.environ.get("DKIM_DOMAIN", "").strip() or MAIL_SENDER.rpartition("@")[2].lower()
DKIM_SIGNER = signer(
    os.environ.get("DKIM_KEY", "").strip(),
    os.environ.get("DKIM_KEY_FILE", "").strip(),
    DKIM_SELECTOR,
    DKIM_DOMAIN,
)
DOMAIN_RATE = setting(
    "DOMAIN_RATE", "none", Limits.rates, "mails a second, like 20 or gmail.com=20 *=600/m"
)
AUTOMATIC_HOLD = setting(
    "AUTOMATIC_HOLD", "refused=10 unknown=2 mails=20", HoldLimits.from_text,
    "like refused=10 unknown=2 mails=20 (percent, percent, mails an hour), or none",
)  # fmt: skip
DOMAIN_CONCURRENCY = setting(
    "DOMAIN_CONCURRENCY", "none", Limits.counts, "mails at once, like 10 or gmail.com=5 *=10"
)
# Who answers for what is fetched from other people's sites.
CONTACT = setting("CONTACT", MAIL_SENDER, header_text, "one line, like digest@example.org")
POSTAL_ADDRESS = setting("POSTAL_ADDRESS", "", header_text, "one line")

# --- the papers and the people
NEW_PAPERS_LIMIT = setting("NEW_PAPERS_LIMIT", "500", whole_number, "a whole number, like 500")
INDEX_DAYS = setting("INDEX_DAYS", "45", whole_number, "a number of days, like 45")
INDEX_MB = setting("INDEX_MB", "256", whole_number, "a number of megabytes, like 256")
CARD_CACHE_MB = setting("CARD_CACHE_MB", "48", whole_number, "a number of megabytes, like 48")
MAX_DUMP_BYTES = setting("MAX_DUMP_BYTES", "100000000", whole_number, "a number of bytes")
MAX_DUMP_RECORDS = setting("MAX_DUMP_RECORDS", "200000", counting_number, "1 or more")
MAX_UNPACKED_BYTES = setting("MAX_UNPACKED_BYTES", "1000000000", counting_number, "1 or more")
DEFAULT_TIMEZONE = setting(
    "DEFAULT_TIMEZONE", "UTC", lambda raw: ZoneInfo(raw).key, "an IANA time zone, like Europe/Paris"
)
DEFAULT_SEND_AT = setting("DEFAULT_SEND_AT", "07:00", hour, "an hour, like 07:00")
