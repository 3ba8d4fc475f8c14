"""The style sheet is inlined when the templates are compiled, once for all mails."""

import re
from pathlib import Path

import css_inline
import pytest
from django.conf import settings
from django.template import TemplateSyntaxError, engines
from django.template.base import tag_re
from django.template.engine import Engine
from django.template.loader import render_to_string

from digest.mail.mime.composer import render_templates
from digest.mail.mime.css import inline_styles

SHEET = """
.hit { color: red; } .cell { padding: 1px; } h2 { margin: 0; }
@media (max-width: 480px) { .cell { padding: 0 !important; } }
"""
FOLDER = Path(settings.BASE_DIR) / "templates" / "email"
PAGES = sorted(path.name for path in FOLDER.glob("*.html"))


def test_a_fragment_gets_style_attributes() -> None:
    found = inline_styles('<h2 class="hit">a</h2><p>b</p>', SHEET)
    assert found == '<h2 class="hit" style="margin:0;color:red">a</h2><p>b</p>'


def test_a_document_keeps_its_media_rules_behind_the_character_set() -> None:
    source = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ t }}</title></head>'
        '<body><p class="hit">{{ a }}</p></body></html>'
    )
    found = inline_styles(source, SHEET)
    assert found.index("charset") < found.index("<style>@media") < found.index("</head>")
    assert '<p class="hit" style="color: red;">{{ a }}</p>' in found
    assert "<title>{{ t }}</title>" in found


@pytest.mark.parametrize(
    "source",
    [
        "{% if a > 1 %}<p>{{ a|default:\"<b>\" }}</p>{% else %}<p>&amp; {{ b }}</p>{% endif %}",
        '<a class="hit" href="{% url "home" %}">x & y</a>',
        "<table><tr><td>a</td></tr>{% for r in x %}<tr><td>{{ r }}</td></tr>{% endfor %}</table>",
        "<table>{% for r in rows %}<tr><td>{{ r }}</td></tr>{% endfor %}</table>",
        "<table>{{ odd }}<tr>{# note #}<td class='cell'>a</td></tr></table>",
        "<!--[if mso]><table width=\"{{ w }}\"><tr><td><![endif]--><p>a</p>",
        "kept0kept <p>{{ a }}</p>",
    ],
)  # fmt: skip
def test_the_tags_of_django_stay_what_and_where_they_were(source: str) -> None:
    found = inline_styles(source, SHEET)
    assert tag_re.findall(found) == tag_re.findall(source)
    bare = re.sub(r' style="[^"]*"', "", found)
    assert bare.replace("'", '"') == source.replace("'", '"').replace(" & ", " &amp; ")


def test_attributes_keep_their_tags_whatever_their_order() -> None:
    source = '<a class="hit" href="{% url "home" %}" title="{{ a }} & {{ b }}">x</a>'
    found = inline_styles(source, SHEET)
    assert 'href="{% url "home" %}"' in found
    assert 'title="{{ a }} &amp; {{ b }}"' in found
    assert 'style="color:red"' in found


@pytest.mark.parametrize(
    "source",
    [
        '<p {% if a %}class="hit"{% endif %}>a</p>',
        "<p class={{ a }}>a</p>",
        '<p title="x" class="cell {{ a }}">a</p>',
        "<p>{% if a %}<table><p>{% endif %}</p></table>",
        "<table><p>moved</p></table>",
        "<tr><td>alone</td></tr>",
        "<p><div>never inside</div></p>",
    ],
)
def test_html_that_depends_on_the_context_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match=r"must stand inside|read as other"):
        inline_styles(source, SHEET)


@pytest.mark.parametrize("name", PAGES)
def test_every_template_keeps_its_tags(name: str) -> None:
    source = (FOLDER / name).read_text()
    found = inline_styles(source, (FOLDER / "mail.css").read_text())
    assert sorted(tag_re.findall(found)) == sorted(tag_re.findall(source))
    assert "\ue000" not in found
    assert 'style="' not in source


def test_the_loader_serves_them(tmp_path: Path) -> None:
    folder = tmp_path / "email"
    folder.mkdir()
    (folder / "a.html").write_text('<p class="hit">{{ a }}</p>')
    (folder / "a.txt").write_text('<p class="hit">{{ a }}</p>')
    engine = Engine(dirs=[str(tmp_path)], loaders=["digest.mail.mime.css.Loader"])
    with pytest.raises(TemplateSyntaxError, match="needs its style sheet"):
        engine.get_template("email/a.html")
    (folder / "mail.css").write_text(SHEET)
    assert 'style="color:red"' in engine.get_template("email/a.html").source
    assert "style" not in engine.get_template("email/a.txt").source
    (folder / "a.html").write_text("<p {{ a }}>x</p>")
    with pytest.raises(TemplateSyntaxError, match=r"email/a\.html: the tag must stand"):
        engine.get_template("email/a.html")


def test_it_happens_once_not_for_each_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    context = {"link": "https://a.example/", "home_url": "https://a.example/"}
    before = render_templates("confirm", context)

    def refuse(*args: object, **named: object) -> None:
        raise AssertionError("the style sheet is put in while a mail is written")

    monkeypatch.setattr(css_inline, "CSSInliner", refuse)
    assert render_templates("confirm", context) == before
    for loader in engines["django"].engine.template_loaders:
        loader.reset()
    with pytest.raises(AssertionError, match="while a mail is written"):
        render_to_string("email/confirm.html", context)
