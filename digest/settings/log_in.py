"""Settings of the operators' log-in: passwords, delays, codes and how long a session lasts."""

_RULES = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS: list[dict[str, object]] = [
    {"NAME": f"{_RULES}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_RULES}.CommonPasswordValidator"},
    {"NAME": f"{_RULES}.NumericPasswordValidator"},
    {"NAME": f"{_RULES}.UserAttributeSimilarityValidator"},
]
# Counted from the log-in, whatever is done meanwhile (digest/operators/admin_site.py).
SESSION_COOKIE_AGE = 12 * 60 * 60
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_HANDLER = "digest.limits.login_delays.GrowingDelays"
AXES_CLIENT_IP_CALLABLE = "digest.limits.login_delays.client_address"
AXES_LOCKOUT_CALLABLE = "digest.limits.login_delays.locked_out"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
# One table of it is written, and that has a page among our own.
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
OTP_TOTP_ISSUER = "Paper Digest"
OTP_ADMIN_HIDE_SENSITIVE_DATA = True
