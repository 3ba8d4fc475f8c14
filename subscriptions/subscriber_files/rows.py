"""One row of an imported file, by the rules of the sign-up form."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from digest.matching.query import distinct_keywords, split_list
from subscriptions.forms.addresses import MailboxField
from subscriptions.forms.schedule_fields import ScheduleForm
from subscriptions.forms.sign_up import TEXT_LIMIT, check_keywords
from subscriptions.models import TRENDING_LIMIT, TRENDING_USUAL, Subscriber
from subscriptions.schedule import Frequency
from subscriptions.sign_up_request import SignUpRequest, defaults

LONGEST_REASON = 300
_DAYS = {day.label.lower(): str(day.value) for day in Subscriber.Weekday}
_FIELDS = {"time": "send_at", "day": "weekly_on"}  # columns with another name than their field
_COLUMNS = {field: column for column, field in _FIELDS.items()}


class InvalidRow(ValueError):
    """The row is refused; the message says why, without the address."""


class RowForm(ScheduleForm):
    """The cells of a row; an empty one means what it means in the sign-up form."""

    email = MailboxField(error_messages={"required": "The address is missing."})
    keywords = forms.CharField(required=False, max_length=TEXT_LIMIT)
    trending = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=TRENDING_LIMIT,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"),
            f"“trending” is a number from 0 to {TRENDING_LIMIT}.",
        ),
    )

    def clean(self) -> dict[str, object]:
        """Check the keywords; without any, choose trending papers."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        texts = split_list(cleaned.get("keywords", ""))
        if cleaned.get("trending") is None:
            cleaned["trending"] = 0 if texts else TRENDING_USUAL
        try:
            check_keywords(texts, with_trending=bool(cleaned["trending"]))
        except ValidationError as wrong:
            self.add_error("keywords", wrong)
        cleaned["texts"] = tuple(distinct_keywords(texts))
        return cleaned


def read_row(cells: Mapping[str, str]) -> tuple[str, SignUpRequest]:
    """Return the address and what it is signed up for. Raises InvalidRow."""
    values = {_FIELDS.get(column, column): text for column, text in cells.items()}
    values["frequency"] = values.get("frequency", "").lower()
    day = values.get("weekly_on", "").lower()
    values["weekly_on"] = _DAYS.get(day, day)
    form = RowForm(values)
    if not form.is_valid():
        raise InvalidRow(_reason(form))
    cleaned, usual = form.cleaned_data, defaults()
    return cleaned["email"], SignUpRequest(
        keywords=cleaned["texts"],
        timezone=cleaned["timezone"],
        send_at=cleaned["send_at"] or usual.send_at,
        frequency=cleaned["frequency"] or Frequency.DAILY,
        weekly_on=cleaned["weekly_on"] or 0,
        trending_top=cleaned["trending"],
    )


def _reason(form: RowForm) -> str:
    """Return the first fault: its column and a sentence. An address is not repeated."""
    name, faults = next(iter(form.errors.as_data().items()))
    sentence = " ".join(faults[0].messages)
    if name == "email" and (faults[0].params or {}).get("offered"):
        sentence = "This is not a valid e-mail address."
    elif name == "frequency":
        sentence = f"Write one of {', '.join(Frequency)}."
    return f"{_COLUMNS.get(name, name)}: {sentence}"[:LONGEST_REASON]
