"""Admin pages of keywords: a subscriber's list, and one keyword."""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html_join

from digest.matching.query import MAX_KEYWORDS
from digest.operators.generic_classes import BaseInlineFormSet, ModelForm, TabularInline
from digest.operators.person_links import AboutPeopleAdmin
from subscriptions import changes
from subscriptions.forms.sign_up import check_keywords
from subscriptions.keyword_report.meanings import meanings
from subscriptions.models import Subscriber, Subscription

M = TypeVar("M", bound=Model)
_NAMED = 5  # sentences that a refusal holds


class OperatorForm(ModelForm[M]):
    """Saves only what the operator changed on the page: other columns may have changed in the
    database while the page was open."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        for field in self.fields.values():
            field.show_hidden_initial = True

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        if self.instance.pk:
            kept = set(self._meta.fields or ()) & cleaned.keys() - set(self.changed_data)
            cleaned |= {name: getattr(self.instance, name) for name in kept}
        return cleaned


class KeywordForm(OperatorForm[Subscription]):
    class Meta:
        model = Subscription
        fields = ("text", "active")

    def clean_text(self) -> str:
        text = str(self.cleaned_data["text"])
        check_keywords([text], with_trending=True)
        return text


class OneKeywordForm(KeywordForm):
    """The form of one keyword, checked against the rest of the list in the database."""

    def clean(self) -> dict[str, object]:
        """Refuse what the subscriber's own page refuses."""
        cleaned = super().clean()
        text, active = str(cleaned.get("text", "")), cleaned.get("active")
        if not text:
            return cleaned
        keyword, person = self.instance, self.instance.subscriber
        if active and not keyword.active and person.subscriptions.active().count() >= MAX_KEYWORDS:
            raise ValidationError(
                f"The list already has {MAX_KEYWORDS} keywords, the most it can hold."
            )
        if not (active and changes.selects_papers(text)) and changes.left_without_papers([keyword]):
            raise ValidationError(_nothing_left(person))
        return cleaned


class KeywordFormSet(BaseInlineFormSet[Subscription, Subscriber, ModelForm[Subscription]]):
    def clean(self) -> None:
        """Check the whole list: its length, and that it selects papers."""
        super().clean()
        kept = [
            form.cleaned_data["text"]
            for form in self.forms
            if form.cleaned_data.get("text")
            and form.cleaned_data.get("active")
            and not form.cleaned_data.get("DELETE")
        ]
        if not any(self.errors):
            check_keywords(kept, with_trending=self._may_ask_nothing(kept))

    def _may_ask_nothing(self, kept: list[str]) -> bool:
        """Whether the list may select no papers: trending papers are sent, or nothing is changed.

        A subscriber added without keywords gets trending papers.
        """
        person = self.instance
        if person.trending_top:
            return True
        if person.pk is None:
            return not kept
        had_trending = Subscriber.objects.filter(pk=person.pk, trending_top__gt=0).exists()
        return not (had_trending or self.has_changed())


def _reading(keyword: Subscription) -> str:
    """What a keyword means, and what of it could not be kept."""
    if not keyword.text:
        return ""
    known = meanings([keyword.text])[0]
    if known.error:
        return known.error
    clauses = [known.meaning, *([f"read as {known.translation}"] if known.translation else [])]
    sentences = (f"{clause[0].upper()}{clause[1:]}." for clause in (*clauses, *known.notes))
    return format_html_join("", "<p>{}</p>", ((sentence,) for sentence in sentences))


class SubscriptionInline(TabularInline[Subscription, Subscriber]):
    model = Subscription
    form, formset = KeywordForm, KeywordFormSet
    readonly_fields = ("meaning",)
    extra = 1
    verbose_name, verbose_name_plural = "keyword", "keywords"

    @admin.display(description="meaning")
    def meaning(self, keyword: Subscription) -> str:
        return _reading(keyword)


@admin.register(Subscription)
class SubscriptionAdmin(AboutPeopleAdmin[Subscription]):
    form = OneKeywordForm
    list_display = ("text", "subscriber", "active", "created_at")
    list_filter = ("active",)
    search_fields = ("text", "subscriber__email")
    list_select_related = ("subscriber",)
    readonly_fields = ("subscriber", "meaning")
    list_per_page = 50

    @admin.display(description="meaning")
    def meaning(self, keyword: Subscription) -> str:
        return _reading(keyword)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # on the subscriber's page, where the whole list is checked

    def get_deleted_objects(
        self, objs: Sequence[Subscription] | QuerySet[Subscription], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Protect the keywords of subscribers who would get no papers without them."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        left = changes.left_without_papers(objs)
        return deleted, counts, lacking, [*protected, *map(_nothing_left, left)]

    def delete_refusal(self, protected: Sequence[str]) -> str:
        """Return why these cannot be deleted: the sentences of `get_deleted_objects`."""
        return " ".join([*protected[:_NAMED], *(["…"] if protected[_NAMED:] else [])])

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Django's view, with a sentence if the keyword cannot be deleted."""
        with transaction.atomic():  # the list stays locked after the check
            keyword: Subscription | None = self.get_object(request, object_id)
            may = keyword and self.has_delete_permission(request, keyword)
            if keyword and may and (left := changes.left_without_papers([keyword])):
                self.message_user(request, _nothing_left(left[0]), messages.ERROR)
                return redirect("admin:subscriptions_subscription_change", keyword.pk)
            return super().delete_view(request, object_id, extra_context)


def _nothing_left(person: Subscriber) -> str:
    return f"This would leave {person} without any papers. Add a keyword or trending papers first."
