"""The form field of an e-mail address, and the forms with that field alone."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from digest.mail.mailboxes import AddressError, read_address


class MailboxField(forms.CharField):
    """An e-mail address, typed or pasted.

    `public`: accept only addresses with a domain name; by default on a site that others can reach.
    `allow_non_ascii`: accept letters beyond ASCII before the @, as sign-ups did in the past.
    `kept`: the stored address, accepted whether or not it follows the rules.
    """

    widget = forms.EmailInput

    def __init__(
        self,
        *,
        public: bool | None = None,
        allow_non_ascii: bool = False,
        max_length: int = 320,
        **named: Any,  # CharField's
    ) -> None:
        super().__init__(max_length=max_length, **named)
        self.public, self.allow_non_ascii, self.kept = public, allow_non_ascii, ""

    def clean(self, value: object) -> str:
        """Return the tidied address.

        Raises ValidationError; its `params` hold the address that was probably meant, as `offered`.
        """
        typed = str(super().clean(value))
        if typed == self.kept:
            return typed
        public = settings.PUBLIC_SITE if self.public is None else self.public
        try:
            return read_address(typed, public=public, allow_non_ascii=self.allow_non_ascii)
        except AddressError as wrong:
            raise ValidationError(str(wrong), "invalid", {"offered": wrong.suggestion}) from wrong


def email_field(
    *, label: str = "E-mail", help_text: str = "", allow_non_ascii: bool = False
) -> MailboxField:
    """The field of an e-mail address of somebody who gets mail, or wants to."""
    return MailboxField(
        label=label,
        help_text=help_text,
        allow_non_ascii=allow_non_ascii,
        error_messages={"required": "Enter your e-mail address."},
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )


class EmailForm(forms.Form):
    """One e-mail address."""

    email = email_field()

    def clean(self) -> dict[str, object]:
        """Fill in the address that was probably meant, to be sent again by the visitor."""
        cleaned = super().clean() or self.cleaned_data
        for wrong in self.errors.as_data().get("email", ()):
            if offered := (wrong.params or {}).get("offered"):
                self.data = {name: self.data[name] for name in self.data} | {"email": offered}
        return cleaned


class LinkForm(EmailForm):
    """The address of a subscriber, who may have signed up when more addresses were accepted."""

    email = email_field(allow_non_ascii=True)
