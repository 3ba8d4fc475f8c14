"""Lists of rows about people: a link to each one's timeline, and search by mailbox."""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any, TypeVar

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from digest.operators.generic_classes import ModelAdmin
from digest.operators.timeline.mailbox_search import people_of_mailbox

M = TypeVar("M", bound=Model)
TIMELINE = "admin:subscriber-timeline"


class AboutPeopleAdmin(ModelAdmin[M]):
    """`people`: the paths of lookups from a row to its subscriber. `person_column`: the column that
    names them; the link follows it, because narrow windows cut off the last columns."""

    people: Sequence[str] = ("subscriber",)
    person_column = "subscriber"

    def get_list_display(self, request: HttpRequest) -> Any:
        columns = list(super().get_list_display(request))
        columns.insert(columns.index(self.person_column) + 1, "timeline")
        return columns

    @admin.display(description="person", empty_value="-")
    def timeline(self, row: M) -> str | None:
        person = self.person_id(row)
        return timeline_link(person) if person else None

    def person_id(self, row: Any) -> int | None:
        """Return the id of the row's subscriber, None if it has none."""
        pk: int | None = row.subscriber_id
        return pk

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        """Find rows by any spelling of the mailbox, and by a former address."""
        found, has_duplicates = super().get_search_results(request, queryset, search_term)
        if "@" in search_term:
            people = list(people_of_mailbox(search_term).values_list("pk", flat=True))
            theirs = (Q(**{f"{path}__in": people}) for path in self.people)
            found |= queryset.filter(reduce(or_, theirs))
        return found, has_duplicates


def timeline_link(person_id: int) -> str:
    return format_html('<a href="{}">Timeline</a>', reverse(TIMELINE, args=[person_id]))
