"""Keywords as people type them: how they are read, what they mean, their limits.

The README, section "Keywords", describes the language for readers.
"""

from .keyword_list import MAX_KEYWORDS, parse_list, split_list
from .keyword_parser import MAX_KEYWORD_LENGTH, Keyword, KeywordError, parse

__all__ = [
    "MAX_KEYWORDS",
    "MAX_KEYWORD_LENGTH",
    "Keyword",
    "KeywordError",
    "parse",
    "parse_list",
    "split_list",
]
