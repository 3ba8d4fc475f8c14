"""The program's own settings, on a data folder that goes with the test run."""

import atexit
import os
import shutil
import tempfile

_folder = tempfile.mkdtemp(prefix="paper-digest-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
# A developer's own .env or shell must not leak into a test; only the database may be chosen.
for _name in (
    "REDIS_URL", "EMAIL_URL", "SITE_URL", "PORT", "BIND", "ALLOWED_HOSTS", "MAIL_FROM",
    "REPLY_TO", "OPERATOR_EMAIL", "ALARM_URL", "VERP_SENDER", "DKIM_KEY", "DKIM_KEY_FILE",
    "DOMAIN_RATE", "DOMAIN_CONCURRENCY", "TRUSTED_PROXIES", "LIMITS", "AUTOMATIC_HOLD",
    "ALARM_LIMITS", "RETENTION_DAYS", "BACKUP_DAYS", "SECRET_KEY_FALLBACKS", "SUPPRESSION_KEY",
    "LOG_FORMAT", "METRICS_TOKEN", "DNS_SERVERS",
):  # fmt: skip
    os.environ[_name] = ""
os.environ["DATA_DIR"] = _folder
# Whether one is due depends on the time of day.
os.environ["DAILY_REPORT"] = "none"

from digest.settings import *  # noqa: E402, F403

ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
# Hashing an operator's password is meant to be slow; a test has no use for that.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
