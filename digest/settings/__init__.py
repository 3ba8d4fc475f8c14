"""Settings: each environment variable is read once here, beside its default (see the README).

A value that cannot be used stops the start with a sentence that names the variable and the cure.
"""

from digest.environment import (
    database_config,
    day_count,
    positive_number,
    setting,
    time_of_day,
    time_zone,
    whole_number,
)
from digest.limits.url_limits import EVENTS_BYTES, LIBRARY_BYTES
from digest.logs import log_form, logging_settings
from digest.monitoring.retention.retention_periods import RetentionPeriods

from .celery import *
from .log_in import *
from .mail import *
from .security import *
from .site import *

# --- Django
ROOT_URLCONF = "digest.urls"
WSGI_APPLICATION = "digest.wsgi.application"
INSTALLED_APPS = [
    "digest",
    "subscriptions",
    "digest.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
]
MIDDLEWARE = [
    "digest.web.request_ids.RequestIdMiddleware",
    "digest.web.private_pages.PrivatePagesMiddleware",
    "digest.web.reverse_proxy.ReverseProxyMiddleware",
    "digest.web.probes.ProbeMiddleware",
    "digest.web.compression.CompressionMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "digest.limits.middleware.LimitsMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
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
                        "digest.mail.mime.css.Loader",
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
# Django would put SITE_PATH before a relative one, but not in every thread.
STATIC_URL = f"{SITE_PATH}/static/"
# Finders serve the few files straight from the packages: no collectstatic step to forget.
WHITENOISE_USE_FINDERS = True
LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# What a view may have in memory; each URL has a limit of its own: digest/limits/url_limits.py.
DATA_UPLOAD_MAX_MEMORY_SIZE = EVENTS_BYTES
# A file that a reader imports is never on a disk, as larger files are for a while.
FILE_UPLOAD_MAX_MEMORY_SIZE = LIBRARY_BYTES

# --- the database
DATABASES = {
    "default": setting(
        "DATABASE_URL",
        f"sqlite:///{DATA_DIR / 'db.sqlite3'}",
        database_config,
        "like postgres://user:password@host:5432/name",
        secret=True,
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
# PostgreSQL is shared by machines that share no folder (digest/ingest/raw_storage.py).
RAW_BYTES_IN_DATABASE = not DATABASES["default"]["ENGINE"].endswith("sqlite3")

# --- caches of each process
_IN_MEMORY = "django.core.cache.backends.locmem.LocMemCache"
CACHES = {
    "default": {"BACKEND": _IN_MEMORY, "LOCATION": "shared values"},
    # Feeds of searches, packed: about 20 kB each.
    "feeds": {"BACKEND": _IN_MEMORY, "LOCATION": "feeds", "OPTIONS": {"MAX_ENTRIES": 500}},
}

# --- what is logged
LOG_FORMAT = setting("LOG_FORMAT", "text", log_form, "text or json")
LOGGING = logging_settings(LOG_FORMAT)

# --- the papers and the people
NEW_PAPERS_LIMIT = setting("NEW_PAPERS_LIMIT", "500", whole_number, "a whole number, like 500")
INDEX_DAYS = setting("INDEX_DAYS", "45", day_count, "a number of days, like 45, at most 36500")
INDEX_MB = setting("INDEX_MB", "256", whole_number, "a number of megabytes, like 256")
CARD_CACHE_MB = setting("CARD_CACHE_MB", "48", whole_number, "a number of megabytes, like 48")
MAX_DUMP_BYTES = setting("MAX_DUMP_BYTES", "100000000", whole_number, "a number of bytes")
MAX_DUMP_RECORDS = setting("MAX_DUMP_RECORDS", "200000", positive_number, "1 or more")
MAX_UNPACKED_BYTES = setting("MAX_UNPACKED_BYTES", "1000000000", positive_number, "1 or more")
DEFAULT_TIMEZONE = setting("DEFAULT_TIMEZONE", "UTC", time_zone, "a time zone, like Europe/Paris")
DEFAULT_SEND_AT = setting("DEFAULT_SEND_AT", "07:00", time_of_day, "an hour, like 07:00")

# --- what is kept, and for how long
RETENTION = setting(
    "RETENTION_DAYS",
    str(RetentionPeriods()),
    RetentionPeriods.from_text,
    "days, like contents=92 letters=92: 92 or more for contents and digests, which links and "
    "the next digests need for 90 days, digests no less than contents, and 30 or more for "
    "letters, pending, unsubscribed and events; at most 36500",
)
BACKUP_DAYS = setting("BACKUP_DAYS", "30", day_count, "a number of days, like 30, at most 36500")
