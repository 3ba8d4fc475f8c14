"""Google Scholar's alerts: encodings, forwarded copies, bylines, links that are only unwrapped."""

import contextlib
import email
import email.policy
from datetime import date
from email.message import EmailMessage
from pathlib import Path

import pytest

from digest.ingest.formats import BadDump, NotThisFormat, Page, Record, detect, scholar_alert
from digest.ingest.formats.entries.scholar_citation import read_byline, target_of

from .damaged_bytes import assert_survives
from .listing_pages import RECEIVED, titles

FILE = (
    Path(__file__).resolve().parent.parent.parent / "fixtures" / "scholar_alert" / "new_results.eml"
)
DATA = FILE.read_bytes()
HTML = email.message_from_bytes(DATA, policy=email.policy.default).get_content()
LINK = "https://scholar.google.com/scholar_url?url=https://rivers.example/a%3Fid%3D1&hl=en"
TEXT = f"""Hello, this came today.

> *[PDF] *Two *gauges* at a spring & the sea, which we read through a whole long
> winter
> <{LINK}>
> A One, B Two… - Journal of Invented Rivers, 2026
> We read two *gauges* at a spring
> and find that they agree, as …
>
> A tide <{LINK.replace("rivers", "tides")}>
> C Tern - arXiv preprint arXiv:2611.01234, 2026
>
> This message was sent by Google Scholar because you follow [river gauges].
> List alerts <https://scholar.google.com/scholar_alerts?view_op=list_alerts>
"""


def mail(subject: str = "river gauges - new results", cte: str = "8bit") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["Subject"] = "somebody@example.org", subject
    made["Date"] = "Wed, 18 Nov 2026 08:30:00 +0000"
    made.set_content(HTML, subtype="html", cte=cte, charset="utf-8")
    return made


def parse(data: bytes, listed_on: date | None = None) -> Page:
    return scholar_alert.parse(data, RECEIVED, listed_on)


def test_every_field() -> None:
    read = parse(DATA)
    assert (read.listed_on, read.is_backfill, read.skipped) == (date(2026, 11, 18), False, ())
    assert read.records[0] == Record(
        title="Two gauges at a spring & the sea",
        abstract="We read two gauges at a spring and find that they agree, as …",
        authors=("A One", "B Two"),
        journal="Journal of Invented Rivers",
        published_on=date(2026, 1, 1),
        published_precision="year",
        url="https://rivers.example/a?id=1&v=2",
    )
    arxiv, citation, press = read.records[1:]
    assert (arxiv.arxiv_id, arxiv.journal, arxiv.url) == ("2611.01234", "", "")
    # Its link leads to Scholar itself, its journal is cut off, and there is no snippet.
    assert (citation.title, citation.url) == ("A gauge without a page", "")
    assert (citation.journal, citation.abstract) == ("", "")
    assert (press.doi, press.authors) == ("10.9999/gauges.7", ("F Wren",))
    assert press.abstract == "A gauge in the press ..."


@pytest.mark.parametrize("cte", ["quoted-printable", "base64", "8bit"])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
@pytest.mark.parametrize(
    "subject",
    [
        "Ada One - new citations",
        "Recommended articles",
        "Flüsse – neue Ergebnisse",
        "河流 - 新结果",
    ],
)
def test_mails_of_any_kind_and_encoding(cte: str, line_end: bytes, subject: str) -> None:
    data = mail(subject, cte).as_bytes().replace(b"\n", line_end)
    assert detect(data) == "scholar_alert"
    assert parse(data).records == parse(DATA).records


def test_a_forwarded_copy_with_prefixed_classes_and_a_plain_part() -> None:
    outer = EmailMessage()
    outer["Date"] = "Thu, 19 Nov 2026 10:00:00 +0000"
    outer.set_content("See below.")
    prefixed = HTML.replace('class="gse_', 'class="m_7gse_')
    outer.add_alternative(prefixed, subtype="html")
    assert parse(outer.as_bytes()).records == parse(DATA).records
    enclosed = EmailMessage()
    enclosed["Date"] = "Thu, 19 Nov 2026 10:00:00 +0000"
    enclosed.set_content("See the alert.")
    enclosed.add_attachment(mail())
    assert parse(enclosed.as_bytes()).listed_on == date(2026, 11, 18)


def test_html_without_its_classes() -> None:
    bare = HTML.replace('class="gse_alrt_title"', "").replace('class="gse_alrt_sni"', "").encode()
    read = parse(bare)
    assert detect(bare) == "scholar_alert"
    assert titles(read) == titles(parse(DATA))
    assert read.records[0] == parse(DATA).records[0]
    assert read.listed_on is None


