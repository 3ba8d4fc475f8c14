"""The form field of an e-mail address, and the form with that field alone."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from digest.mail.mailboxes import AddressError, read_address


class MailboxField(forms.CharField):
    """An e-mail address, typed or pasted. `public`: only with a domain name; by default on a site
    that others can reach. `kept` is the stored address, which need not follow the rules;
    with `allow_non_ascii` it takes letters beyond ASCII before the @, as sign-ups did before."""

    widget = forms.EmailInput

    def __init__(self, *, public: bool | None = None, max_length: int = 320, **named: Any) -> None:
        super().__init__(max_length=max_length, **named)
        self.public, self.kept, self.allow_non_ascii = public, "", False

    def clean(self, value: Any) -> str:
        """Raises a ValidationError whose `params` hold the address that was probably `offered`."""
        typed = super().clean(value)
        if typed == self.kept:
            return typed
        public = settings.PUBLIC_SITE if self.public is None else self.public
        try:
            return read_address(typed, public=public, allow_non_ascii=self.allow_non_ascii)
        except AddressError as wrong:
            raise ValidationError(str(wrong), "invalid", {"offered": wrong.suggestion}) from wrong


class EmailForm(forms.Form):
    """One e-mail address."""

    email = MailboxField(
        label="E-mail",
        error_messages={"required": "Enter your e-mail address."},
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        """Fill in the address that was probably meant: it is never taken unseen."""
        cleaned = super().clean() or self.cleaned_data
        for wrong in self.errors.as_data().get("email", ()):
            if offered := (wrong.params or {}).get("offered"):
                self.data = {name: self.data[name] for name in self.data} | {"email": offered}
        return cleaned


class LinkForm(EmailForm):
    """The address of somebody who has signed up, perhaps when more addresses were taken."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        email = self.fields["email"]
        assert isinstance(email, MailboxField)
        email.allow_non_ascii = True
