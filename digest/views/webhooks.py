"""What mail providers tell: only who can sign it is heard, and saying it twice changes nothing."""

import logging

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from digest.limits.requests import check_request, count_request
from digest.mail_events import esp_webhooks

log = logging.getLogger(__name__)


@csrf_exempt  # the signature is all there is: no cookie, no session
@never_cache
@require_http_methods(["POST", "HEAD"])
def mail_events(request: HttpRequest, name: str) -> HttpResponse:
    """Record a provider's events: 200; 403 unsigned; 400 unreadable; 404 not set up; 429 after too
    many that were unsigned."""
    if request.method == "HEAD":  # some ask so whether anybody is there
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
        return _answer("The signature, or the user and password, are not right.", 403)
    except esp_webhooks.Unreadable as wrong:
        log.warning("A signed request of %s could not be read (%s).", name, wrong)
        return _answer("The request is in no form that is known.", 400)
    recorded = esp_webhooks.record_events(name, events, at)
    return _answer(f"{sum(each.is_new for each in recorded)} of {len(events)} were new.", 200)


def _answer(sentence: str, status: int) -> HttpResponse:
    return HttpResponse(sentence + "\n", status=status, content_type="text/plain")
