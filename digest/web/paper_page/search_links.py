"""Links from a paper's authors and categories to the search for them."""

import re
from functools import lru_cache
from urllib.parse import urlencode

from django.urls import reverse

from digest.matching.index.block import category_names
from digest.matching.query import KeywordError
from digest.matching.query.atoms import Category
from digest.matching.text.readable import readable
from digest.search import read_query

_QUOTES = re.compile('["“”„]+')  # the parser reads all of them as quotes
_SIMPLE = re.compile(r"[A-Za-z]+(?:[.-][A-Za-z]+)*")


@lru_cache(maxsize=4096)
def field_query(field: str, value: str) -> str:
    """Return the query that finds a value of a field, like `author:"Ada Lamp"`; "" if none does:
    it has no word, or too many."""
    text = " ".join(_QUOTES.sub(" ", readable(value).text).split())
    is_simple = field == "category" and _SIMPLE.fullmatch(text)
    query = f"{field}:{text}" if is_simple else f'{field}:"{text}"'
    try:
        keyword = read_query(query, only_typed=True).keyword
    except KeywordError:
        return ""
    tree = keyword.tree
    if isinstance(tree, Category) and tree.name not in category_names(value):
        return ""
    return "" if keyword.notes else query


def search_address(query: str) -> str:
    """Return the address of the search for a query, "" for none."""
    return f"{reverse('search')}?{urlencode({'q': query})}" if query else ""
