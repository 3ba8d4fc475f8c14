"""The form of the delivery settings on the preferences."""

from datetime import time
from typing import Any, Self

from django import forms
from django.http import QueryDict

from subscriptions.models import TRENDING_LIMIT, Subscriber
from subscriptions.zones import city_of_zone, zone_label

from .schedule_fields import ScheduleForm, ZoneField, one_message

PAPERS_LIMIT = 100
TRENDING_WANTED = f"Enter a number from 0 to {TRENDING_LIMIT}."

LENGTHS = {
    Subscriber.Abstracts.BRIEF.value: "Brief",
    Subscriber.Abstracts.SHORT.value: "An excerpt of each paper",
    Subscriber.Abstracts.FULL.value: "Full abstracts",
    Subscriber.Abstracts.NONE.value: "Titles only",
}


class PreferencesForm(ScheduleForm):
    """When a subscriber's mails are sent, and what they contain."""

    abstracts = forms.ChoiceField(
        label="Length",
        choices=list(LENGTHS.items()),
        help_text="Brief: six excerpts, then titles.",
        error_messages=one_message("Choose one of the four."),
    )
    max_papers = forms.IntegerField(
        label="Papers per e-mail",
        min_value=1,
        max_value=PAPERS_LIMIT,
        help_text="1 to 100. The rest are on the web page.",
        error_messages=one_message(f"Enter a number from 1 to {PAPERS_LIMIT}."),
    )
    trending_top = forms.IntegerField(
        label="Trending papers per e-mail",
        min_value=0,
        max_value=TRENDING_LIMIT,
        help_text=f"0 to {TRENDING_LIMIT}; 0 for none.",
        error_messages=one_message(TRENDING_WANTED),
    )
    quiet_after = forms.TypedChoiceField(
        label="Tell me when nothing matches",
        choices=[(value, label.capitalize()) for value, label in Subscriber.QuietAfter.choices],
        coerce=int,
        help_text="A short note so you know it still works.",
        error_messages=one_message("Choose one of the four."),
    )
    follow_ups = forms.BooleanField(
        label="Send follow-ups on papers I was sent",
        required=False,
    )
    neighbours = forms.BooleanField(
        label="Also include up to three related papers that don’t match my keywords",
        required=False,
    )
    text_only = forms.BooleanField(label="Plain text only, no HTML", required=False)

    @classmethod
    def of(cls, subscriber: Subscriber, data: QueryDict | None = None) -> Self:
        """Return the form with the subscriber's values as initial, bound to `data` if given."""
        columns = cls.base_fields.keys() - {"text_only"}
        initial: dict[str, object] = {name: getattr(subscriber, name) for name in columns}
        initial["text_only"] = subscriber.body_format == Subscriber.BodyFormat.TEXT
        return cls(data, initial=initial)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ScheduleForm.base_fields:
            self.fields[name].required = True
        zone = self.fields["timezone"]
        assert isinstance(zone, ZoneField)
        zone.kept = self.initial["timezone"]

    def current_value(self, name: str) -> str:
        """Return a stored value in words."""
        value, field = self.initial[name], self.fields[name]
        if isinstance(field, forms.ChoiceField):
            return str(dict(field.choices)[value])  # type: ignore[arg-type]
        if isinstance(value, time):
            return value.isoformat("minutes")
        if isinstance(field, ZoneField):
            return city_of_zone(value) or zone_label(value)
        return ("yes" if value else "no") if isinstance(value, bool) else str(value)

    def changed_columns(self) -> dict[str, object]:
        """Return the columns that the valid form changes, with their new values."""
        changed = {name: self.cleaned_data[name] for name in self.changed_data}
        if "text_only" in changed:
            text = Subscriber.BodyFormat.TEXT if changed.pop("text_only") else None
            changed["body_format"] = text or Subscriber.BodyFormat.BOTH
        return changed
