"""Keys, host names, cookies and headers; what proxies are believed and clients may do."""

import os

from csp.constants import NONE, SELF

from digest.environment import fit_secret, is_loopback, kept_secret, names, setting
from digest.limits.client import TrustedProxies
from digest.limits.rates import read_rates

from .site import BIND, DATA_DIR, PUBLIC_SITE, SITE_HOST, SITE_URL

_key_file = DATA_DIR / "secret_key"
SECRET_KEY = fit_secret(
    os.environ.get("SECRET_KEY", "").strip()
    or (_key_file.read_text() if _key_file.is_file() else kept_secret(DATA_DIR)),
    public=PUBLIC_SITE or not is_loopback(BIND),
)
# Keys of before: what they signed is still read.
SECRET_KEY_FALLBACKS = os.environ.get("SECRET_KEY_FALLBACKS", "").split()
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
