"""Signing up, and asking for a new link to the preferences."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from digest import tasks
from digest.limits.requests import count_request
from digest.web.notices import read_notice, redirect_with_notice, shows_notice
from digest.web.signed_pages import (
    allow_get_and_post,
)
from subscriptions import request_queue
from subscriptions.forms.addresses import LinkForm
from subscriptions.forms.sign_up import TEXT_LIMIT, SignupForm


@allow_get_and_post
@sensitive_post_parameters("email")
def subscribe(request: HttpRequest) -> HttpResponse:
    """Queue a sign-up. The answer does not tell whether, or how, the address is known.

    The box on a digest's page sends the address alone, with `begin`: the form asks for the rest.
    That of a search sends its keywords as well, with or without `begin`.
    """
    if "begin" in request.POST:
        typed = {
            "email": request.POST.get("email", "")[:320],
            "keywords": request.POST.get("keywords", "")[:TEXT_LIMIT],
        }
        form = SignupForm(initial=typed)
        return render(request, "subscriptions/subscribe.html", {"form": form})
    form = SignupForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "subscriptions/subscribe.html", {"form": form})
    if not form.is_from_bot:
        count_request(request, "letters")
        request_queue.queue_sign_up(
            form.cleaned_data["email"], form.sign_up_request(), at=timezone.now()
        )
        tasks.wake(tasks.take_requests)
    return redirect_with_notice(reverse("subscribe-sent"), email=form.cleaned_data["email"])


@require_safe
@shows_notice
def subscribe_sent(request: HttpRequest) -> HttpResponse:
    """Say that a sign-up was queued. Without the notice the page does not name the address."""
    return render(request, "subscriptions/asked.html", read_notice(request))


@allow_get_and_post
@sensitive_post_parameters("email")
def fresh_link(request: HttpRequest) -> HttpResponse:
    """Queue a new link to the preferences; the answer is the same for unknown addresses."""
    form = LinkForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "subscriptions/link.html", {"form": form})
    count_request(request, "letters")
    request_queue.queue_preferences_link(form.cleaned_data["email"], at=timezone.now())
    tasks.wake(tasks.take_requests)
    return redirect_with_notice(reverse("fresh-link-sent"), email=form.cleaned_data["email"])


@require_safe
@shows_notice
def fresh_link_sent(request: HttpRequest) -> HttpResponse:
    """Say that a link was queued. Without the notice the page does not name the address."""
    return render(request, "subscriptions/link_sent.html", read_notice(request))
