"""Keys, host names, cookies and headers; what proxies are believed and clients may do."""

import os
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from digest.environment import (
    comma_separated,
    is_loopback,
    read_or_create_secret_key,
    setting,
    whole_number,
)
from digest.environment.weak_keys import checked_fallback_keys, checked_secret_key, long_token
from digest.limits.client_address import TrustedProxies
from digest.limits.rates import read_rates

from .site import BIND, DATA_DIR, PUBLIC_SITE, SITE_HOST, SITE_ORIGIN, SITE_PATH, SITE_URL

EXPOSED = PUBLIC_SITE or not is_loopback(BIND)  # others can reach it: no key may be guessed
SECRET_KEY = checked_secret_key(
    os.environ.get("SECRET_KEY", "").strip() or read_or_create_secret_key(DATA_DIR), public=EXPOSED
)
# Previous keys: what they signed is still read.
SECRET_KEY_FALLBACKS = checked_fallback_keys(
    os.environ.get("SECRET_KEY_FALLBACKS", ""), public=EXPOSED
)
# What suppressed addresses are recognised by, and where it is kept unless it is set. A weak one of
# an older site has to be taken: see subscriptions/suppression_key.py.
SUPPRESSION_KEY = os.environ.get("SUPPRESSION_KEY", "").strip()
SUPPRESSION_KEY_FILE = DATA_DIR / "suppression_key"
ALLOWED_HOSTS = [
    *setting(
        "ALLOWED_HOSTS",
        "localhost,127.0.0.1,[::1]",
        comma_separated,
        "host names, separated by commas",
    ),
    SITE_HOST,
]
CSRF_TRUSTED_ORIGINS = [SITE_ORIGIN]
SECURE_SITE = SITE_URL.startswith("https://")
SECURE_SSL_REDIRECT = SECURE_SITE
SECURE_SSL_HOST = urlsplit(SITE_URL).netloc
HSTS_SECONDS = setting("HSTS_SECONDS", "3600", whole_number, "a number of seconds, like 3600")
SECURE_HSTS_SECONDS = HSTS_SECONDS if SECURE_SITE else 0
# W005 and W021 ask for HSTS on every host of the owner's domain, which this site cannot speak for.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
# ReverseProxyMiddleware takes it from those who are not believed.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE_SITE else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SITE
CSRF_COOKIE_HTTPONLY = True  # forms bring the token themselves
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = f"{SITE_PATH}/"
# Browsers take such cookies over https alone, and __Host- from this very host alone (RFC 6265bis).
_prefix = ("__Secure-" if SITE_PATH else "__Host-") if SECURE_SITE else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_prefix}sessionid", f"{_prefix}csrftoken"
# Beside the session: the cookie of messages has neither the path nor the prefix.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
# Whose X-Forwarded-For and -Proto are believed, and what one client, mailbox or domain may do.
TRUSTED_PROXIES = setting(
    "TRUSTED_PROXIES",
    "",
    TrustedProxies.from_text,
    "networks, separated by spaces, like 127.0.0.1 10.0.0.0/8, or unix, or private",
)
LIMITS = setting(
    "LIMITS", "", read_rates, "like letters=300/hour mailbox=6/day;20/month pages=none"
)
# What Prometheus sends as a bearer token; without one only this machine sees the metrics.
METRICS_TOKEN = setting(
    "METRICS_TOKEN", "", long_token, "a random text of 20 to 200 letters and digits", secret=True
)
DEFAULT_EXCEPTION_REPORTER_FILTER = "digest.settings.debug_pages.SettingsFilter"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
# Only the frames that show a mail may be framed, by this site (digest/web/mail_html.py).
X_FRAME_OPTIONS = "DENY"
