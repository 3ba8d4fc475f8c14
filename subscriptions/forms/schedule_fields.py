"""The fields of a form that say when digests come."""

from django import forms
from django.core.exceptions import ValidationError
from django.templatetags.static import static
from django.utils.functional import lazy

from subscriptions.models import Subscriber
from subscriptions.schedule import Frequency
from subscriptions.sign_up_request import defaults
from subscriptions.zones import parse_zone, zone_label

FREQUENCIES = {
    Frequency.DAILY: "Every day",
    Frequency.WEEKDAYS: "Monday to Friday",
    Frequency.WEEKLY: "Once a week",
}


_CITIES = lazy(static, str)("digest/cities.json")


def one_message(sentence: str) -> dict[str, str]:
    """Error messages of a field that says the same sentence for every error."""
    faults = ("required", "invalid", "invalid_choice", "min_value", "max_value")
    return dict.fromkeys(faults, sentence)


class ZoneField(forms.CharField):
    """A time zone in any spelling of `parse_zone`; empty means the site's own.

    `kept`: the stored zone, accepted even if it is not valid any more.
    """

    kept = ""

    def clean(self, value: object) -> str:
        text = str(super().clean(value))
        try:
            return self._named(text) if text else defaults().timezone
        except ValueError as wrong:
            raise ValidationError(str(wrong)) from wrong

    def prepare_value(self, value: object) -> object:
        return zone_label(value) if isinstance(value, str) else value

    def has_changed(self, initial: object, data: object) -> bool:
        try:
            return self._named(str(initial or "")) != self._named(str(data or ""))
        except ValueError:
            return super().has_changed(initial, data)

    def _named(self, text: str) -> str:
        return text if text in ("", self.kept) else parse_zone(text)


class ScheduleForm(forms.Form):
    """When digests are sent."""

    timezone = ZoneField(
        label="Time zone",
        required=False,
        help_text="A city, like Berlin, or an offset, like UTC+2.",
        error_messages={"required": "Enter a city, like Berlin."},
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "spellcheck": "false",
                "data-zones": "",
                "data-cities": _CITIES,
            }
        ),
    )
    send_at = forms.TimeField(
        label="Delivery time",
        required=False,
        help_text="In that time zone.",
        input_formats=["%H:%M", "%H:%M:%S"],
        error_messages=one_message("Enter a time like 07:00."),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    frequency = forms.ChoiceField(
        label="How often",
        required=False,
        choices=[(each.value, label) for each, label in FREQUENCIES.items()],
        error_messages=one_message("Choose one of the three."),
    )
    weekly_on = forms.TypedChoiceField(
        label="Day",
        required=False,
        choices=Subscriber.Weekday.choices,
        coerce=int,
        error_messages=one_message("Choose a day of the week."),
    )
