"""Every page is HTML that a strict parser accepts, with ids and labels that lead somewhere."""

from collections import Counter

import pytest
from django.test import Client

from .every_page import every_page, make_rows
from .pages import Page

pytestmark = pytest.mark.django_db

VOID = frozenset(
    {
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source",
        "track", "wbr",
    }
)  # fmt: skip
# What may not be within a paragraph: a browser ends the paragraph before it.
BLOCKS = frozenset(
    {
        "address", "article", "aside", "blockquote", "details", "div", "dl", "fieldset", "footer",
        "form", "h1", "h2", "h3", "h4", "header", "hr", "main", "nav", "ol", "p", "pre", "section",
        "table", "ul",
    }
)  # fmt: skip
IDS = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "form", "list")


class StrictPage(Page):
    """A page whose tags must be closed in their order; `faults` says which are not."""

    def __init__(self, response: object) -> None:
        self.open: list[str] = []
        self.faults: list[str] = []
        super().__init__(response)
        self.faults += [f"<{tag}> is never closed" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        super().handle_starttag(tag, attrs)
        for name, count in Counter(name for name, _ in attrs).items():
            if count > 1:
                self.faults.append(f"<{tag}> has {name} twice")
        if tag in BLOCKS and "p" in self.open:
            self.faults.append(f"<{tag}> within <p>")
        for kind in ("a", "button", "form"):
            if tag == kind and kind in self.open:
                self.faults.append(f"<{kind}> within <{kind}>")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self.open[-1:]}")
        else:
            self.open.pop()


def faults(response: object) -> list[str]:
    page = StrictPage(response)
    counts = Counter(each["id"] for _, each in page.tags if "id" in each)
    found = page.faults + [f"id {name} twice" for name, count in counts.items() if count > 1]
    for tag, each in page.tags:
        # htmx reads data-hx-, which HTML allows.
        found += [f"<{tag}> has {name}" for name in each if name.startswith("hx-")]
        for name in IDS:
            # Options of time zones are added by the script.
            wanted = set(each.get(name, "").split()) - {"zone-names"}
            found += [f"<{tag} {name}={known}> leads nowhere" for known in wanted - counts.keys()]
    for needed in ("html", "title", "h1", "main"):
        if len(page.all(needed)) != 1:
            found.append(f"{len(page.all(needed))} times <{needed}>")
    if not page.source.lower().startswith("<!doctype html>"):
        found.append("no doctype")
    return found


def test_every_page_is_valid(client: Client) -> None:
    found = {}
    for name, address in every_page(make_rows()).items():
        response = client.get(address)
        if response.status_code == 200 and (wrong := faults(response)):
            found[name] = wrong
    assert found == {}


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("<p><b>a</p></b>", "</p> closes"),
        ("<div>", "<div> is never closed"),
        ("<p><ul></ul></p>", "<ul> within <p>"),
        ("<a href=x><a href=y></a></a>", "<a> within <a>"),
        ("<i id=a></i><b id=a></b>", "id a twice"),
        ("<label for=b></label>", "leads nowhere"),
        ("<img alt='' alt='a'>", "<img> has alt twice"),
        ("<div hx-get='/'></div>", "<div> has hx-get"),
    ],
)
def test_faults_are_found(source: str, fault: str) -> None:
    class Response:
        content = source.encode()

    assert fault in " ".join(faults(Response()))
