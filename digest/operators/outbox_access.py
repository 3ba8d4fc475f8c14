"""Who may read the outbox, where mail goes until EMAIL_URL names a mail server: it holds the links
of all subscribers."""

from django.contrib import admin
from django.http import HttpRequest

from digest.environment import is_loopback
from digest.monitoring.health.outbox_exposure import outbox_is_used, site_is_local

READ_MAILS = "digest.read_digest"  # the permission; superusers have it


def is_local_request(request: HttpRequest) -> bool:
    """Whether the request is to a local site and comes from this machine.

    A server started in another way (`runserver 0.0.0.0:8000`) ignores BIND, so the socket's peer is
    checked, not headers. It is empty on a Unix socket.
    """
    peer = request.META.get("REMOTE_ADDR") or ""
    return site_is_local() and (not peer or is_loopback(peer))


def is_open(request: HttpRequest | None) -> bool:
    """Whether the visitor may read it: on a local site anybody on this machine, else operators with
    the permission who passed the whole log-in."""
    if request is None or not outbox_is_used():
        return False
    if is_local_request(request):
        return True
    user = getattr(request, "user", None)
    return bool(user and user.has_perm(READ_MAILS) and admin.site.has_permission(request))
