"""The form of a pause until a date."""

from datetime import date, datetime
from typing import Self

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.formats import date_format

from subscriptions.models import Subscriber
from subscriptions.pause_days import PauseDays, pause_days

_WRITTEN = "Choose a day, or write it like {}."


class PauseForm(forms.Form):
    """The day on which a subscriber's digests start again."""

    until = forms.DateField(
        label="Until",
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    days: PauseDays

    @classmethod
    def of(cls, subscriber: Subscriber, at: datetime, data: QueryDict | None = None) -> Self:
        """Return the form with the days to choose from, bound to `data` if given.

        The usual day is filled in, or the end of the pause in force.
        """
        days, until = pause_days(subscriber, at), None
        if subscriber.status == Subscriber.Status.PAUSED and subscriber.paused_until:
            until = subscriber.paused_until.astimezone(subscriber.zone).date()
        is_open = until is not None and days.first <= until <= days.last
        form = cls(data, initial={"until": until if is_open else days.usual}, auto_id="pause-%s")
        form.days = days
        field = form.fields["until"]
        field.widget.attrs |= {"min": days.first.isoformat(), "max": days.last.isoformat()}
        message = _WRITTEN.format(days.usual.isoformat())
        field.error_messages |= {"required": message, "invalid": message}
        return form

    def clean_until(self) -> date:
        day: date = self.cleaned_data["until"]
        if self.days.first <= day <= self.days.last:
            return day
        first, last = (date_format(each, "j F Y") for each in (self.days.first, self.days.last))
        raise ValidationError(f"Choose a day from {first} to {last}.")
