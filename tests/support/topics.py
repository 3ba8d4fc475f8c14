"""Invented papers on a few topics, some of which do not have the words of the usual keyword."""

from typing import Any

from digest.models import Paper
from digest.selection.neighbours import count_matches
from tests.support import factories

KEYWORD = "speculative decoding"
_VERBS = ("accelerates", "shortens", "improves", "speeds", "halves")
_OTHERS = (
    ("kettle", "The kettle boils water on a stove; steam lifts the lid and whistles."),
    ("glacier", "Glacier ice flows down a valley and carves rock, moraine and lake."),
    ("violin", "A violin maker carves spruce and maple, varnish and sound post."),
    ("orchard", "Apple orchard pruning in winter gives blossom, bees and fruit."),
)


def of_the_topic(number: int = 0, **fields: Any) -> Paper:
    """A paper that the keyword hits."""
    verb = _VERBS[number % len(_VERBS)]
    return _stored(
        f"Speculative decoding {verb} inference {number}",
        "A small draft proposes tokens; the verifier accepts or rejects them in parallel, "
        f"which {verb} autoregressive inference latency without loss.",
        fields,
    )


def close_to_it(number: int = 0, **fields: Any) -> Paper:
    """A paper on the same without the words of the keyword."""
    return _stored(
        f"Lossless parallel drafting {number}",
        "A draft proposes tokens and a verifier accepts or rejects them in parallel: "
        "autoregressive inference with lower latency.",
        fields,
    )


def about_else(number: int = 0, **fields: Any) -> Paper:
    word, abstract = _OTHERS[number % len(_OTHERS)]
    return _stored(f"On the {word} {number}", abstract, fields)


def _stored(title: str, abstract: str, fields: dict[str, Any]) -> Paper:
    return factories.paper(**({"title": title, "abstract": abstract} | fields))


def shelve_topics(matches: int = 6) -> int:
    """Store papers that were listed before, and count them; return the number of the newest."""
    for number in range(matches):
        of_the_topic(number)
    newest = [about_else(number) for number in range(24)][-1]
    count_matches(60.0)
    assert newest.seq is not None
    return newest.seq
