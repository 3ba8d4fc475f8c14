"""Counts of the words and acronyms of all stored papers."""

from .acronyms import AcronymDefinition, ShortForm
from .words import CorpusState, WordCount

__all__ = ["AcronymDefinition", "CorpusState", "ShortForm", "WordCount"]
