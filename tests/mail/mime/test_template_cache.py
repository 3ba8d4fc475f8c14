"""The template cache gives what Django gives, for any texts."""

from binascii import a2b_qp
from typing import Any, NamedTuple

import pytest
from django.template import Context, Template
from django.template.loader import render_to_string
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.mail.mime import template_cache
from digest.mail.mime.quoted_printable import PLACEHOLDER
from digest.mail.mime.template_cache import FixedText, prepare, render_pieces, render_text

SHOWN = st.text(
    st.sampled_from("a &<>\"'=é深\n\ue000\ue0011") | st.characters(codec="utf-8"), max_size=40
).map(lambda text: text.translate(dict.fromkeys([*range(10), *range(11, 32), 127])))


class Word(NamedTuple):
    """A row as templates get them."""

    text: str = ""
    short: str = ""
    drop_url: str = ""
    title: str = ""
    url: str = ""
    sentence: str = ""
    label: str = ""
    link: str = ""
    keyword: str = ""
    words: str = ""
    bar: str = ""
    line: str = ""


WORDS = st.lists(st.builds(Word, *[SHOWN] * len(Word._fields)), max_size=3)
TEXTS = (
    "subject", "preheader", "heading", "opening", "email", "confirmed_on", "postal_address", "more",
    "more_keywords", "home_url", "digest_url", "preferences_url", "pause_url", "unsubscribe_url",
    "title", "url", "facts", "changes", "because", "abstract", "why_url", "less_url", "size",
    "text",
)  # fmt: skip
CONTEXT = st.fixed_dictionaries(
    dict.fromkeys(TEXTS, SHOWN)
    | dict.fromkeys(("keywords", "chart", "near", "follow_ups"), WORDS)
    | {"links": st.lists(st.tuples(SHOWN, SHOWN), max_size=3), "level": st.sampled_from([2, 3])}
    | {"cards": st.lists(st.just(True), max_size=3), "number": st.just(FixedText("7"))}
    | {"papers": st.just(FixedText("<here>")), "place": st.just(FixedText("there"))}
)
TEMPLATES = [
    f"email/{name}"
    for name in ("digest.html", "digest.txt", "_paper.html", "_paper.txt", "_section.html",
                 "_section.txt", "_actions.html", "_actions.txt", "_hit.html")
]  # fmt: skip


@pytest.mark.parametrize("template", TEMPLATES)
@settings(max_examples=25)
@given(CONTEXT)
def test_it_gives_what_django_gives(template: str, context: dict[str, Any]) -> None:
    expected = render_to_string(template, context)
    assert render_text(template, prepare(context)) == expected
    assert decoded(*render_pieces(template, prepare(context))) == expected


@settings(max_examples=25)
@given(CONTEXT, st.sampled_from(["", PLACEHOLDER]))
def test_a_template_is_split_at_its_placeholder(context: dict[str, Any], place: str) -> None:
    own = prepare({**context, "papers": FixedText(place)})
    pieces = render_pieces("email/digest.html", own)
    assert list(map(decoded, pieces)) == render_text("email/digest.html", own).split(PLACEHOLDER)


def decoded(*parts: bytes) -> str:
    return a2b_qp(b"".join(parts)).decode().replace("\r\n", "\n")


def test_django_renders_once_for_each_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    before = render_text("email/_hit.html", prepare({"text": "a"}))
    monkeypatch.setattr(template_cache, "render_to_string", None)
    assert render_text("email/_hit.html", prepare({"text": "b"})) == before.replace(">a<", ">b<")
    with pytest.raises(TypeError):
        render_text("email/_hit.html", prepare({"text": ""}))


def test_numbers_belong_to_the_shape() -> None:
    context = {"headed": False, "place": FixedText("x")}
    counts = [
        render_text("email/_section.html", prepare({**context, "rows": [False] * n})).count("<tr>")
        for n in range(3)
    ]
    assert counts == [0, 1, 2]


@pytest.mark.parametrize("template", ["email/_title.html", "email/_footnote.html"])
def test_texts_lose_placeholders(template: str) -> None:
    row = Word(title="a\0b\x01c\x1fd")
    assert "abcd" in render_text(
        template, prepare({"title": "a\0b\x01c\x1fd", "url": "", "footnote": row})
    )


@pytest.mark.parametrize(
    "source", ["{{ text|upper }}", "{{ text|truncatechars:2 }}", "{{ text }}{{ text|safe }}"]
)
def test_a_template_that_changes_texts_is_refused(
    source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        template_cache,
        "render_to_string",
        lambda _, context: Template(source).render(Context(context)),
    )
    with pytest.raises(ValueError, match="changes a text"):
        render_text(f"email/{source}", prepare({"text": "some text"}))
