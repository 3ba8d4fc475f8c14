"""Templates without the price of a template: Django runs once for each *shape* of a context.

The shape is all that a template may branch on: which texts are empty, how long the lists are, and
every number. All other texts are put where the template puts them, escaped if it escapes them:

    fill("email/digest.txt", ready(context))  ==  render_to_string("email/digest.txt", context)

A template that is used so neither changes a text by a filter nor compares it, and it escapes all or
nothing. It is read once a process.
"""

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple, TypeVar

from django.template.loader import render_to_string

from .quoted_printable import (
    PLACEHOLDER,
    SEPARATOR,
    encode_joined,
    encode_piece,
    join_texts,
    split_piece,
)

_SHAPES = 512  # of all templates together; each weighs twice what its template does
# Where a text comes in what is rendered: its number, and letters that show what is done to it.
_MARK = re.compile("\ue000(\\d+)(<|&lt;)aB\ue001")
_Piece = TypeVar("_Piece", str, bytes)


class FixedText(str):
    """A text that is the template's own: it belongs to the shape."""

    __slots__ = ()


class CachedTemplate(NamedTuple):
    """What a template gives for one shape: the fixed texts around the places, also encoded, the
    number of the text that comes in each place, whether texts are escaped, and which fixed text has
    the PLACE of other parts, if one alone has it."""

    fixed: tuple[str, ...]
    parts: tuple[bytes, ...]
    order: tuple[int, ...]
    escapes: bool
    place: int | None


class PreparedContext(NamedTuple):
    """A context, looked through once for several templates: its names, its shape, and its texts
    together."""

    names: tuple[str, ...]
    shape: tuple[Any, ...]
    texts: str


def prepare(context: Mapping[str, Any]) -> PreparedContext:
    """The context holds texts, numbers, and lists and named tuples of such; a text that is no Slot
    loses LINK_NUMBER, PLACE and BETWEEN."""
    texts: list[str] = []
    shape = _shape(context.values(), texts)
    return PreparedContext(tuple(context), shape, join_texts(texts))


def render_text(template: str, context: PreparedContext) -> str:
    """What `render_to_string` gives."""
    mould, texts = _look_up(template, context)
    return "".join(_between(mould.fixed, mould.order, texts.split(SEPARATOR)))


def render_pieces(template: str, context: PreparedContext) -> tuple[bytes, ...]:
    """The same as parts of a mail, in which all that is fixed was encoded before: cut at the
    template's own PLACE, if it has one, for to look for it costs a template filled as much as all
    else."""
    mould, texts = _look_up(template, context)
    pieces = _between(mould.parts, mould.order, encode_joined(texts))
    if mould.place is None:
        return (b"".join(pieces),)
    at = 2 * mould.place
    before, after = split_piece(mould.parts[mould.place])
    return b"".join([*pieces[:at], before]), b"".join([after, *pieces[at + 1 :]])


def _look_up(template: str, context: PreparedContext) -> tuple[CachedTemplate, str]:
    """The mould, and the texts as it wants them."""
    mould = _cached_template(template, context.names, context.shape)
    return mould, html.escape(context.texts) if mould.escapes else context.texts


def _between(
    fixed: Sequence[_Piece], order: Sequence[int], texts: Sequence[_Piece]
) -> list[_Piece]:
    """The fixed pieces with the texts between them."""
    filled = [fixed[0]] * (2 * len(order) + 1)
    filled[::2] = fixed
    filled[1::2] = [texts[number] for number in order]
    return filled


def _shape(values: Iterable[Any], texts: list[str]) -> tuple[Any, ...]:
    """The shape of the values; their texts are added to `texts`, in order."""
    found: list[Any] = []
    for value in values:
        kind = type(value)
        if kind is str:
            found.append(bool(value))
            if value:
                texts.append(value)
        elif isinstance(value, list | tuple):
            found.append((kind, _shape(value, texts)))
        else:
            found.append((kind, value))
    return tuple(found)


@lru_cache(maxsize=_SHAPES)
def _cached_template(
    template: str, names: tuple[str, ...], shape: tuple[Any, ...]
) -> CachedTemplate:
    """The template rendered with marks for the texts, and cut at them."""
    context = dict(zip(names, _marked(shape, count()), strict=True))
    fixed, numbers, signs = _cut(render_to_string(template, context))
    if len(set(signs)) > 1 or any("\ue000" in text for text in fixed):
        raise ValueError(f"{template} changes a text, or escapes some and others not.")
    order = tuple(map(int, numbers))
    return CachedTemplate(
        fixed, tuple(map(encode_piece, fixed)), order, "&lt;" in signs, _place(fixed)
    )


def _place(fixed: Sequence[str]) -> int | None:
    found = [number for number, text in enumerate(fixed) for _ in range(text.count(PLACEHOLDER))]
    return found[0] if len(found) == 1 else None


def _cut(marked: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The texts around the marks, the marks' numbers and their signs."""
    cut = tuple(_MARK.split(marked))
    return cut[::3], cut[1::3], cut[2::3]


def _marked(shape: tuple[Any, ...], numbers: Iterator[int]) -> list[Any]:
    """Values of this shape, with a mark for each text."""
    found: list[Any] = []
    for each in shape:
        if isinstance(each, bool):
            found.append(f"\ue000{next(numbers)}<aB\ue001" if each else "")
            continue
        kind, value = each
        if not issubclass(kind, list | tuple):
            found.append(value)
            continue
        inside = _marked(value, numbers)
        found.append(kind(*inside) if hasattr(kind, "_fields") else kind(inside))
    return found
