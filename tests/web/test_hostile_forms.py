"""Every field of every form of every page with what a hostile client or a broken program sends."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.test import Client

from .every_page import Rows, every_page, make_rows
from .pages import Page

pytestmark = pytest.mark.django_db

MEGABYTE = "x" * 1_000_000
HOSTILE = {
    "empty": "",
    "a megabyte": MEGABYTE,
    "NUL": "a\x00b",
    "lone surrogate": "\ud83d",
    "emoji": "🧪" * 60,
    "right to left": "\u202e\u200fmoc.elpmaxe@ada\u2066",
    "script": "<script>alert(1)</script>",
    "line ends": "a\r\nBcc: eve@example.org\r\n",
    "a long number": "9" * 400,
    "negative": "-1",
    "digits of another script": "٣",
}  # fmt: skip
_CHOICES = {"do", "action"}  # which of a page's actions it is


@dataclass(frozen=True)
class Form:
    """A form of a page as a browser would post it."""

    page: str
    action: str
    fields: dict[str, str]


class _Forms(Page):
    """A page's forms that are posted."""

    def forms(self, page: str, address: str) -> Iterator[Form]:
        inside: tuple[str, dict[str, str]] | None = None
        for tag, each in self.tags:
            if tag == "form":
                if inside:
                    yield Form(page, *inside)
                posted = each.get("method", "").lower() == "post"
                inside = (each.get("action") or address, {}) if posted else None
            elif inside and "name" in each and tag in ("input", "select", "textarea", "button"):
                inside[1].setdefault(each["name"], each.get("value", ""))
            elif inside and tag == "div" and "data-hx-post" in each:
                yield Form(
                    page, each["data-hx-post"], {"keywords": "", "frequency": "", "form": ""}
                )
        if inside:
            yield Form(page, *inside)


@pytest.fixture
def rows() -> Rows:
    return make_rows()


def forms_of(client: Client, rows: Rows) -> list[Form]:
    """The different forms of all pages."""
    found: dict[tuple[str, frozenset[str]], Form] = {}
    for name, address in every_page(rows).items():
        for form in _Forms(client.get(address)).forms(name, address):
            found.setdefault((form.action, frozenset(form.fields)), form)
    return list(found.values())


def encoded(values: Mapping[str, str]) -> str:
    """The values as the body of a form, or as a query."""
    return urlencode(values, errors="surrogatepass")


def post(client: Client, form: Form, changed: Mapping[str, str]) -> None:
    """Post a form, undo what it changed, and look at the answer and where it leads."""
    what = (form.page, form.action, {name: value[:20] for name, value in changed.items()})
    with transaction.atomic():
        body = encoded(form.fields | dict(changed))
        response = client.post(form.action, body, "application/x-www-form-urlencoded")
        if response.status_code == 302:
            response = client.get(response.url)
            assert response.status_code < 400, what
        transaction.set_rollback(True)
    assert response.status_code < 500, what
    if response["Content-Type"].startswith("text/html"):
        assert b"<script>alert" not in response.content, what
        assert has_way_on(Page(response)), what


def has_way_on(page: Page) -> bool:
    """Whether a page has a link or a form, as the parts of a page that htmx replaces need not."""
    return not page.all("html") or bool(page.links() or page.all("form"))


def test_every_form_is_found(client: Client, rows: Rows) -> None:
    found = {form.page for form in forms_of(client, rows)}
    assert found >= {"home", "confirm", "preferences", "unsubscribe", "rate", "undo-address",
                     "account"}  # fmt: skip


@pytest.mark.parametrize("name", ["NUL", "emoji", "a megabyte"])
def test_text_that_no_field_is_for(client: Client, rows: Rows, name: str) -> None:
    for form in forms_of(client, rows):
        post(client, form, dict.fromkeys(form.fields.keys() - _CHOICES, HOSTILE[name]))


@pytest.mark.slow
@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_each_field_alone_and_all_at_once(client: Client, rows: Rows, value: str) -> None:
    for form in forms_of(client, rows):
        post(client, form, dict.fromkeys(form.fields, value))
        post(client, form, dict.fromkeys(form.fields.keys() - _CHOICES, value))
        for name in form.fields:
            post(client, form, {name: value})


@pytest.mark.slow
@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_queries(client: Client, rows: Rows, value: str) -> None:
    query = encoded(dict.fromkeys(("page", "q", "said", "keyword"), value))
    for address in every_page(rows).values():
        assert client.get(f"{address}?{query}").status_code < 500, address
