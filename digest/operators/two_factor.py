"""Two-factor authentication: a code from an app, for operators who set one up (TOTP, RFC 6238).

An operator who lost the app logs in with a one-time code of `manage.py addstatictoken USER`.
"""

from base64 import b32encode
from typing import Any

import segno
from django import forms
from django.contrib import messages
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.signals import user_login_failed
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django_otp import devices_for_user, login
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from digest.operators.audit_log import log_act
from digest.operators.read_log import operator_of

PAGE = "admin:two-factor"
WRONG = "This code is wrong or has already been used. Wait for the next one."
_DIGITS = 6


class LogInForm(AdminAuthenticationForm):
    otp_token = forms.CharField(
        required=False,
        max_length=32,
        label="Code",
        help_text="From your authenticator app, if you have set one up.",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}),
    )

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or self.cleaned_data
        user: Any = self.get_user()  # with the attribute that django_otp's middleware reads
        if user is not None and has_device(user):
            user.otp_device = self._device(user, cleaned.get("otp_token", ""))
        return cleaned

    def _device(self, user: User, code: str) -> Device:
        """Return the device of the code. A wrong code counts like a wrong password."""
        if not code:
            raise forms.ValidationError("Enter your password again, and the code from your app.")
        if device := verify_code(user, code):
            return device
        credentials = {"username": user.get_username()}
        user_login_failed.send(sender=__name__, credentials=credentials, request=self.request)
        raise forms.ValidationError(WRONG)


def has_device(user: User | AnonymousUser) -> bool:
    return bool(TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).exists())


def lacks_code(user: Any) -> bool:  # `is_verified` comes from django_otp's middleware
    """Whether the user has set up an app and logged in by password alone."""
    return not user.is_verified() and has_device(user)


def verify_code(user: User, code: str) -> Device | None:
    """Use up a code; return the device it belongs to, or None.

    Only devices of the code's kind are tried: each failure makes a device wait longer.
    """
    code = code.replace(" ", "")
    kind = TOTPDevice if code.isdecimal() and len(code) == _DIGITS else StaticDevice
    with transaction.atomic():
        for device in devices_for_user(user, for_verify=True):
            if isinstance(device, kind) and device.verify_token(code):
                return device
    return None


def page(request: HttpRequest, context: dict[str, object]) -> HttpResponse:
    """The page to set up an app for the operator's own account, or to remove it."""
    user = operator_of(request)
    if request.method == "POST":
        return _changed(request, user)
    device = TOTPDevice.objects.filter(user=user).order_by("-confirmed", "-pk").first()
    context |= {"title": "Two-step log-in", "device": device}
    if device and not device.confirmed:
        code = segno.make(device.config_url, error="m")
        context["picture"] = code.svg_data_uri(scale=5, light="#fff")
        context["secret"] = _in_fours(device)
    return TemplateResponse(request, "admin/two_factor/page.html", context)


def _changed(request: HttpRequest, user: User) -> HttpResponse:
    if "begin" in request.POST and not has_device(user):
        TOTPDevice.objects.filter(user=user).delete()
        TOTPDevice.objects.create(user=user, name="app", confirmed=False)
    elif "confirm" in request.POST:
        _confirm(request, user, request.POST.get("code", ""))
    elif "remove" in request.POST:
        _remove(request, user, request.POST.get("code", ""))
    return redirect(PAGE)


def _confirm(request: HttpRequest, user: User, code: str) -> None:
    """Confirm a new app by a code."""
    device = TOTPDevice.objects.filter(user=user, confirmed=False).first()
    if device is None:
        return
    if not device.verify_token(code.replace(" ", "")):
        messages.error(request, WRONG)
        return
    TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
    login(request, device)
    log_act(user, "Two-step log-in: turned on.", user)
    messages.success(request, "From now on, you need a code to log in.")


def _remove(request: HttpRequest, user: User, code: str) -> None:
    """Remove the app; this takes a code too."""
    if not verify_code(user, code):
        messages.error(request, WRONG)
        return
    TOTPDevice.objects.filter(user=user).delete()
    log_act(user, "Two-step log-in: turned off.", user)
    messages.success(request, "You no longer need a code to log in.")


def _in_fours(device: TOTPDevice) -> str:
    """Return the secret in groups of four, to type it into an app."""
    text = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))
