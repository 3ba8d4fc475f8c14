"""Changes of address: confirmed by the new address, and undone from the former one."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from digest import tasks
from digest.mail.mailboxes import masked_address
from digest.web.signed_pages import allow_get_and_post, for_signed_text, request_token
from subscriptions.account import address_changes
from subscriptions.account.address_changes import NotChanged
from subscriptions.links import Purpose
from subscriptions.models import AddressChange


def _found(named: str) -> AddressChange:
    return AddressChange.objects.select_related("subscriber").get(pk=int(named))


@allow_get_and_post
@for_signed_text(
    Purpose.NEW_ADDRESS, _found, lambda change: change.subscriber, ends_with_address=False
)
def confirm(request: HttpRequest, change: AddressChange) -> HttpResponse:
    """Show the change to the owner of the new address; on POST confirm it, once."""
    status = 200
    if request.method == "POST":
        try:
            address_changes.confirm_change(change, at=timezone.now())
            tasks.wake(tasks.drain)
            return redirect("new-address", request_token(request))
        except NotChanged:
            change, status = _found(str(change.pk)), 409
    context = {
        "change": change,
        "former": masked_address(change.former_email),
        "obstacle": address_changes.obstacle_to_confirm(change),
        "is_here": change.subscriber.email_key == change.email_key,
        "drops_sign_up": address_changes.has_unconfirmed_sign_up(change),
    }
    return render(request, "subscriptions/new_address.html", context, status=status)


@allow_get_and_post
@for_signed_text(
    Purpose.UNDO_ADDRESS, _found, lambda change: change.subscriber, ends_with_address=False
)
def undo(request: HttpRequest, change: AddressChange) -> HttpResponse:
    """Show the change to the owner of the former address; on POST undo it, once."""
    status = 200
    if request.method == "POST":
        try:
            address_changes.undo_change(change, at=timezone.now())
            return redirect("undo-address", request_token(request))
        except NotChanged:
            change, status = _found(str(change.pk)), 409
    context = {
        "change": change,
        "new": masked_address(change.email),
        "obstacle": address_changes.obstacle_to_undo(change),
        "is_here": change.subscriber.email_key == change.former_email_key,
    }
    return render(request, "subscriptions/undo_address.html", context, status=status)
