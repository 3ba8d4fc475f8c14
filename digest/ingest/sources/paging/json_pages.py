"""Lists of papers in JSON answers: where they are, how to go on, and joining them."""

import json
from collections.abc import Sequence

from .page_walk import not_joined


def parsed(page: bytes) -> object:
    """Return the JSON of a page; None if it is none."""
    if page.lstrip()[:1] not in (b"[", b"{"):
        return None
    try:
        found: object = json.loads(page)
    except (ValueError, RecursionError):
        return None
    return found


def at_path(answer: object, path: str) -> object:
    """Return what stands at a path like message.items; None if there is nothing."""
    for name in path.split("."):
        answer = answer.get(name) if isinstance(answer, dict) else None
    return answer


def papers_in(answer: object, path: str = "") -> list[object] | None:
    """Return the papers of an answer: the list at the path, or without one the answer itself or the
    longest list it holds. None if there is no list.
    """
    if path:
        found = at_path(answer, path)
        return found if isinstance(found, list) else None
    if isinstance(answer, list):
        return answer
    key = _longest_list(answer)
    return answer[key] if isinstance(answer, dict) and key else None


def _longest_list(answer: object) -> str | None:
    if not isinstance(answer, dict):
        return None
    # bioRxiv's answers hold a list of "messages" as well.
    if isinstance(answer.get("collection"), list):
        return "collection"
    lists = [key for key, value in answer.items() if isinstance(value, list)]
    return max(lists, key=lambda key: len(answer[key]), default=None)


def joined_lists(bodies: Sequence[bytes], path: str = "") -> bytes:
    """Return the first answer with the papers of all. Raises CannotFetch if one is no list."""
    whole = parsed(bodies[0])
    papers = papers_in(whole, path)
    for number, body in enumerate(bodies[1:], 2):
        more = parsed(body)
        found = papers_in(more, path)
        is_same = type(whole) is type(more) and (
            bool(path) or _longest_list(whole) == _longest_list(more)
        )
        if papers is None or found is None or not is_same:
            raise not_joined(number)
        papers.extend(found)
    return json.dumps(whole).encode()  # in ASCII: half a pair of UTF-16 has no UTF-8
