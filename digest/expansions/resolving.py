"""Resolving the other wordings of keywords, once, when they are saved."""

from collections.abc import Collection, Iterable, Sequence
from itertools import islice

from django.conf import settings

from digest.matching.query import Keyword
from digest.models import WordCount

from .acronyms import AcronymWording, acronyms_of
from .possible_wordings import Wordings, possible_wordings

_MOST_WORDS = 5_000  # looked up at once; a list of 100 keywords has some hundred


class StoredCorpus:
    """What the database has counted of the papers."""

    def acronyms_of(self, terms: Collection[str]) -> list[AcronymWording]:
        """Return the pairs that have one of these terms as short or as long form."""
        return acronyms_of(terms)

    def papers_with(self, words: Iterable[str]) -> dict[str, int]:
        """Map each of these words that was counted to the number of papers with it."""
        some = list(islice(words, _MOST_WORDS))
        rows = WordCount.objects.filter(word__in=some)
        return dict(rows.values_list("word", "papers")) if some else {}


def wordings_of(keywords: Sequence[Keyword]) -> list[Wordings]:
    """Return the other wordings of each keyword, in their order; a few queries for all of them."""
    if not settings.KEYWORD_EXPANSIONS:
        return [Wordings() for _ in keywords]
    return possible_wordings(keywords, StoredCorpus())
