"""What cannot be a title: an address, a number, mark-up, and the words of a page's menu.

A page that is read in the wrong way shows it here first: its links, votes and buttons are taken for
papers.
"""

from collections.abc import Iterable, Iterator

from ..records import BadDump, Record, Skipped
from ..validation import MENU_WORD, NO_TITLES

_MENU = frozenset(
    ("new", "models", "datasets", "spaces", "buckets", "bucketsnew", "docs", "enterprise",
     "pricing", "login", "signup", "signin", "subscribe", "website", "tasks", "huggingchat",
     "collections", "languages", "organizations", "community", "blog", "posts", "learn",
     "discord", "forum", "github", "solutions", "team&enterprise", "huggingfacepro",
     "enterprisesupport", "inferenceproviders", "inferenceendpoints", "storagebuckets",
     "company", "tos", "privacy", "about", "careers", "jobs", "daily", "weekly", "monthly",
     "papers", "dailypapers", "trendingpapers", "trending", "dailypapers-huggingface",
     "trendingpapers-huggingface", "by", "ak", "byak", "andtheresearchcommunity",
     "byakandtheresearchcommunity", "gettrendingpapersinyouremailinbox!",
     "gettrendingpapersinyouremailinboxonceaday!", "huggingface", "huggingface'slogo",
     "©huggingface", "systemtheme", "previous", "next", "back", "home", "menu", "search",
     "share", "more", "loadmore", "showmore", "viewall", "seeall", "upvote", "submittedby",
     "arxivpage", "viewpdf", "viewarxivpage", "pdf", "projectpage", "addtocollection")
)  # fmt: skip
_MOST = 10  # in a hundred entries


def is_navigation(text: str) -> bool:
    """Return whether the text is a word of the site's menus or one of its buttons."""
    return text.replace(" ", "").replace("’", "'").casefold() in _MENU


def without_menu_words(results: Iterable[Record | Skipped]) -> Iterator[Record | Skipped]:
    """Yield the results, a record whose title is a menu's word as left out."""
    for result in results:
        if isinstance(result, Record) and is_navigation(result.title):
            yield Skipped(result.title, MENU_WORD)
        else:
            yield result


def refuse_wrong_titles(results: Iterable[Record | Skipped]) -> list[Record | Skipped]:
    """Return the results.

    Raises BadDump if more than a tenth of them are no titles: the page was read in the wrong way.
    """
    found = list(without_menu_words(results))
    wrong = [each for each in found if isinstance(each, Skipped) and each.reason in NO_TITLES]
    if len(wrong) * 100 > len(found) * _MOST:
        raise BadDump(
            f"Of its {len(found)} titles {len(wrong)} are none, the first being "
            f"“{wrong[0].entry}”: {wrong[0].reason}. The page is written in a way that is not "
            "known: save it from the browser as HTML, or copy its visible text."
        )
    return found
