"""Webhooks of mail providers. Requests must be signed; repeating one changes nothing."""

import logging

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from digest.limits.requests import check_request, count_request
from digest.mail_events import esp_webhooks

log = logging.getLogger(__name__)


@csrf_exempt  # authenticated by the signature, without a cookie
@never_cache
@require_http_methods(["POST", "HEAD"])
def mail_events(request: HttpRequest, name: str) -> HttpResponse:
    """Record a provider's events.

    Responds 200, 403 (not signed), 400 (unreadable), 404 (provider not set up), or 429 after too
    many unsigned requests.
    """
    if request.method == "HEAD":  # some providers probe the URL so
        return HttpResponse()
    check_request(request, "failures")
    at = timezone.now()
    try:
        events = esp_webhooks.parse(name, request, at)
    except KeyError:
        return _answer("No such provider is set up here (MAIL_WEBHOOKS).", 404)
    except esp_webhooks.Unsigned:
        log.warning("A request in the name of %s was not signed.", name)
        count_request(request, "failures")
        return _answer("The signature, or the user name and password, are wrong.", 403)
    except esp_webhooks.Unreadable as wrong:
        log.warning("A signed request of %s could not be read (%s).", name, wrong)
        return _answer("The request is not in a known format.", 400)
    recorded = esp_webhooks.record_events(name, events, at)
    return _answer(f"{sum(each.is_new for each in recorded)} of {len(events)} were new.", 200)


def _answer(sentence: str, status: int) -> HttpResponse:
    return HttpResponse(sentence + "\n", status=status, content_type="text/plain")
