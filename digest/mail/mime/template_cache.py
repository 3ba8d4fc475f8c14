"""A template cache: Django renders a template once for each *shape* of its context.

The shape is all that a template may branch on: which texts are empty, how long the lists are, and
all numbers. The other texts are put where the template puts them, escaped if it escapes them:

    render_text("a.txt", prepare(context)) == render_to_string("a.txt", context)

A template used here must not change a text by a filter nor compare it, and must escape all texts or
none. It is read once a process.
"""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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

_SHAPES = 512  # of all templates together; each takes twice the memory of its template
# A marker for a text in what is rendered: its number, and letters that show whether it is escaped.
_MARKER = re.compile("\ue000(\\d+)(<|&lt;)aB\ue001")
_Piece = TypeVar("_Piece", str, bytes)
# For each value of a context: of a text whether it is not empty, of a list or tuple its type and
# shape, of anything else its type and value.
_ShapeOfValue = bool | tuple[type, Any]
Shape = tuple[_ShapeOfValue, ...]


class FixedText(str):
    """A text that belongs to the template: it is part of the shape."""

    __slots__ = ()


class CachedTemplate(NamedTuple):
    """A template rendered for one shape.

    `fixed`: the fixed texts around the variable ones; `pieces`: the same, encoded; `order`: for
    each variable text its number in the context; `escapes`: whether they are escaped;
    `with_placeholder`: the index of the fixed text that has the PLACEHOLDER, None if it occurs
    never or more than once.
    """

    fixed: tuple[str, ...]
    pieces: tuple[bytes, ...]
    order: tuple[int, ...]
    escapes: bool
    with_placeholder: int | None


class PreparedContext(NamedTuple):
    """A context for several templates: its names, its shape, and its texts joined by SEPARATOR."""

    names: tuple[str, ...]
    shape: Shape
    texts: str


def prepare(context: Mapping[str, object]) -> PreparedContext:
    """Split a context into its shape and its texts.

    It may hold texts, numbers, and lists and named tuples of such. Placeholders are removed from
    all texts but FixedText.
    """
    texts: list[str] = []
    shape = _shape(context.values(), texts)
    return PreparedContext(tuple(context), shape, join_texts(texts))


def render_text(template: str, context: PreparedContext) -> str:
    """Return what `render_to_string` would return."""
    cached, texts = _look_up(template, context)
    return "".join(_fill(cached.fixed, cached.order, texts.split(SEPARATOR)))


def render_pieces(template: str, context: PreparedContext) -> tuple[bytes, ...]:
    """Return the same as quoted-printable pieces, of which the fixed ones were encoded before.

    They are split at the template's PLACEHOLDER if it has one: searching the result for it would
    take as long as everything else.
    """
    cached, texts = _look_up(template, context)
    pieces = _fill(cached.pieces, cached.order, encode_joined(texts))
    if cached.with_placeholder is None:
        return (b"".join(pieces),)
    at = 2 * cached.with_placeholder
    before, after = split_piece(cached.pieces[cached.with_placeholder])
    return b"".join([*pieces[:at], before]), b"".join([after, *pieces[at + 1 :]])


def _look_up(template: str, context: PreparedContext) -> tuple[CachedTemplate, str]:
    """The cached template, and the joined texts, escaped if it escapes."""
    cached = _cached_template(template, context.names, context.shape)
    return cached, html.escape(context.texts) if cached.escapes else context.texts


def _fill(fixed: Sequence[_Piece], order: Sequence[int], texts: Sequence[_Piece]) -> list[_Piece]:
    """The fixed pieces with the texts between them."""
    filled = [fixed[0]] * (2 * len(order) + 1)
    filled[::2] = fixed
    filled[1::2] = [texts[number] for number in order]
    return filled


def _shape(values: Iterable[object], texts: list[str]) -> Shape:
    """The shape of the values; their texts are appended to `texts`, in order."""
    found: list[_ShapeOfValue] = []
    for value in values:
        if type(value) is str:
            found.append(bool(value))
            if value:
                texts.append(value)
        elif isinstance(value, list | tuple):
            found.append((type(value), _shape(value, texts)))
        else:
            found.append((type(value), value))
    return tuple(found)


@lru_cache(maxsize=_SHAPES)
def _cached_template(template: str, names: tuple[str, ...], shape: Shape) -> CachedTemplate:
    """Render the template with markers for the texts, and split it at them."""
    context = dict(zip(names, _with_markers(shape, count()), strict=True))
    split = tuple(_MARKER.split(render_to_string(template, context)))
    fixed, numbers, signs = split[::3], split[1::3], split[2::3]
    if len(set(signs)) > 1 or any("\ue000" in text for text in fixed):
        raise ValueError(f"{template} changes a text, or escapes some and others not.")
    order = tuple(map(int, numbers))
    pieces = tuple(map(encode_piece, fixed))
    return CachedTemplate(fixed, pieces, order, "&lt;" in signs, _with_placeholder(fixed))


def _with_placeholder(fixed: Sequence[str]) -> int | None:
    found = [number for number, text in enumerate(fixed) for _ in range(text.count(PLACEHOLDER))]
    return found[0] if len(found) == 1 else None


def _with_markers(shape: Shape, numbers: Iterator[int]) -> list[object]:
    """Values of this shape, with a marker for each text."""
    found: list[object] = []
    for each in shape:
        if isinstance(each, bool):
            found.append(f"\ue000{next(numbers)}<aB\ue001" if each else "")
            continue
        kind, value = each
        if not issubclass(kind, list | tuple):
            found.append(value)
            continue
        inside = _with_markers(value, numbers)
        make: Callable[..., object] = kind
        found.append(make(*inside) if hasattr(kind, "_fields") else make(inside))
    return found
