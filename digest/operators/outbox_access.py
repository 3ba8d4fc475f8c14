"""Who may look at the outbox, where mail goes until EMAIL_URL names a mail server: it holds the
links of everybody who signed up."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest

from digest.environment import is_loopback

READ_MAILS = "digest.read_digest"  # the permission; superusers have it


def is_used() -> bool:
    """Whether mail goes to the outbox."""
    return not settings.MAIL_RELAYS


def is_local() -> bool:
    """Whether nobody but this machine's own users reaches the site: it listens on a loopback
    address, and SITE_URL is one."""
    return all(map(is_loopback, (settings.BIND, urlsplit(settings.SITE_URL).hostname or "")))


def is_local_request(request: HttpRequest) -> bool:
    """Whether a request to a local site comes from this machine. A server that was started in
    another way (`runserver 0.0.0.0:8000`) listens elsewhere than BIND says, so the socket's peer
    counts, whatever headers say; it is empty on a unix socket."""
    peer = request.META.get("REMOTE_ADDR") or ""
    return is_local() and (not peer or is_loopback(peer))


def is_open(request: HttpRequest | None) -> bool:
    """Whether the visitor may look: anybody on the machine of a local site, else operators who may
    read mails and are logged in with all that they have set up."""
    if request is None or not is_used():
        return False
    if is_local_request(request):
        return True
    user = getattr(request, "user", None)
    return bool(user and user.has_perm(READ_MAILS) and admin.site.has_permission(request))


def warning() -> str:
    """What is wrong with a site that others reach and that sends no mail, "" if nothing is."""
    if not is_used() or is_local():
        return ""
    return (
        "EMAIL_URL is not set, so nobody gets mail: it stays in the outbox, which only operators "
        "can see because this site is not for this machine alone (BIND, SITE_URL). Set EMAIL_URL."
    )
