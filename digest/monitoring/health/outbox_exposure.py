"""Whether mail goes to the outbox instead of a mail server, and who can reach the site then.

A module of its own: the checks of `doctor` use it, and so do the pages of the outbox.
"""

from urllib.parse import urlsplit

from django.conf import settings

from digest.environment import is_loopback


def outbox_is_used() -> bool:
    """Whether mail goes to the outbox: EMAIL_URL names no mail server."""
    return not settings.MAIL_RELAYS


def site_is_local() -> bool:
    """Whether only users of this machine reach the site: it listens on a loopback address, and
    SITE_URL is one."""
    return all(map(is_loopback, (settings.BIND, urlsplit(settings.SITE_URL).hostname or "")))


def outbox_warning() -> str:
    """What is wrong with a site that others reach and that sends no mail, "" if nothing is."""
    if not outbox_is_used() or site_is_local():
        return ""
    return (
        "EMAIL_URL is not set, so nobody gets e-mail: it stays in the outbox, which only "
        "operators can see because others can reach this site (BIND, SITE_URL). Set EMAIL_URL."
    )
