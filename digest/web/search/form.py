"""The form of a search, read from a plain GET."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse

from digest.matching.query import KeywordError
from digest.search import Query, one_line, read_query
from subscriptions.links import address as absolute_url

NEWEST, BEST = "newest", "best"
WORDS, TYPED = "words", "typed"  # only the words that were typed, no other wordings
_SHOWN = 40  # characters of a wrong value


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A valid search: what for, in which order, of which days."""

    query: Query
    best: bool = False
    first: date | None = None
    last: date | None = None

    def address(self, page: int = 1) -> str:
        """Return the path and query of a page of this search."""
        return f"{reverse('search')}?{self.parameters(page)}"

    @property
    def url(self) -> str:
        """The absolute URL of its first page."""
        return f"{absolute_url('search')}?{self.parameters()}"

    def parameters(self, page: int = 1) -> str:
        """Return the query of the URL of one of its pages."""
        asked = {
            "q": self.query.text,
            "order": BEST if self.best else "",
            "from": self.first or "",
            "to": self.last or "",
            "page": page if page > 1 else "",
            WORDS: TYPED if self.query.only_typed else "",
        }
        return urlencode({name: str(value) for name, value in asked.items() if value})

    @property
    def feed_address(self) -> str:
        """Return the path and query of its feed, which has the newest papers of all days."""
        asked = {"q": self.query.text} | ({WORDS: TYPED} if self.query.only_typed else {})
        return f"{reverse('feed-search')}?{urlencode(asked)}"

    @property
    def as_typed(self) -> "SearchRequest":
        return replace(self, query=self.query.as_typed())

    @property
    def with_wordings(self) -> "SearchRequest":
        return replace(self, query=replace(self.query, only_typed=False))

    @property
    def newest_first(self) -> "SearchRequest":
        return replace(self, best=False)

    @property
    def best_first(self) -> "SearchRequest":
        return replace(self, best=True)

    @property
    def of_all_days(self) -> "SearchRequest":
        return replace(self, first=None, last=None)

    @property
    def of_days(self) -> bool:
        """Whether it is limited to some days."""
        return bool(self.first or self.last)

    def for_text(self, text: str) -> str:
        """Return the path and query of the same search for another text."""
        return replace(self, query=replace(self.query, text=text)).address()


class QueryField(forms.CharField):
    """A line of keywords; its value is a Query, None if it is empty."""

    widget = forms.TextInput

    def clean(self, value: object) -> Query | None:
        typed = str(super().clean(value))
        try:
            return read_query(typed) if typed else None
        except KeywordError as wrong:
            raise ValidationError(wrong.message) from wrong


class DayField(forms.DateField):
    """A day, whose error names what was typed."""

    def to_python(self, value: Any) -> date | None:
        try:
            return super().to_python(value)
        except ValidationError:
            shown = str(value)[:_SHOWN]
            raise ValidationError(f"“{shown}” is no date. Enter one like 2026-11-20.") from None


class DayInput(forms.DateInput):
    """The browser's field for a day, which shows nothing else."""

    input_type = "date"

    def format_value(self, value: Any) -> str | None:
        shown = super().format_value(value)
        try:
            return shown and str(date.fromisoformat(shown))
        except ValueError:
            return None


def _day(label: str) -> DayField:
    return DayField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=DayInput(format="%Y-%m-%d"),
    )


class SearchForm(forms.Form):
    """What to search for."""

    q = QueryField(
        label="Search for",
        required=False,
        help_text="Plain words and phrases work; AND, OR, NOT, “exact words”, title: and author: "
        "do too.",
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "spellcheck": "false",
                "autocapitalize": "off",
                "enterkeyhint": "search",
            }
        ),
    )
    order = forms.ChoiceField(
        label="Order",
        required=False,
        choices=[(NEWEST, "Newest first"), (BEST, "Best match first")],
        error_messages={"invalid_choice": "There is no order “%(value)s”. Choose one of the two."},
    )

    def __init__(self, data: Mapping[str, Any]) -> None:
        # A browser drops line ends from the field: what it shows is what it would send again.
        super().__init__({**{name: data[name] for name in data}, "q": one_line(data.get("q", ""))})
        # "from" cannot be the name of a class's attribute.
        self.fields |= {"from": _day("From"), "to": _day("To")}

    def clean(self) -> dict[str, object]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = cleaned.get("from"), cleaned.get("to")
        if first and last and first > last:
            self.add_error("to", f"{last} is before {first}. Choose a later day, or swap the two.")
        return cleaned

    def search_request(self) -> SearchRequest | None:
        """Return the search; None if nothing is searched for, or something is wrong."""
        if not self.is_valid() or self.cleaned_data["q"] is None:
            return None
        cleaned, query = self.cleaned_data, self.cleaned_data["q"]
        if self.data.get(WORDS) == TYPED:
            query = query.as_typed()
        return SearchRequest(query, cleaned["order"] == BEST, cleaned["from"], cleaned["to"])

    @property
    def has_days(self) -> bool:
        """Whether a day was typed, or is wrong."""
        return any(self[name].data or self[name].errors for name in ("from", "to"))
