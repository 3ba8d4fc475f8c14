"""Keywords as people type them: how they are read, what they mean, their limits.

The README, section "Keywords", describes the language for readers.
"""

from .keyword import Keyword, KeywordError, Pair
from .keyword_list import MAX_KEYWORDS, parse_list, split_list
from .keyword_parser import MAX_KEYWORD_LENGTH, parse
from .union import union
from .variants import distinct_keywords
from .widening.expansions import Expansions, expanded

__all__ = [
    "MAX_KEYWORDS",
    "MAX_KEYWORD_LENGTH",
    "Expansions",
    "Keyword",
    "KeywordError",
    "Pair",
    "distinct_keywords",
    "expanded",
    "parse",
    "parse_list",
    "split_list",
    "union",
]
