"""The HTTP API: upload a dump, and ask for its state. Responses are JSON.

The token in the Authorization header (RFC 6750) is the only credential. There is no cookie, so
foreign pages cannot make a browser send a valid request.
"""

import hmac
from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from http import HTTPStatus
from typing import IO, cast

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from digest import tasks
from digest.ingest.pipeline import CannotKeep, TooLarge, receive
from digest.limits.bodies import RETRY_SECONDS, BodyRefused, BoundedBody, large_body_slot
from digest.limits.counting import count
from digest.limits.requests import count_request
from digest.models import Dump, PushToken
from digest.models.sources import token_hash
from subscriptions import links

View = Callable[..., JsonResponse]
_SCHEME = "bearer "


class Refusal(Exception):
    """A request is refused, with a status and a sentence."""

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def api(method: str) -> Callable[[View], View]:
    """Decorate a view of one method that needs a token; refusals become JSON."""

    def around(view: View) -> View:
        @csrf_exempt
        @never_cache
        @wraps(view)
        def answer(request: HttpRequest, **values: object) -> JsonResponse:
            try:
                if request.method != method:
                    raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, f"Use {method} for this address.")
                return view(request, _token(request), **values)
            except Refusal as refusal:
                return _refused(refusal, method)
            except BodyRefused as refusal:
                return _refused(Refusal(refusal.status, str(refusal)), method)

        return answer

    return around


@api("POST")
def receive_dump(request: HttpRequest, token: PushToken) -> JsonResponse:
    """Receive the body as a dump: 202 with the URL of its state, 200 if its bytes are known."""
    at = timezone.now()
    dump = _received(request, token, at)
    PushToken.objects.filter(pk=token.pk).update(last_used_at=at)
    tasks.wake(tasks.ingest)
    is_new = dump.received_at == at
    address = links.address("api-dump", dump.pk)
    return JsonResponse(
        {"id": dump.pk, "state": dump.state, "address": address},
        status=HTTPStatus.ACCEPTED if is_new else HTTPStatus.OK,
        headers={"Location": address},
    )


@api("GET")
def dump_state(request: HttpRequest, token: PushToken, pk: int) -> JsonResponse:
    """Return the state of a dump. Any token may ask: it does not tell who uploaded the dump."""
    dump = Dump.objects.filter(pk=pk).first()
    if dump is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "No such dump.")
    counts = {name: getattr(dump, name) for name in ("papers", "new", "updated", "unchanged")}
    fields = {name: getattr(dump, name) for name in ("sha256", "state", "format", "listed_on")}
    return JsonResponse(
        {"id": dump.pk, **fields, **counts}
        | {"skipped": dump.skipped, "notes": dump.notes, "error": dump.error}
    )


def _token(request: HttpRequest) -> PushToken:
    header = request.headers.get("Authorization", "")
    given = header[len(_SCHEME) :].strip() if header.lower().startswith(_SCHEME) else ""
    kept = token_hash(given)
    token = PushToken.objects.select_related("source").filter(sha256=kept, revoked=False).first()
    if not given or token is None or not hmac.compare_digest(token.sha256, kept):
        count_request(request, "failures")
        raise Refusal(
            HTTPStatus.UNAUTHORIZED,
            "A valid token is required: Authorization: Bearer TOKEN (manage.py sources "
            "--new-token).",
        )
    if not token.source.enabled:
        raise Refusal(HTTPStatus.FORBIDDEN, f"The source {token.source} is switched off.")
    count("pushes", token.sha256)
    return token


def _received(request: HttpRequest, token: PushToken, at: datetime) -> Dump:
    asked = {name: _asked(request, name) for name in ("name", "format", "listed_on")}
    listed_on = _day(asked["listed_on"])
    body = cast("IO[bytes]", _Body(request, settings.MAX_DUMP_BYTES))  # as far as it is read
    try:
        with large_body_slot(request):
            return receive(
                body,
                asked["name"] or f"{token.name} {at:%Y-%m-%d %H.%M}",
                format=asked["format"] or token.source.format,
                listed_on=listed_on,
                source=token.source,
                at=at,
            )
    except TooLarge as wrong:
        raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(wrong)) from wrong
    except CannotKeep as wrong:
        raise Refusal(HTTPStatus.INSUFFICIENT_STORAGE, str(wrong)) from wrong
    except ValueError as wrong:
        raise Refusal(HTTPStatus.BAD_REQUEST, str(wrong)) from wrong


class _Body(BoundedBody):
    """The bytes of a dump, streamed to disk."""

    def read(self, size: int) -> bytes:
        data = super().read(size)
        if not data and not self.size:
            raise Refusal(
                HTTPStatus.BAD_REQUEST, "The body is empty. Send the dump's bytes as the body."
            )
        return data


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        raise Refusal(HTTPStatus.BAD_REQUEST, "Write listed_on like 2026-11-20.") from None


def _asked(request: HttpRequest, name: str) -> str:
    """Return a parameter of the dump, from the query or from a header."""
    header = f"X-Dump-{name.replace('_', '-')}"
    return (request.GET.get(name) or request.headers.get(header) or "").strip()


def _refused(refusal: Refusal, method: str) -> JsonResponse:
    answer = JsonResponse({"error": str(refusal)}, status=refusal.status)
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        answer["WWW-Authenticate"] = 'Bearer realm="dumps"'
    if refusal.status == HTTPStatus.SERVICE_UNAVAILABLE:
        answer["Retry-After"] = str(RETRY_SECONDS)
    if refusal.status == HTTPStatus.METHOD_NOT_ALLOWED:
        answer["Allow"] = method
    return answer
