"""Changes of a subscriber's profile, from its section of the preferences."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.timezone import now

from digest.web.notices import redirect_with_notice
from digest.web.signed_pages import allow_get_and_post, for_signed_row, request_token
from subscriptions.links import Purpose
from subscriptions.models import Subscriber
from subscriptions.profiles import changes


@allow_get_and_post
@for_signed_row(Purpose.PREFERENCES, Subscriber)
def profile(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Remove or restore a learnt term, forget all of them or the library, or switch learning on or
    off."""
    url = f"{reverse('preferences', args=[request_token(request)])}#profile"
    if request.method != "POST":
        return redirect_with_notice(url)
    return redirect_with_notice(url, **_changed(request, subscriber))


def _changed(request: HttpRequest, subscriber: Subscriber) -> dict[str, str]:
    """Carry out what was posted; return the notice, {} if that was nothing to be done."""
    posted = request.POST
    if term := changes.remove(subscriber, posted["remove"]) if "remove" in posted else None:
        return {"profile": "removed", "text": term.spelling, "term": term.term}
    if term := changes.restore(subscriber, posted["restore"]) if "restore" in posted else None:
        return {"profile": "restored", "text": term.spelling}
    match posted.get("do"):
        case "forget":
            changes.forget(subscriber, now())
            return {"profile": "forgotten"}
        case "forget-library" if changes.forget_library(subscriber, now()):
            return {"profile": "library-forgotten"}
        case "restore-library" if changes.restore_library(subscriber):
            return {"profile": "library-restored"}
        case "on":
            changes.switch_on(subscriber)
            return {"profile": "on"}
        case "off":
            changes.switch_off(subscriber)
            return {"profile": "off"}
        case _:
            return {}
