"""Keywords made from another one: wider and narrower ones, and the distinct ones of a list."""

import re
from collections.abc import Iterable, Sequence

from .atoms import Exact, Phrase
from .keyword import Keyword, KeywordError, Pair
from .keyword_parser import parse
from .translation.categories import known_category

_QUOTES = frozenset('"“”„')
_SMALL_OPERATOR = re.compile(r"\s(and|or)(?=\s)")
# Words, or words in quotes, with a comma and no blank between them; no numbers, as of chemistry.
_LISTED = re.compile(
    r"""(?:[^\W\d_]{3}[^\W\d_]*(?:[ -][^\W\d_]+)*|"[^"]+")"""
    r"""(?:,(?:[^\W\d_]{3}[^\W\d_]*(?:[ -][^\W\d_]+)*|"[^"]+"))+"""
)
_MARKS = re.compile('["“”„]')
# Up to six words without digits and signs that no name has.
_NAME = re.compile(r"[^\W\d_]+(?:[.'’ -]{1,2}[^\W\d_]+){0,6}\.?")
_COMMA = re.compile(r""",(?=(?:[^"]*"[^"]*")*[^"]*$)""")


def distinct_keywords(texts: Iterable[str]) -> list[str]:
    """The texts without those that mean the same as one before: `RL, rl` is `RL`.

    What cannot be parsed is kept.
    """
    found: dict[object, str] = {}
    for text in texts:
        found.setdefault(_parsed(text) or text, text)
    return list(found.values())


def words_anywhere(keyword: Keyword) -> Keyword | None:
    """The keyword that matches all words of a phrase wherever they are in a paper.

    `federated learning` becomes `federated AND learning`. None if the keyword is anything but a
    phrase of several words without a field.
    """
    if not _is_phrase(keyword):
        return None
    words = [word for word in keyword.in_our_language.split() if any(map(str.isalnum, word))]
    anywhere = _parsed(" AND ".join(words), keyword.pairs)
    is_wider = anywhere is not None and not anywhere.notes and anywhere.typed != keyword.typed
    return anywhere if is_wider else None


def with_operators(keyword: Keyword) -> Keyword | None:
    """The keyword whose “and” and “or” are operators: `cats and dogs` becomes `cats AND dogs`.

    None if the keyword is anything but a phrase with one of them inside.
    """
    text = keyword.in_our_language
    if not _is_phrase(keyword) or not _SMALL_OPERATOR.search(text):
        return None
    operators = _SMALL_OPERATOR.sub(lambda small: f" {small[1].upper()}", text)
    found = _parsed(operators, keyword.pairs)
    return None if found is None or found.notes else found


def as_author(keyword: Keyword) -> Keyword | None:
    """The keyword for the author of that name: `Jane Doe` becomes `author:"Jane Doe"`.

    None if the keyword is anything but words, perhaps in quotes, that may be a name.
    """
    tree = keyword.tree
    is_words = isinstance(tree, (Phrase, Exact)) and not tree.field
    if not is_words or keyword.notes or keyword.translation:
        return None
    text = " ".join(_MARKS.sub(" ", keyword.text).split())
    if not _NAME.fullmatch(text):
        return None
    is_one = text.isalpha()
    found = _parsed(f"author:{text}" if is_one else f'author:"{text}"')
    return None if found is None or found.notes else found


def comma_parts(text: str) -> list[str]:
    """The keywords of a text such as `cats,dogs`, which a comma without a blank keeps in one.

    Empty if it is anything else, such as `1,2-dichlorobenzene`.
    """
    parts = _COMMA.split(text)
    are_categories = len(parts) > 1 and all(map(known_category, parts))
    return parts if are_categories or _LISTED.fullmatch(text) else []


def narrowed(keyword: Keyword, related: Iterable[str]) -> Keyword | None:
    """The keyword joined to the first of the related ones, or that one if it holds the keyword.

    None if the keyword is no phrase, or nothing is related.
    """
    related = tuple(related)
    if not _is_phrase(keyword):
        return None
    longer = [text for text in related if f" {keyword.typed.canonical} " in f" {text} "]
    joined = [f"{keyword.in_our_language} AND {text}" for text in related]
    for text in (*longer, *joined):
        if (found := _parsed(text, keyword.pairs)) and not found.notes:
            return found
    return None


def _is_phrase(keyword: Keyword) -> bool:
    tree = keyword.typed.tree
    is_phrase = isinstance(tree, Phrase) and not tree.field
    is_quoted = not _QUOTES.isdisjoint(keyword.in_our_language)
    return is_phrase and not (keyword.excludes or keyword.notes or is_quoted)


def _parsed(text: str, pairs: Sequence[Pair] = ()) -> Keyword | None:
    try:
        return parse(text, pairs)
    except KeywordError:
        return None
