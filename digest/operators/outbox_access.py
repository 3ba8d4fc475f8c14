"""Who may look at the outbox, where mail goes until EMAIL_URL names a mail server: it holds the
links of everybody who signed up."""

from django.contrib import admin
from django.http import HttpRequest

from digest.environment import is_loopback
from digest.monitoring.health.outbox_exposure import outbox_is_used, site_is_local

READ_MAILS = "digest.read_digest"  # the permission; superusers have it


def is_local_request(request: HttpRequest) -> bool:
    """Whether a request to a local site comes from this machine. A server that was started in
    another way (`runserver 0.0.0.0:8000`) listens elsewhere than BIND says, so the socket's peer
    counts, whatever headers say; it is empty on a unix socket."""
    peer = request.META.get("REMOTE_ADDR") or ""
    return site_is_local() and (not peer or is_loopback(peer))


def is_open(request: HttpRequest | None) -> bool:
    """Whether the visitor may look: anybody on the machine of a local site, else operators who may
    read mails and are logged in with all that they have set up."""
    if request is None or not outbox_is_used():
        return False
    if is_local_request(request):
        return True
    user = getattr(request, "user", None)
    return bool(user and user.has_perm(READ_MAILS) and admin.site.has_permission(request))
