"""The form of a source."""

import re
from collections.abc import Collection

from django import forms
from django.conf import settings

from digest.ingest.formats import AUTO, FORMATS
from digest.models import Source
from digest.operators.generic_classes import ModelForm

Kind = Source.Kind
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WHERE: dict[str, dict[str, str]] = {
    Kind.URL: {"url": "Enter the address, starting with https://."},
    Kind.FOLDER: {"folder": "Enter the folder’s full path, like /srv/papers."},
    Kind.MAILBOX: {
        "mail_host": "Enter the server’s name, like imap.example.org.",
        "mail_user": "Enter the user name.",
        "password_variable": "Enter the name of the environment variable that holds the password.",
    },
    Kind.PUSH: {},
}
# What services call their keys.
_KEY_IN_ADDRESS = re.compile(r"(?i)[?&]((?:x-)?api[_-]?key|access[_-]?token)=[^&{]")


class WeekdaysField(forms.TypedMultipleChoiceField):
    """Days of the week as one number: bit 0 is Monday."""

    def __init__(
        self, *, required: bool = True, label: str | None = None, help_text: str = ""
    ) -> None:
        choices = [(1 << number, name) for number, name in enumerate(DAYS)]
        super().__init__(
            choices=choices,
            coerce=int,
            widget=forms.CheckboxSelectMultiple,
            required=required,
            label=label,
            help_text=help_text,
        )

    def prepare_value(self, value: object) -> object:
        return _bits(value) if isinstance(value, int) else value

    def clean(self, value: object) -> int:
        return sum(super().clean(value))

    def has_changed(
        self, initial: int | Collection[object] | None, data: Collection[object] | None
    ) -> bool:
        return super().has_changed(_bits(initial) if isinstance(initial, int) else initial, data)


def _bits(value: int) -> list[int]:
    """The choices that a stored number is the sum of."""
    return [1 << number for number in range(7) if value >> number & 1]


class SourceForm(ModelForm[Source]):
    format = forms.ChoiceField(choices=[(name, name) for name in (AUTO, *FORMATS)])
    weekdays = WeekdaysField(help_text="For a source that is fetched once a day.")
    expected_on = WeekdaysField(
        required=False,
        label="Papers are expected on",
        help_text="After two such days without papers, it is reported as quiet.",
    )

    class Meta:
        model = Source
        fields = (
            "name", "kind", "enabled", "url", "list_path", "cursor_path", "key_variable",
            "key_place", "folder", "mail_host", "mail_port", "mail_user",
            "mail_folder", "password_variable", "allow_private", "contact", "format", "intent",
            "every_minutes", "daily_at", "weekdays", "expected_on", "covered_through",
        )  # fmt: skip
        widgets = {
            name: forms.TextInput(attrs={"class": "vLargeTextField"})
            for name in ("name", "url", "folder")
        }

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or self.cleaned_data
        kind = cleaned.get("kind")
        for name, cure in WHERE.get(str(kind), {}).items():
            if not (cleaned.get(name) or name in self.errors):
                self.add_error(name, cure)
        if kind != Kind.PUSH:
            self._check_schedule(cleaned.get("every_minutes"), cleaned.get("daily_at"))
        if kind == Kind.FOLDER and (fault := folder_fault(cleaned.get("folder") or "/")):
            self.add_error("folder", fault)
        if cleaned.get("key_variable") and not (cleaned.get("key_place") or self.errors):
            self.add_error(
                "key_place", "Enter where the service expects its key, like query:api_key."
            )
        return cleaned

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"]).strip()
        if url and not url.startswith(("https://", "http://")):
            raise forms.ValidationError("Enter the address, starting with https:// (or http://).")
        if found := _KEY_IN_ADDRESS.search(url):
            raise forms.ValidationError(
                f"Remove “{found[1]}”: anybody who sees this page would see the key. Put the key "
                "into the server’s environment and enter the variable’s name below."
            )
        return url

    def clean_daily_at(self) -> int | None:
        hour: int | None = self.cleaned_data["daily_at"]
        if hour is not None and hour > 23:
            raise forms.ValidationError("Enter an hour from 0 to 23.")
        return hour

    def _check_schedule(self, minutes: int | None, hour: int | None) -> None:
        if (minutes is None) == (hour is None):
            self.add_error(
                "every_minutes", "Enter either a number of minutes or an hour of the day."
            )
        elif minutes is not None and minutes < 5:
            self.add_error("every_minutes", "Enter 5 or more.")


def folder_fault(folder: str) -> str:
    """Return why the folder cannot be watched, or "" if it can: files in it are moved."""
    if not folder.startswith("/") or ".." in folder.split("/") or folder.strip("/") == "":
        return "Enter the folder’s full path, like /srv/papers."
    data = str(settings.DATA_DIR)
    inside = f"{folder.rstrip('/')}/".startswith(f"{data}/")
    if inside or f"{data}/".startswith(f"{folder.rstrip('/')}/"):
        return f"Paper Digest keeps its own files in {data}. Choose another folder."
    return ""
