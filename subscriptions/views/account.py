"""The account: change of address, export and deletion, with a link that was mailed just now."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from digest import tasks
from digest.limits.requests import count_request
from digest.personal_data.erase import erase_subscriber
from digest.personal_data.export import as_json, export
from digest.web.notices import read_notice, redirect_with_notice, shows_notice
from digest.web.signed_pages import (
    allow_get_and_post,
    for_signed_row,
    for_signed_text,
    request_token,
)
from subscriptions.account import account_links, address_changes
from subscriptions.account.account_links import AccountLink
from subscriptions.account.address_changes import NotChanged, Obstacle
from subscriptions.forms.account import DeleteForm, NewAddressForm
from subscriptions.links import Purpose
from subscriptions.models import Subscriber

EXPORT_NAME = "paper-digest.json"
_HAS_DIGESTS = (
    Subscriber.Status.ACTIVE,
    Subscriber.Status.PAUSED,
    Subscriber.Status.BOUNCING,
)
_SENTENCES = {
    Obstacle.SAME_MAILBOX: "Your digest already goes to this address.",
    Obstacle.TOO_MANY: (
        f"You have asked for {address_changes.CHANGES_IN_30_DAYS} changes in 30 days, which is the "
        "limit. Try again later."
    ),
}


@allow_get_and_post
@shows_notice
@for_signed_row(Purpose.PREFERENCES, Subscriber)
def ask(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Mail an account link. The answer is the same whether a limit is reached or not."""
    if request.method == "POST":
        return _mail_link(request, subscriber)
    context = {
        "subscriber": subscriber,
        "token": request_token(request),
        "here": "preferences-account",
        "was_asked": "asked" in read_notice(request),
        "was_sent_lately": account_links.was_sent_lately(subscriber, at=timezone.now()),
    }
    return render(request, "subscriptions/account_link.html", context)


@allow_get_and_post
@sensitive_post_parameters("email")
@shows_notice
@for_signed_text(Purpose.ACCOUNT, AccountLink.read, lambda link: link.subscriber)
def account(request: HttpRequest, link: AccountLink) -> HttpResponse:
    """Show the three actions; the first that is posted uses the link up."""
    action = request.POST.get("do") if request.method == "POST" else ""
    if action == "link":
        return _mail_link(request, link.subscriber)
    if action == "address":
        return _change_address(request, link)
    if action == "export":
        return _export(request, link)
    if action == "delete":
        return _delete(request, link)
    return _page(request, link)


def deleted(request: HttpRequest) -> HttpResponse:
    """Say that everything was deleted. It is the same page for everybody."""
    return render(request, "subscriptions/deleted.html", {"backup_days": settings.BACKUP_DAYS})


def _mail_link(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    count_request(request, "letters")
    account_links.send_account_link(subscriber, at=timezone.now())
    tasks.wake(tasks.drain)
    return redirect_with_notice(request.path, asked="link")


def _page(
    request: HttpRequest,
    link: AccountLink,
    address_form: NewAddressForm | None = None,
    delete_form: DeleteForm | None = None,
) -> HttpResponse:
    person = link.subscriber
    if link.is_used:
        return _used_page(request, person)
    context = {
        "subscriber": person,
        "has_digests": person.status in _HAS_DIGESTS,
        "address_form": address_form or NewAddressForm(),
        "delete_form": delete_form or DeleteForm(),
    }
    return render(request, "subscriptions/account.html", context)


def _used_page(request: HttpRequest, person: Subscriber) -> HttpResponse:
    at = timezone.now()
    context = {
        "notice": read_notice(request),
        "was_sent_lately": account_links.was_sent_lately(person, at=at),
        "is_changing": person.address_changes.filter(
            confirmed_at=None, undone_at=None, requested_at__gt=at - timedelta(days=7)
        ).exists(),
    }
    return render(request, "subscriptions/account_used.html", context)


def _change_address(request: HttpRequest, link: AccountLink) -> HttpResponse:
    form = NewAddressForm(request.POST)
    if link.is_used or link.subscriber.status not in _HAS_DIGESTS or not form.is_valid():
        return _page(request, link, address_form=form)
    count_request(request, "letters")
    email = form.cleaned_data["email"]
    try:
        address_changes.request_change(link, email, at=timezone.now())
    except NotChanged as refused:
        if refused.obstacle == Obstacle.LINK_USED:
            link.subscriber.refresh_from_db()
        else:
            form.add_error("email", _SENTENCES[refused.obstacle])
        return _page(request, link, address_form=form)
    tasks.wake(tasks.drain)
    return redirect_with_notice(request.path, email=email)


def _export(request: HttpRequest, link: AccountLink) -> HttpResponse:
    if not link.use():
        link.subscriber.refresh_from_db()
        return _page(request, link)
    response = HttpResponse(as_json(export(link.subscriber)), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{EXPORT_NAME}"'
    return response


def _delete(request: HttpRequest, link: AccountLink) -> HttpResponse:
    form = DeleteForm(request.POST)
    if not form.is_valid():
        return _page(request, link, delete_form=form)
    at = timezone.now()
    if not link.use_to_leave(at=at):
        link.subscriber.refresh_from_db()
        return _page(request, link)
    erase_subscriber(link.subscriber, at)
    tasks.wake(tasks.erase)
    return redirect("account-deleted")
