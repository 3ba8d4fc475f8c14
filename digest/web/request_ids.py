"""An id for each request: in the log, and in the header of the response."""

import logging
import re
import time
from collections.abc import Callable
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from digest.logs import log_context
from digest.web.probes import PROBES

log = logging.getLogger(__name__)

HEADER = "X-Request-ID"
# What proxies send: a UUID or a hash. Nothing else of a client gets into the log.
_WELL_FORMED = re.compile(r"[0-9A-Fa-f]{8}[0-9A-Fa-f-]{8,56}")


class RequestIdMiddleware:
    """Takes the id of the request's header if it is well-formed, else makes one.

    With LOG_FORMAT=json each request but probes is logged: its method, the pattern of its URL, its
    status and seconds. Other logs of requests are up to the proxy.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get(HEADER, "")
        request_id = given if _WELL_FORMED.fullmatch(given) else uuid4().hex
        begun = time.monotonic()
        with log_context(request_id=request_id):
            response = self._get_response(request)
            if settings.LOG_FORMAT == "json" and request.path_info not in PROBES:
                _log(request, response, time.monotonic() - begun)
        response[HEADER] = request_id
        return response


def _log(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    match = request.resolver_match
    facts = {
        "method": request.method if request.method in _METHODS else "other",
        "route": f"/{match.route}" if match else "",
        "status": response.status_code,
        "seconds": round(seconds, 4),
    }
    log.info("A request", extra=facts)


_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
