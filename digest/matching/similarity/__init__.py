"""Papers close to a keyword although they do not contain it, and papers similar to another paper:
TF-IDF vectors and their cosines.

NumPy is imported here and nowhere else in the program, and only when a name that needs it is looked
up: it takes 11 MB, and many sites are never asked for such papers.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING

from .term_counts import MIN_MATCHES, TermCounts
from .vectors import (
    PaperVector,
    Weights,
    has_topic,
    paper_terms,
    paper_vector,
    term_weights,
)

if TYPE_CHECKING:
    from .closest import NEIGHBOUR, Closeness, closest_papers
    from .paper_similarity import similar_papers

_WITH_NUMPY = {
    "NEIGHBOUR": "closest",
    "Closeness": "closest",
    "closest_papers": "closest",
    "similar_papers": "paper_similarity",
}
# The matrices are small, and a process that forks must not have threads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def __getattr__(name: str) -> object:
    if name not in _WITH_NUMPY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_WITH_NUMPY[name]}", __name__), name)


__all__ = [
    "MIN_MATCHES",
    "NEIGHBOUR",
    "Closeness",
    "PaperVector",
    "TermCounts",
    "Weights",
    "closest_papers",
    "has_topic",
    "paper_terms",
    "paper_vector",
    "similar_papers",
    "term_weights",
]
