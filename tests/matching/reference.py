"""A second, deliberately slow matcher, written from the keyword rules and sharing no code with
`digest.matching`: it walks the words of a text one by one, with no index at all.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache

from .reference_words import WITH_E, Word, singular, words

__all__ = ["Spec", "matches", "render", "words"]


def has_phrase(text: list[Word], typed: str) -> bool:
    """Rule 2: the words of the phrase in a row. Words tied by hyphens may be read as one, words of
    the phrase may be written as one."""
    spellings = _typed_spellings(typed)
    first = {form for _, form in spellings[0]}
    return any(
        _reads_on(text, at, spellings, 0)
        for at, word in enumerate(text)
        if word.tied or word.shouted or word.singular in first or word.with_e in first
    )


@cache
def _typed_spellings(typed: str) -> list[list[tuple[int, str]]]:
    """For each word of a phrase, how it may be written: alone, or together with those after."""
    parts = _typed_words(typed)
    return [list(_spellings(parts, done)) for done in range(len(parts))]


def _reads_on(text: list[Word], at: int, spellings: list[list[tuple[int, str]]], done: int) -> bool:
    if done == len(spellings):
        return True
    return any(
        _reads_on(text, end, spellings, part_end)
        for end, forms in _readings(text, at)
        for part_end, form in spellings[done]
        if form in forms
    )


def _readings(text: list[Word], at: int) -> Iterator[tuple[int, set[str | None]]]:
    """The word at `at` and the longer words it is the start of; where each ends."""
    if at < len(text):
        yield at + 1, {text[at].singular, text[at].shouted, text[at].with_e}
    for end in range(at + 2, min(at + 5, len(text)) + 1):
        if not text[end - 2].tied:
            break
        both = ([w.singular for w in text[at:end]], [w.with_e for w in text[at:end]])
        yield end, {singular("".join(words)) for words in both}


def _spellings(parts: list[Word], done: int) -> Iterator[tuple[int, str]]:
    """The next word of the phrase, alone and written together with those that follow."""
    yield done + 1, parts[done].singular
    for end in range(done + 2, len(parts) + 1):
        if parts[end - 2].gap == " " and _ALOOF & {
            parts[end - 2].singular,
            parts[end - 1].singular,
        }:
            break
        yield end, singular("".join(part.singular for part in parts[done:end]))


_ALOOF = {"a", "an", "the", "is"}


def has_beginning(text: list[Word], start: str) -> bool:
    """Rule 5: a word, hyphens left out, that begins so."""
    for at in range(len(text)):
        written = ""
        for word in text[at : at + 5]:
            written += word.raw
            if written.startswith(start):
                return True
            if not word.tied:
                break
    return False


def has_exact(text: list[Word], typed: str) -> bool:
    """Rule 5: these words with this between them."""
    wanted = _typed_words(typed)
    for at in range(len(text) - len(wanted) + 1):
        here = text[at : at + len(wanted)]
        if all(a.raw == b.raw for a, b in zip(here, wanted, strict=True)) and all(
            a.gap == b.gap for a, b in zip(here[:-1], wanted[:-1], strict=True)
        ):
            return True
    return False


@cache
def _typed_words(typed: str) -> list[Word]:
    return words(typed)


def has_cased(text: list[Word], typed: str) -> bool:
    """The words of the phrase in a row, as `has_phrase`, with the same capitals. Only for words
    that are no plurals, and texts without umlauts."""
    spellings = _typed_spellings(typed)
    wanted = "".join(part.surface for part in _typed_words(typed))
    return any(
        _reads_to(text, at, end, spellings, 0) and _capitals(text[at:end]) == wanted
        for at in range(len(text))
        for end in range(at + 1, len(text) + 1)
    )


def _capitals(words: list[Word]) -> str:
    """The letters of some words as written, without their plural endings."""
    return "".join(
        w.surface[: len(w.singular)] if w.raw.startswith(w.singular) else w.surface for w in words
    )


def _reads_to(
    text: list[Word], at: int, last: int, spellings: list[list[tuple[int, str]]], done: int
) -> bool:
    if done == len(spellings):
        return at == last
    return any(
        _reads_to(text, end, last, spellings, part_end)
        for end, forms in _readings(text, at)
        if end <= last
        for part_end, form in spellings[done]
        if form in forms
    )


Spec = tuple[str, object]
_TESTS: dict[str, Callable[[list[Word], str], bool]] = {
    "phrase": has_phrase,
    "beginning": has_beginning,
    "exact": has_exact,
    "case": has_cased,
}


def matches(spec: Spec, title: list[Word], abstract: list[Word]) -> bool:
    """Whether a paper matches ("and" | "or", [specs]), ("not", spec), ("title", spec) or
    ("phrase" | "exact" | "beginning" | "case", text)."""
    kind, what = spec
    if kind == "title":
        return matches(what, title, [])  # type: ignore[arg-type]
    if kind == "not":
        return not matches(what, title, abstract)  # type: ignore[arg-type]
    if kind in ("and", "or"):
        each = (matches(part, title, abstract) for part in what)  # type: ignore[attr-defined]
        return all(each) if kind == "and" else any(each)
    test = _TESTS[kind]
    typed = _in_both_spellings(str(what)) if kind == "phrase" else [str(what)]
    return any(test(title, text) or test(abstract, text) for text in typed)


def _in_both_spellings(text: str) -> list[str]:
    """A phrase, and the same with each umlaut spelled with an e."""
    with_e = re.sub("[äöüø]", lambda found: WITH_E[found[0]], text)
    return list(dict.fromkeys([text, with_e]))


def render(spec: Spec) -> str:
    """The keyword as a person would type it."""
    kind, what = spec
    match kind:
        case "phrase":
            return str(what)
        case "exact":
            return f'"{what}"'
        case "beginning":
            return f"{what}*"
        case "case":
            return f'case:"{what}"'
        case "title":
            return f"title:({render(what)})"  # type: ignore[arg-type]
        case "not":
            return f"NOT ({render(what)})"  # type: ignore[arg-type]
        case _:
            return f" {kind.upper()} ".join(f"({render(part)})" for part in _parts(what))


def _parts(what: object) -> Iterator[Spec]:
    yield from what  # type: ignore[misc]
