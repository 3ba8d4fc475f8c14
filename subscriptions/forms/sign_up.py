"""The sign-up form. It accepts exactly what the matcher can run."""

from collections.abc import Sequence
from datetime import time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator

from digest.matching.query import (
    MAX_KEYWORD_LENGTH,
    MAX_KEYWORDS,
    KeywordError,
    distinct_keywords,
    parse,
    parse_list,
    split_list,
)
from subscriptions.changes import resolve_wordings
from subscriptions.models import TRENDING_USUAL
from subscriptions.schedule import Frequency
from subscriptions.sign_up_request import SignUpRequest, defaults
from subscriptions.zones import zone_label

from .addresses import EmailForm
from .schedule_fields import ScheduleForm
from .wording_ticks import chosen_wordings

TEXT_LIMIT = MAX_KEYWORDS * (MAX_KEYWORD_LENGTH + 10)  # characters
MESSAGES_SHOWN = 5
EXCLUDES_ONLY = (
    "These keywords only exclude papers. Add one that papers should match, or choose Trending "
    "papers."
)
ASKS_NOTHING = "Add a keyword, or choose Trending papers."


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


class SignupForm(EmailForm, ScheduleForm):
    """The form on the first page. Without keywords the subscriber gets trending papers."""

    keywords = forms.CharField(
        label="Keywords (optional)",
        required=False,
        help_text=(
            "One per line, or separated by commas. Plain words and phrases work; AND, OR, NOT, "
            "“exact words”, title: and author: do too, and so do searches copied from PubMed, "
            "arXiv, Google Scholar, Scopus or Web of Science."
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
            f"The {TRENDING_USUAL} most popular papers of the day, in addition to your keywords."
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
        cleaned["texts"] = tuple(distinct_keywords(texts))
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
        wordings = resolve_wordings(cleaned["texts"], chosen_wordings(self.data))
        return SignUpRequest(
            expansions={text: each.to_json() for text, each in wordings.items()},
            keywords=cleaned["texts"],
            timezone=cleaned["timezone"],
            send_at=cleaned["send_at"],
            frequency=cleaned["frequency"] or Frequency.DAILY,
            weekly_on=cleaned["weekly_on"] or 0,
            trending_top=TRENDING_USUAL if cleaned["trending"] else 0,
        )


MORE_FIELDS = ("timezone", "send_at", "frequency", "weekly_on")
