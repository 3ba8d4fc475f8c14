"""Invented papers on three topics, for profiles to tell apart."""

from digest.matching.text import tokenize
from digest.profiles.fitting import RatedPaper
from digest.profiles.paper_terms import DocumentFrequencies, paper_terms

TOPICS = {
    "kettle": ("A Quiet Kettle {}", "Boiling water in a copper kettle number {} takes patience."),
    "bridge": ("Bridge {} Sways", "Slender steel bridges such as number {} sway in autumn gales."),
    "moss": ("Moss on Roof {}", "We count the mosses on roof {}: most are grey cushion mosses."),
}


def text(topic: str, number: int) -> tuple[str, str]:
    """Title and abstract of a paper on a topic."""
    title, abstract = TOPICS[topic]
    return title.format(f"x{number}"), abstract.format(f"x{number}")


def terms_of(title: str, abstract: str) -> dict[str, float]:
    return paper_terms(tokenize(title).terms, tokenize(abstract).terms)


def rated(pk: int, topic: str, value: int) -> RatedPaper:
    title, abstract = text(topic, pk)
    return RatedPaper(pk, value, title, abstract, terms_of(title, abstract))


def ratings(up: str, down: str, number: int = 10) -> list[RatedPaper]:
    """So many ratings, of two topics in turn."""
    return [rated(pk, down if pk % 2 else up, -1 if pk % 2 else 1) for pk in range(1, number + 1)]


def frequencies() -> DocumentFrequencies:
    """Of thirty papers, ten on each topic."""
    return DocumentFrequencies.of(
        terms_of(*text(topic, number)) for topic in TOPICS for number in range(10)
    )
