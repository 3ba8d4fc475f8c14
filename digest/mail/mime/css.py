"""Inlining of CSS in mail templates: rules of a style sheet become style attributes.

Many mail programs ignore style sheets. The templates are written with classes, and inlined once,
when Django compiles them:

    email/anything.html + email/mail.css  ->  the same template with style="…" everywhere

Rules that cannot be an attribute (@media) go to the head of a whole document.
"""

import re
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import css_inline
from django.template import Origin, TemplateSyntaxError
from django.template.base import tag_re
from django.template.loaders import filesystem

_DOCUMENT = re.compile(r"\s*<!doctype html", re.IGNORECASE)
_SHEET_IN_HEAD = re.compile(r"<head>(<style>.*?</style>)(.*?)</head>", re.DOTALL)
# Private use characters: no template has them, and an HTML parser keeps them.
_MARK = "\ue000"
_KEPT = re.compile("<!--\ue000(\\d+)\ue001-->|\ue000(\\d+)\ue001")
# Comments, raw text and tags. A comment may be put between them, but not inside.
_PLACES = re.compile(
    r"""(?P<comment><!--.*?-->)
      | (?P<raw><(?:title|style|textarea|script)\b.*?</(?:title|style|textarea|script)\s*>)
      | (?P<element></?[A-Za-z](?:"[^"]*"|'[^']*'|[^'">])*>)""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_VALUES = re.compile(r"""(?P<class>\bclass)?\s*=\s*(?:"[^"]*"|'[^']*')""", re.IGNORECASE)


class Loader(filesystem.Loader):
    """Django's loader of template folders; it inlines the style sheet in `email/*.html`."""

    def get_contents(self, origin: Origin) -> str:
        source = super().get_contents(origin)
        name = str(origin.template_name)
        if not name.startswith("email/") or not name.endswith(".html"):
            return source
        sheet = Path(origin.name).with_name("mail.css")
        try:
            return inline_styles(source, sheet.read_text(encoding="utf-8"))
        except OSError as missing:
            raise TemplateSyntaxError(f"{name} needs its style sheet {sheet}.") from missing
        except ValueError as wrong:
            raise TemplateSyntaxError(f"{name}: {wrong}") from wrong


def inline_styles(source: str, sheet: str) -> str:
    """Return a template with the rules of `sheet` as style attributes; Django's tags are kept.

    Raises ValueError if a template tag stands inside an HTML tag but not in a quoted value, or in
    the value of `class`: the HTML depends on the context there. Raises it too if the HTML parser
    adds or moves elements, for template tags would then enclose others.
    """
    tags: list[str] = []
    protected = "".join(_protected(source, tags))
    styled = _styled(protected, sheet)
    if "<tbody" not in source:  # the parser adds it, on the wrong side of a {% for %} perhaps
        styled = re.sub(r"</?tbody>", "", styled)
    if (here := _elements(protected)) != (there := _elements(styled)):
        raise ValueError(f"it is read as other elements than written: {_difference(here, there)}")
    return _KEPT.sub(lambda kept: tags[int(kept[1] or kept[2])], styled)


def _styled(source: str, sheet: str) -> str:
    if not _DOCUMENT.match(source):
        inliner = css_inline.CSSInliner(load_remote_stylesheets=False, minify_css=True)
        return inliner.inline_fragment(source, sheet)
    inliner = css_inline.CSSInliner(
        load_remote_stylesheets=False, extra_css=sheet, keep_at_rules=True
    )
    # The character set must come first (HTML 4.2.5.4).
    styled = _SHEET_IN_HEAD.sub(r"<head>\2\1</head>", inliner.inline(source))
    return styled.replace("<!DOCTYPE html>", "<!doctype html>\n", 1)


def _elements(source: str) -> list[str]:
    """The names of the tags in order, closing ones with their slash."""
    bare = _PLACES.sub(lambda place: "" if place.lastgroup != "element" else place[0], source)
    return [name.lower() for name in re.findall(r"</?[A-Za-z][A-Za-z0-9]*", bare)]


def _difference(here: list[str], there: list[str]) -> str:
    pairs = zip_longest(here, there, fillvalue="the end")
    one, other = next((a, b) for a, b in pairs if a != b)
    return f"{one} became {other}"


def _protected(source: str, tags: list[str]) -> Iterator[str]:
    """The source with markers that an HTML parser keeps in place of Django's tags."""
    marked = tag_re.sub(lambda tag: _keep(tag[0], tags), source)
    done = 0
    for place in _PLACES.finditer(marked):
        yield _as_comments(marked[done : place.start()])
        if place.lastgroup == "element" and _MARK in _VALUES.sub(_only_class, place[0]):
            where = _KEPT.sub(lambda kept: tags[int(kept[1] or kept[2])], place[0])
            raise ValueError(f"the tag must stand inside a quoted value, and not of class: {where}")
        yield place[0]
        done = place.end()
    yield _as_comments(marked[done:])


def _only_class(value: re.Match[str]) -> str:
    """Drop all quoted values but that of `class`: a template tag in it could select any rule."""
    return value[0] if value["class"] else ""


def _keep(tag: str, tags: list[str]) -> str:
    tags.append(tag)
    return f"{_MARK}{len(tags) - 1}\ue001"


def _as_comments(text: str) -> str:
    return _KEPT.sub("<!--\ue000\\2\ue001-->", text)