@pytest.mark.parametrize("is_mail", [True, False])
def test_text_as_it_is_forwarded(is_mail: bool) -> None:
    made = EmailMessage()
    made["Date"] = "Thu, 19 Nov 2026 10:00:00 +0000"
    made.set_content(TEXT)
    data = made.as_bytes() if is_mail else TEXT.encode()
    assert detect(data) == "scholar_alert"
    first, second = parse(data).records
    assert first.title == (
        "Two gauges at a spring & the sea, which we read through a whole long winter"
    )
    assert first.abstract == "We read two gauges at a spring and find that they agree, as …"
    assert (first.authors, first.url) == (("A One", "B Two"), "https://rivers.example/a?id=1")
    assert (second.title, second.arxiv_id, second.abstract) == ("A tide", "2611.01234", "")


def test_a_link_behind_a_blank_line_and_a_snippet_without_an_end() -> None:
    text = f"A spring\n\n{LINK}\n\nA One - Rivers, 2026\nWe read a gauge\n"
    (record,) = parse(text.encode()).records
    assert (record.title, record.abstract) == ("A spring", "We read a gauge")


@pytest.mark.parametrize(
    ("byline", "authors", "journal", "year"),
    [
        ("A One, B Two - Journal of Rivers, 2026", ("A One", "B Two"), "Journal of Rivers", 2026),
        ("A One… - Tides, Seas, 2026 - x.org", ("A One",), "Tides, Seas", 2026),
        ("A One - … of Rivers, 2026", ("A One",), "", 2026),
        ("A One - bioRxiv, 2026 - biorxiv.org", ("A One",), "", 2026),
        ("A One - researchgate.net", ("A One",), "", None),
        ("A One\u00a0- 2026", ("A One",), "", 2026),
        ("2026", (), "", 2026),
        ("A One, B Two", ("A One", "B Two"), "", None),
        ("", (), "", None),
    ],
)  # fmt: skip
def test_bylines(byline: str, authors: tuple[str, ...], journal: str, year: int | None) -> None:
    read = read_byline(" ".join(byline.split()))
    assert (read.authors, read.journal) == (authors, journal)
    assert (read.published.day.year if read.published else None) == year


@pytest.mark.parametrize(
    ("link", "target"),
    [
        (LINK, "https://rivers.example/a?id=1"),
        ("https://scholar.google.co.uk/scholar_url?hl=de&url=http://a.example/x", "http://a.example/x"),
        ("https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fscholar.google.com%2F"
         "scholar_url%3Furl%3Dhttps%3A%2F%2Fa.example%2Fx%26hl%3Den&data=7", "https://a.example/x"),
        ("https://scholar.google.com/scholar?cluster=7", ""),
        ("https://scholar.google.com/scholar_url?hl=en", ""),
        ("https://scholar.google.com/scholar_url?url=javascript:alert(1)", ""),
        ("https://a.example/scholar_url?url=https://b.example", "https://a.example/scholar_url?url=https://b.example"),
        ("https://[", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_links_are_unwrapped(link: str, target: str) -> None:
    assert target_of(link) == target


def test_redirects_within_redirects_end() -> None:
    link = "https://scholar.google.com/scholar_url?url=" * 200
    assert target_of(link) == ""


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"Subject: Lunch\n\nAt noon?\n", "not a Google Scholar alert"),
        (b"title,doi\nA,B\n", "not a Google Scholar alert"),
        (
            b"Subject: Confirm\n\nhttps://scholar.google.com/scholar_alerts?confirm=1\n",
            "lists no papers",
        ),
        (b"", "empty"),
    ],
)
def test_what_is_no_alert(data: bytes, sentence: str) -> None:
    assert not scholar_alert.looks_like(data)
    with pytest.raises(BadDump, match=sentence):
        parse(data)


def test_a_text_that_only_links_to_scholar() -> None:
    text = f"Dear all,\n\nsee {LINK}\nfor more.\n\nBest,\nA.\n"
    with pytest.raises(BadDump, match="lists no papers"):
        parse(text.encode())
    with pytest.raises(NotThisFormat):
        parse(b"Dear all")


HEAD = (
    b"Content-Type: text/html\n\n<h3><a class='gse_alrt_title' href='x'>A</a></h3><div>B - C</div>"
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    ["<", "<div>", "<h3><a href='scholar'>A", "<div>A", "<br>", f"A <{LINK}>\n", "> ", "*a"],
)
def test_hostile_mails_end(piece: str) -> None:
    noise = (piece * (1_000_000 // len(piece))).encode()
    assert len(parse(HEAD + noise).records) <= 1_000
    scholar_alert.looks_like(HEAD + noise)
    with contextlib.suppress(BadDump):
        assert len(parse(b"Subject: A\n\n" + noise).records) <= 1_000


def test_damaged() -> None:
    assert_survives("scholar_alert", mail().as_bytes())


@pytest.mark.parametrize("start", ["<!doctype html>", "X-Lost: headers\n\n<div class='a'>\n"])
def test_html_that_its_headers_call_text_is_html(start: str) -> None:
    data = b"Subject: A\nContent-Type: text/plain; charset=utf-8\n\n" + start.encode()
    assert titles(parse(data + HTML.encode())) == titles(parse(DATA))
