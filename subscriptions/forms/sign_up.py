"""The sign-up and the preferences forms. They accept exactly what the matcher can run."""

from collections.abc import Sequence
from datetime import time
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.http import QueryDict

from digest.matching.query import (
    MAX_KEYWORD_LENGTH,
    MAX_KEYWORDS,
    KeywordError,
    parse,
    parse_list,
    split_list,
)
from subscriptions.models import TRENDING_LIMIT, TRENDING_USUAL, Subscriber
from subscriptions.schedule import Frequency
from subscriptions.signup import SignUpRequest, defaults
from subscriptions.zones import parse_zone, zone_label

from .addresses import EmailForm

TEXT_LIMIT = MAX_KEYWORDS * (MAX_KEYWORD_LENGTH + 10)  # characters
MESSAGES_SHOWN = 5
PAPERS_LIMIT = 100
TRENDING_WANTED = f"Between 0 and {TRENDING_LIMIT} papers, please."
EXCLUDES_ONLY = (
    "These keywords only leave papers out. Add one that papers should match, or choose Trending "
    "papers."
)
ASKS_NOTHING = "There is no keyword. Add one, or choose Trending papers."
FREQUENCIES = {
    Frequency.DAILY: "Every day",
    Frequency.WEEKDAYS: "Monday to Friday",
    Frequency.WEEKLY: "Once a week",
}


def _one_message(sentence: str) -> dict[str, str]:
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


def check_keywords(texts: Sequence[str], *, with_trending: bool) -> None:
    """Check a list of keywords.

    Raises ValidationError with a sentence for each invalid keyword, or for a list that selects no
    papers unless trending papers are sent (`with_trending`).
    """
    wrong = [message for text in texts if (message := _fault(text))]
    if wrong:
        raise ValidationError(wrong[:MESSAGES_SHOWN])
    try:
        keywords = parse_list(texts, allow_empty=True)
    except KeywordError as refused:
        raise ValidationError(refused.message) from refused
    if not with_trending and all(keyword.excludes for keyword in keywords):
        raise ValidationError(EXCLUDES_ONLY if keywords else ASKS_NOTHING)


def _fault(text: str) -> str:
    try:
        parse(text)
    except KeywordError as wrong:
        shown = text if len(text) <= 60 else f"{text[:60]}…"
        return f"“{shown}”: {wrong.message}"
    return ""


