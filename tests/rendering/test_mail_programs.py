"""What mail programs, filters and text browsers make of the golden mails.

The lists of what the mails may use were checked against the data of caniemail.com (npm caniemail
2.0.2) for Gmail, Outlook (Windows, macOS, web, apps), Apple Mail and Yahoo (web, apps). Where one
of these drops something, the entry says what the reader has then. Something new: look it up first.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup, Tag

from digest.mail.mime.composer import render_templates
from tests.support.mails import GOLDEN, flat, html_of, links_of_html, links_of_text, parsed, text_of

MAILS = sorted(GOLDEN.glob("*.eml"))
PAGES = [path for path in MAILS if path.stem != "text-only"]
OURS = {"digest.example"}
PAPERS = {"arxiv.example", "code.example", "project.example", "arxiv.org", "doi.org"}

# Element: its attributes, besides class and style. Classes lose their meaning with the style sheet.
ELEMENTS = {
    "html": {"lang", "dir"},
    "head": set(),
    "meta": {"charset", "name", "content"},  # colour scheme: only Apple Mail knows it, else light
    "title": set(),
    "style": set(),  # not in Gmail's mobile site: the light colours and wide margins are inline
    "body": set(),  # Yahoo's apps and Outlook drop it: its colour is also that of the table .page
    "table": {"role", "width", "cellpadding", "cellspacing", "border"},
    "tr": set(),
    "td": {"align"},
    "div": {"role"},  # Yahoo knows roles of tables only: no landmarks, the headings remain
    "h1": set(),
    "h2": {"dir"},
    "h3": {"dir"},
    "p": {"dir"},
    "a": {"href", "aria-label"},  # Yahoo drops aria-label: "drop" stands behind its keyword
    "span": set(),
}
# Each is known to all of them, or the reader of one that drops it has what stands behind it.
PROPERTIES = {
    "background-color", "border", "border-top", "color", "font-family", "font-size", "font-weight",
    "line-height", "margin", "padding", "padding-bottom", "padding-top",
    "text-align", "text-decoration",
    "border-radius",  # Outlook for Windows: square corners
    "max-width",  # Outlook for Windows: the table in the comment for it is 640 wide
    "white-space",  # Outlook for Windows: a count may break in two lines
    "overflow-wrap", "word-break",  # Yahoo, Windows Mail: a word of 60 letters widens the mail
    "display", "max-height", "overflow", "mso-hide",  # the preheader; Gmail's mobile site shows
    # it in a font of 1px and the colour of the ground, Outlook for Windows obeys mso-hide
}  # fmt: skip
# Of the style sheet. Yahoo and Outlook for Windows drop prefers-color-scheme: the mail stays light.
MEDIA = {"(prefers-color-scheme: dark)", "(max-width: 480px)"}
IMPORTANT = {"background-color", "border-color", "border-radius", "color", "padding"}


def letters() -> Iterator[str]:
    link = {"link": "https://digest.example/confirm/a.b.c/", "home_url": "https://digest.example/"}
    for name in ("confirm", "preferences"):
        yield render_templates(name, link)[2]


def htmls() -> list[BeautifulSoup]:
    pages = [html_of(parsed(path.read_bytes())) for path in PAGES]
    return [*pages, *(BeautifulSoup(letter, "lxml") for letter in letters())]


def used_properties(page: BeautifulSoup) -> set[str]:
    styles = [str(node["style"]) for node in page.select("[style]")]
    return {name.strip() for style in styles for name in re.findall(r"([\w-]+)\s*:", style)}


def test_nothing_is_used_that_mail_programs_drop_without_a_fallback() -> None:
    for page in htmls():
        for node in page.find_all(True):
            assert isinstance(node, Tag)
            assert node.attrs.keys() - {"class", "style"} <= ELEMENTS[node.name], node
        assert used_properties(page) <= PROPERTIES


def test_the_lists_hold_nothing_that_is_not_used() -> None:
    pages = htmls()
    nodes = [node for page in pages for node in page.find_all(True)]
    assert {node.name for node in nodes} == ELEMENTS.keys()
    for name, attributes in ELEMENTS.items():
        used = {key for node in nodes if node.name == name for key in node.attrs}
        assert attributes == used - {"class", "style"}, name
    assert set().union(*map(used_properties, pages)) == PROPERTIES


def test_the_style_sheet_is_one_that_gmail_keeps() -> None:
    """It drops one that is over 16 kB (caniemail: html-style), and `url()` with all around it."""
    for page in htmls():
        (sheet,) = page.select("style")
        assert len(sheet.text) < 4_000
        assert set(re.findall(r"@\w+ ([^{]+?) \{", sheet.text)) == MEDIA
        assert set(re.findall(r"([\w-]+):\s*[^;{}]+ !important", sheet.text)) == IMPORTANT
        assert sheet.text.count(";") == sheet.text.count("!important")


def test_outlook_for_windows_gets_a_table_in_place_of_a_greatest_width() -> None:
    for path in PAGES:
        html = str(parsed(path.read_bytes()).get_body(("html",)))
        assert html.count("<!--[if mso]>") == html.count("<![endif]-->") == 2


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
def test_every_address_is_ours_or_a_papers_and_nothing_is_loaded(path: Path) -> None:
    mail = parsed(path.read_bytes())
    html = "" if path.stem == "text-only" else str(html_of(mail))
    found = re.findall(r"[a-z]+://[^\s\"'<>)]+", html + text_of(mail))
    assert {urlsplit(link).netloc for link in found} <= OURS | PAPERS
    assert not re.search(r"url\(|@import|@font-face|\b(?:src|srcset|background)=", html)
    words = re.sub(r"https?://\S+", "", f"{mail['Subject']} {html} {text_of(mail)}")
    assert not re.search(r"\bhf\b|hugging", words, re.IGNORECASE)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_both_parts_say_the_same(path: Path) -> None:
    mail = parsed(path.read_bytes())
    page, text = html_of(mail), flat(text_of(mail))
    assert links_of_html(mail) == links_of_text(mail)
    said = [
        flat(node.text)
        for node in page.select("h1, .opening, .title, .row-title, .facts, .abstract")
    ]
    assert [part for part in said if part not in text] == []
    places = [text.index(flat(title.text)) for title in page.select(".title, .row-title")]
    assert places == sorted(places)


def program(name: str, package: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is missing: apt-get install {package}")
    return found


@pytest.mark.slow
@pytest.mark.programs
@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
def test_spamassassin_finds_little(path: Path, tmp_path: Path) -> None:
    """By its own rules alone, without the network; the test prints what it holds against a mail."""
    done = subprocess.run(
        [program("spamassassin", "spamassassin"), "--local", "--test-mode"],
        input=path.read_bytes(),
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"},
        capture_output=True,
        check=True,
    )
    output = done.stdout.decode(errors="replace")
    found = re.search(r"^X-Spam-Status: .*?\bscore=(-?[\d.]+)", output, re.MULTILINE)
    assert found, output + done.stderr.decode(errors="replace")
    reasons = output[output.find("Content analysis details:") :]
    print(reasons)
    assert float(found[1]) < 1.0, reasons


@pytest.mark.slow
@pytest.mark.programs
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_text_browser_shows_the_page_in_its_order(path: Path) -> None:
    page = html_of(parsed(path.read_bytes()))
    done = subprocess.run(
        [program("w3m", "w3m"), "-dump", "-cols", "76", "-I", "UTF-8", "-O", "UTF-8",
         "-T", "text/html"],
        input=str(page).encode(),
        capture_output=True,
        check=True,
    )  # fmt: skip
    shown = re.sub(r"\s", "", done.stdout.decode())
    place = 0
    for node in page.select("h1, .opening, h2, h3, .facts, .because, .abstract, .foot"):
        wanted = re.sub(r"[\s\u2068\u2069]", "", node.text)
        place = re.sub(r"[\u2068\u2069]", "", shown).find(wanted, place)
        assert place >= 0, node.text
