"""The Atom feed of a search, for feed readers that poll it."""

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from digest.feeds.atom import CONTENT_TYPE
from digest.feeds.search_feed import MadeFeed, current_etag, kept_feed, make_feed
from digest.limits.requests import count_request
from digest.matching.query import KeywordError

MAX_AGE = 900  # seconds


@require_safe
def search_feed(request: HttpRequest) -> HttpResponse:
    """The newest papers that match `q`. While nothing has changed, a poll takes one short query,
    whether it brings the ETag or not."""
    text, only_typed = request.GET.get("q", "").strip(), request.GET.get("words") == "typed"
    etag = current_etag(text, only_typed=only_typed)
    if "If-None-Match" in request.headers:
        unchanged: HttpResponse | None = get_conditional_response(request, etag)
        if unchanged:
            unchanged["ETag"] = etag
            return _for_caches(unchanged)
    made = kept_feed(text, etag, only_typed=only_typed)
    if made is None:
        count_request(request, "feeds")
        try:
            made = make_feed(text, etag, only_typed=only_typed)
        except KeywordError as wrong:
            return _refused(wrong.message)
    return _answered(request, made)


def _answered(request: HttpRequest, made: MadeFeed) -> HttpResponse:
    response = HttpResponse(made.content, content_type=CONTENT_TYPE)
    response["ETag"] = made.etag
    response["Last-Modified"] = http_date(made.made_at.timestamp())
    answer = get_conditional_response(request, made.etag, int(made.made_at.timestamp()), response)
    assert isinstance(answer, HttpResponse)
    return _for_caches(answer)


def _for_caches(response: HttpResponse) -> HttpResponse:
    patch_cache_control(response, public=True, max_age=MAX_AGE)
    patch_vary_headers(response, ["Accept-Encoding"])  # also of a 304: see the compression
    response["X-Robots-Tag"] = "noindex"
    return response


def _refused(sentence: str) -> HttpResponse:
    response = HttpResponseBadRequest(f"{sentence}\n", content_type="text/plain; charset=utf-8")
    response["X-Robots-Tag"] = "noindex"
    return response
