"""One keyword of the preferences page in its edit form, with narrower and wider forms of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from django.http import HttpRequest
from django.utils import timezone

from digest import paper_index
from digest.matching.query import Expansions, KeywordError
from digest.matching.query.widening.expansions import NO_EXPANSIONS
from subscriptions.changes import known_wordings, wider
from subscriptions.forms.keyword_edits import EditKeywordForm
from subscriptions.forms.wording_ticks import WordingTick, wording_ticks
from subscriptions.keyword_report.meanings import KeywordMeaning, meaning_of
from subscriptions.keyword_report.narrower import NarrowerForms, narrower_forms
from subscriptions.models import Subscription

LONGEST_NUMBER = 18  # digits of a primary key


@dataclass(frozen=True)
class EditedKeyword:
    """The keyword that is edited; `narrower` counts papers of the last `days` days.

    `known`: how the keyword is read that the list has now.
    """

    pk: int
    form: EditKeywordForm
    known: KeywordMeaning | None = None
    wordings: Expansions = NO_EXPANSIONS
    wide: str = ""
    narrower: NarrowerForms | None = None
    days: int = 0

    @property
    def ticks(self) -> list[WordingTick]:
        """Its other wordings, to switch on and off."""
        return wording_ticks(self.wordings)

    def found_in(self, rows: Sequence[Subscription]) -> Self | None:
        """Return it with its text and suggestions; None if the keyword is not active."""
        row = next((row for row in rows if row.pk == self.pk and row.active), None)
        if row is None:
            return None
        blank = EditKeywordForm(initial={"keywords": row.text})
        today = timezone.now().date()
        return replace(
            self,
            form=self.form if self.form.is_bound else blank,
            known=meaning_of(row.text, row.pairs),
            wordings=known_wordings(row),
            wide=wider(row.text),
            narrower=_narrower(row),
            days=paper_index.days_covered(paper_index.PREVIEW_DAYS, today),
        )


def asked_edit(request: HttpRequest) -> EditedKeyword | None:
    """Return the keyword that the address asks to edit, None for none."""
    number = request.GET.get("edit", "")
    if number.isascii() and number.isdigit() and len(number) <= LONGEST_NUMBER:
        return EditedKeyword(int(number), EditKeywordForm())
    return None


def _narrower(row: Subscription) -> NarrowerForms | None:
    try:
        keyword = row.parsed()
    except KeywordError:
        return None
    if keyword.excludes:
        return None
    today = timezone.now().date()
    index, within = paper_index.recent_papers(paper_index.PREVIEW_DAYS, today)
    return narrower_forms(keyword, index, within)
