"""Bitset index: the papers of a window in memory, and the bits of those that a keyword matches."""

from .bitset_index import PaperIndex
from .compiled_keywords import CompiledKeywords
from .index_cache import KeywordScore
from .stored_papers import IncompleteIndex, PaperMetadata, PaperText, Span

__all__ = [
    "CompiledKeywords",
    "IncompleteIndex",
    "KeywordScore",
    "PaperIndex",
    "PaperMetadata",
    "PaperText",
    "Span",
]
