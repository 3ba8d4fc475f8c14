"""Keywords that related papers cannot be found for yet."""

from collections.abc import Iterable, Iterator

from digest.matching.query import Keyword, KeywordError
from digest.matching.similarity import MIN_MATCHES, has_topic
from digest.models import KeywordVector, vector_key
from subscriptions.models import Subscriber, Subscription


def with_few_matches(person: Subscriber, rows: Iterable[Subscription]) -> frozenset[str]:
    """Return those of a subscriber's keywords, as typed, that have matched too few papers to find
    related papers. Empty for a subscriber without related papers; at most one query."""
    if not person.neighbours:
        return frozenset()
    keys = {keyword.text: vector_key(keyword.canonical) for keyword in _with_topic(rows)}
    counted = KeywordVector.objects.counts(set(keys.values()))
    enough = {key for key, row in counted.items() if row.matches >= MIN_MATCHES}
    return frozenset(text for text, key in keys.items() if key not in enough)


def _with_topic(rows: Iterable[Subscription]) -> Iterator[Keyword]:
    for row in rows:
        try:
            keyword = row.parsed()
        except KeywordError:
            continue
        if has_topic(keyword):
            yield keyword
