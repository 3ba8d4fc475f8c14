"""Health probes and metrics.

Load balancers, service managers and Prometheus request them by IP address and without TLS, so they
are answered before the redirect to https and the check of ALLOWED_HOSTS, without a session.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from .health import alive_response, ready_response
from .metrics_page import metrics_response

PROBES = {"/healthz": alive_response, "/readyz": ready_response, "/metrics": metrics_response}


class ProbeMiddleware:
    """Answers the paths of PROBES."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        probe = PROBES.get(request.path_info)
        if probe is None or request.method not in ("GET", "HEAD"):
            return self._get_response(request)
        response = probe(request)
        response["Cache-Control"] = "no-store"
        return response