class ScheduleForm(forms.Form):
    """When digests are sent."""

    timezone = ZoneField(
        label="Time zone",
        required=False,
        help_text="Like Europe/Berlin, or UTC+2.",
        error_messages={"required": "Write the time zone like Europe/Berlin."},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "data-zones": ""}
        ),
    )
    send_at = forms.TimeField(
        label="Hour",
        required=False,
        help_text="When the digest comes, your time.",
        input_formats=["%H:%M", "%H:%M:%S"],
        error_messages=_one_message("Write the hour like 07:00."),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    frequency = forms.ChoiceField(
        label="How often",
        required=False,
        choices=[(each.value, label) for each, label in FREQUENCIES.items()],
        error_messages=_one_message("Choose one of the three."),
    )
    weekly_on = forms.TypedChoiceField(
        label="On",
        required=False,
        choices=Subscriber.Weekday.choices,
        coerce=int,
        error_messages=_one_message("Choose a day of the week."),
    )


class SignupForm(EmailForm, ScheduleForm):
    """The form on the first page. Without keywords the subscriber gets trending papers."""

    keywords = forms.CharField(
        label="Keywords (optional)",
        required=False,
        help_text=(
            "Leave this empty to get the day’s trending papers. Otherwise one per line, or "
            "separated by commas. Plain words and phrases work; AND, OR, NOT, “exact words”, "
            "title: and author: do too."
        ),
        validators=[
            MaxLengthValidator(
                TEXT_LIMIT,
                f"This is more text than {MAX_KEYWORDS} keywords can hold. Please shorten it.",
            )
        ],
        widget=forms.Textarea(
            attrs={
                "rows": 4,
                "spellcheck": "false",
                "autocapitalize": "off",
                "placeholder": "diffusion model\nretrieval augmented generation\nspeech -music",
            }
        ),
    )
    trending = forms.BooleanField(
        label="Trending papers",
        required=False,
        help_text=(
            f"The {TRENDING_USUAL} most popular papers of the day, in addition to your keywords. "
            "Without keywords you get them anyway."
        ),
    )
    # A honeypot: people do not see this field, programs fill it in.
    reason = forms.CharField(
        label="Leave this empty",
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = defaults().to_json() | {"keywords": ""} | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        # The script may replace the default, never what the visitor typed.
        filled_in = "" if self.is_bound else zone_label(self.initial["timezone"])
        self.fields["timezone"].widget.attrs["data-zones"] = filled_in

    def clean_send_at(self) -> time:
        return self.cleaned_data["send_at"] or defaults().send_at

    def clean(self) -> dict[str, object]:
        """Check the keywords; without any, choose trending papers."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "keywords" not in cleaned:
            return cleaned
        texts = split_list(cleaned["keywords"])
        cleaned["trending"] = bool(cleaned.get("trending")) or not texts
        try:
            check_keywords(texts, with_trending=cleaned["trending"])
        except ValidationError as wrong:
            self.add_error("keywords", wrong)
        cleaned["texts"] = tuple(texts)
        return cleaned

    @property
    def is_from_bot(self) -> bool:
        """Whether the honeypot was filled in."""
        return bool(self.data.get("reason"))

    @property
    def has_more_errors(self) -> bool:
        """Whether a field under "more" has an error."""
        return any(self[name].errors for name in MORE_FIELDS)

    def sign_up_request(self) -> SignUpRequest:
        """Return the valid form's sign-up."""
        cleaned = self.cleaned_data
        return SignUpRequest(
            keywords=cleaned["texts"],
            timezone=cleaned["timezone"],
            send_at=cleaned["send_at"],
            frequency=cleaned["frequency"] or Frequency.DAILY,
            weekly_on=cleaned["weekly_on"] or 0,
            trending_top=TRENDING_USUAL if cleaned["trending"] else 0,
        )


class PreferencesForm(ScheduleForm):
    """When a subscriber's mails are sent, and what they contain."""

    abstracts = forms.ChoiceField(
        label="Abstracts",
        choices=Subscriber.Abstracts.choices,
        error_messages=_one_message("Choose one of the three."),
    )
    max_papers = forms.IntegerField(
        label="Papers per e-mail",
        min_value=1,
        max_value=PAPERS_LIMIT,
        help_text="1 to 100. The rest are on the web page.",
        error_messages=_one_message(f"Between 1 and {PAPERS_LIMIT} papers, please."),
    )
    trending_top = forms.IntegerField(
        label="Trending papers per e-mail",
        min_value=0,
        max_value=TRENDING_LIMIT,
        help_text=f"0 to {TRENDING_LIMIT}; 0 for none.",
        error_messages=_one_message(TRENDING_WANTED),
    )
    quiet_after = forms.TypedChoiceField(
        label="Tell me when nothing matches",
        choices=Subscriber.QuietAfter.choices,
        coerce=int,
        help_text="A short note so you know it still works.",
        error_messages=_one_message("Choose one of the four."),
    )
    follow_ups = forms.BooleanField(
        label="Send follow-ups on papers I was sent",
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
            return zone_label(value)
        return ("yes" if value else "no") if isinstance(value, bool) else str(value)

    def changed_columns(self) -> dict[str, object]:
        """Return the columns that the valid form changes, with their new values."""
        changed = {name: self.cleaned_data[name] for name in self.changed_data}
        if "text_only" in changed:
            text = Subscriber.BodyFormat.TEXT if changed.pop("text_only") else None
            changed["body_format"] = text or Subscriber.BodyFormat.BOTH
        return changed


MORE_FIELDS = ("timezone", "send_at", "frequency", "weekly_on")
