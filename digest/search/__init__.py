"""The search: the keyword language over every stored paper."""

from .query import Query, one_line, read_query
from .searching import MAX_RESULTS, SearchResult, search

__all__ = ["MAX_RESULTS", "Query", "SearchResult", "one_line", "read_query", "search"]
