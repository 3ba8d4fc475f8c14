"""The forms of the account page."""

from django import forms

from .addresses import EmailForm, email_field


class NewAddressForm(EmailForm):
    """The address that digests are to go to."""

    email = email_field(
        label="New e-mail address",
        help_text="We’ll e-mail this address a link to confirm. Your keywords, settings and "
        "history stay as they are.",
    )


class DeleteForm(forms.Form):
    """The confirmation that everything is to be deleted."""

    sure = forms.BooleanField(
        label="Yes, delete everything",
        error_messages={"required": "Tick this box to delete everything."},
    )
