"""Acronyms that papers define: what the rule makes of them, and operators' decisions."""

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from digest.expansions.acronym_rule import JudgedPair
from digest.expansions.acronyms import decide, judged_pairs
from digest.matching.text import tokenize
from digest.matching.text.acronym_definitions import LONGEST_LONG_FORM, short_form
from digest.models import AcronymDefinition, Catalogue
from digest.operators.generic_classes import ModelAdmin, ModelForm
from digest.operators.mass_actions import batches, confirmed_action

Decision = AcronymDefinition.Decision
_NEW_KEYWORDS = "This affects keywords saved from now on, and all spellings of a pair."


class AcronymForm(ModelForm[AcronymDefinition]):
    """A pair that papers do not define, or not often enough."""

    class Meta:
        model = AcronymDefinition
        fields = ("short", "long")
        help_texts = {
            "long": "For example “reinforcement learning”. Stored without plurals and hyphens."
        }

    def clean_short(self) -> str:
        typed: str = self.cleaned_data["short"]
        short = short_form(typed)
        if short is None or len(tokenize(short).terms) != 1:
            raise ValidationError("Enter one word of 2 to 10 letters with two capitals, like RL.")
        return short

    def clean_long(self) -> str:
        words = tokenize(self.cleaned_data["long"]).terms
        long = " ".join(words)
        if not words or len(long) > LONGEST_LONG_FORM:
            raise ValidationError("Enter the words that the short form stands for.")
        return long

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or self.cleaned_data
        if "short" in cleaned and "long" in cleaned:
            self.instance.key = tokenize(str(cleaned["short"])).terms[0]
            known = AcronymDefinition.objects.filter(key=self.instance.key, long=cleaned["long"])
            if known.exists():
                raise ValidationError("This pair is in the list already. Accept it there.")
        return cleaned


class JudgedChangeList(ChangeList):
    """The list with the rule's judgement of each of its rows, from two queries a page."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        judge_rows(rows)
        self.result_list = rows


def judge_rows(rows: list[AcronymDefinition]) -> None:
    """Set `judged` on each row: its pair, all spellings taken together."""
    pairs = judged_pairs(row.key for row in rows)
    for row in rows:
        found = (pair for pair in pairs.get(row.key, ()) if row.long in pair.spellings)
        row.judged = next(found, None)  # type: ignore[attr-defined]


def _judged(row: AcronymDefinition) -> JudgedPair | None:
    if not hasattr(row, "judged"):
        judge_rows([row])
    found: JudgedPair | None = row.judged  # type: ignore[attr-defined]
    return found


@admin.register(AcronymDefinition)
class AcronymAdmin(ModelAdmin[AcronymDefinition]):
    form = AcronymForm
    list_display = ("short", "long", "papers", "share", "used", "why", "decision")
    list_filter = ("decision",)
    search_fields = ("short", "long")
    search_help_text = "A short form, or words of a long form."
    ordering = ("-papers", "short", "long")
    actions = ("accept", "refuse", "back_to_the_rule")
    list_per_page = 50
    show_full_result_count = False

    def get_changelist(self, request: HttpRequest, **kwargs: object) -> type[ChangeList]:
        return JudgedChangeList

    def has_delete_permission(
        self, request: HttpRequest, obj: AcronymDefinition | None = None
    ) -> bool:
        return False

    def get_fields(
        self, request: HttpRequest, obj: AcronymDefinition | None = None
    ) -> tuple[str, ...]:
        own = ("short", "long")
        return (*own, "papers", "share", "used", "why", "decision") if obj else own

    def get_readonly_fields(
        self, request: HttpRequest, obj: AcronymDefinition | None = None
    ) -> tuple[str, ...]:
        return self.get_fields(request, obj) if obj else ()

    @admin.display(description="share of definitions")
    def share(self, row: AcronymDefinition) -> str:
        judged = _judged(row)
        return f"{judged.share:.0%}" if judged else ""

    @admin.display(description="used", empty_value="no")
    def used(self, row: AcronymDefinition) -> str:
        judged = _judged(row)
        return judged.usage.value if judged and judged.usage else "no"

    @admin.display(description="why")
    def why(self, row: AcronymDefinition) -> str:
        judged = _judged(row)
        return judged.reason if judged else ""

    def save_model(
        self, request: HttpRequest, obj: AcronymDefinition, form: AcronymForm, change: bool
    ) -> None:
        """Add a pair; an existing one is changed by actions only."""
        if change:
            return
        obj.decision = Decision.ADDED
        with transaction.atomic():
            Catalogue.lock()
            super().save_model(request, obj, form, change)

    @confirmed_action(
        "Accept: use without asking",
        permission="change",
        effect="Keywords with the short form also find the long form, and the other way round from "
        f"three letters on. {_NEW_KEYWORDS}",
        logs_rows=True,
    )
    def accept(self, request: HttpRequest, queryset: QuerySet[AcronymDefinition]) -> None:
        self._decide(request, queryset, Decision.ACCEPTED)

    @confirmed_action(
        "Refuse: never use or offer",
        permission="change",
        effect=f"They are neither used nor offered. {_NEW_KEYWORDS}",
        logs_rows=True,
    )
    def refuse(self, request: HttpRequest, queryset: QuerySet[AcronymDefinition]) -> None:
        self._decide(request, queryset, Decision.REFUSED)

    @confirmed_action(
        "Undo the decision: let the counts decide",
        permission="change",
        effect="They are used as the counts suggest. Pairs added by hand that no paper defines are "
        f"deleted. {_NEW_KEYWORDS}",
        logs_rows=True,
    )
    def back_to_the_rule(self, request: HttpRequest, queryset: QuerySet[AcronymDefinition]) -> None:
        self._decide(request, queryset, Decision.NONE)

    def _decide(
        self, request: HttpRequest, queryset: QuerySet[AcronymDefinition], decision: Decision
    ) -> None:
        count = 0
        for batch in batches(queryset):
            rows = list(batch)
            for row in rows:
                self.log_change(request, row, f"Decision: {decision.label}.")
            decide(rows, decision)
            count += len(rows)
        self.message_user(
            request,
            f"{count} acronym{'s' * (count != 1)} changed: {decision.label}.",
            messages.SUCCESS,
        )
