"""The daily listing mail, as text, as .eml in the ways mails are written, and forwarded."""

from datetime import date
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.ingest.formats import BadDump, NotThisFormat, Record, Skipped, arxiv_mail, detect

FIXTURE = Path(__file__).resolve().parent.parent.parent / "fixtures" / "arxiv_mail" / "listing.txt"
DATA = FIXTURE.read_bytes()
TEXT = DATA.decode()
BODY = TEXT.partition("\n\n")[2]
RECEIVED = date(2026, 11, 21)
REPLACED = Skipped("Older Sand", "a replacement of a paper listed before")


def message(body: str = BODY, **how: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "no-reply@arxiv.org"
    mail["To"] = "reader@example.org"
    mail["Subject"] = "cs daily Subj-class mailing 0a0a0a 1"
    mail["Date"] = "Fri, 20 Nov 2026 01:44:20 +0000"
    mail.set_content(body, **how)
    return mail


def test_every_field() -> None:
    assert detect(DATA) == "arxiv_mail"
    read = arxiv_mail.parse(DATA, RECEIVED)
    assert (read.listed_on, read.skipped) == (date(2026, 11, 20), (REPLACED,))
    new, cross, withdrawn = read.records
    assert new == Record(
        title="Tide Tables for Tokens: Attention & the Moon",
        abstract="Attention rises and falls with the moon. Date: none of these "
        "Title lines is a field.",
        authors=("Zoë Ebb", "Noor Flood", "Li Neap"),
        published_on=date(2026, 11, 18),
        arxiv_id="2611.00017",
        doi="10.5555/tide.2026.17",
        categories=("cs.CL", "cs.LG"),
    )
    assert (cross.arxiv_id, cross.published_on) == ("math/0309136", date(2003, 9, 8))
    assert (withdrawn.arxiv_id, withdrawn.withdrawn_on) == ("2402.00002", date(2026, 11, 19))


@pytest.mark.parametrize(
    "mail",
    [
        message(),
        message(cte="base64"),
        message(cte="quoted-printable"),
        message(BODY.replace('Zo\\"e', "Zoë"), charset="iso-8859-1"),
        message(BODY.replace('Zo\\"e', "Zoë"), charset="utf-8", cte="8bit"),
    ],
)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_mails_as_they_are_sent(mail: EmailMessage, line_end: bytes) -> None:
    data = mail.as_bytes().replace(b"\n", line_end)
    assert detect(data) == "arxiv_mail"
    assert arxiv_mail.parse(data, RECEIVED) == arxiv_mail.parse(DATA, RECEIVED)


def test_a_part_among_others_and_an_mbox_line() -> None:
    outer = MIMEMultipart("alternative")
    outer["Date"] = "Fri, 20 Nov 2026 01:44:20 +0000"
    outer.attach(MIMEText(BODY, "plain"))
    outer.attach(MIMEText("<p>not this</p>", "html"))
    data = b"From arxiv Fri Nov 20 01:44:20 2026\n" + outer.as_bytes()
    assert arxiv_mail.parse(data, RECEIVED) == arxiv_mail.parse(DATA, RECEIVED)


def test_a_mail_of_html_only() -> None:
    html = "".join(f"{line}<br>\n" for line in BODY.replace("&", "&amp;").splitlines())
    mail = message(html, subtype="html")
    read = arxiv_mail.parse(mail.as_bytes(), RECEIVED)
    assert [record.arxiv_id for record in read.records] == [
        "2611.00017",
        "math/0309136",
        "2402.00002",
    ]


def test_a_forwarded_mail_keeps_its_own_day() -> None:
    outer = EmailMessage()
    outer["Date"] = "Mon, 23 Nov 2026 10:00:00 +0000"
    outer.set_content("See the listing.")
    outer.add_attachment(message())
    assert arxiv_mail.parse(outer.as_bytes(), date(2026, 11, 24)).listed_on == date(2026, 11, 20)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_text_that_an_editor_saved(encoding: str) -> None:
    data = TEXT.encode(encoding)
    assert detect(data) == "arxiv_mail"
    assert arxiv_mail.parse(data, RECEIVED) == arxiv_mail.parse(DATA, RECEIVED)


def test_the_day_without_headers() -> None:
    assert arxiv_mail.parse(BODY.encode(), RECEIVED).listed_on == date(2026, 11, 19)
    bare = BODY.replace(" received from", " since").encode()
    with pytest.raises(BadDump, match="--listed-on"):
        arxiv_mail.parse(bare, RECEIVED)
    assert arxiv_mail.parse(bare, RECEIVED, date(2026, 11, 20)).listed_on == date(2026, 11, 20)


def test_a_cut_mail_names_what_is_missing() -> None:
    read = arxiv_mail.parse(TEXT[: TEXT.index("  We tie knots")].encode(), RECEIVED)
    assert [record.arxiv_id for record in read.records] == ["2611.00017"]
    assert read.skipped == (Skipped("Knots in Wet Rope", "its end is missing"),)


def test_an_entry_cut_within_its_fields() -> None:
    start, end = TEXT.index("Categories: math.GT"), TEXT.index("%%--%%--")
    read = arxiv_mail.parse((TEXT[:start] + TEXT[end:]).encode(), RECEIVED)
    assert Skipped("Knots in Wet Rope", "its end is missing") in read.skipped
    assert len(read.records) == 2


def test_an_entry_whose_id_is_damaged_is_named() -> None:
    read = arxiv_mail.parse(DATA.replace(b"Paper (*cross", b"Pxper (*cross"), RECEIVED)
    assert read.skipped[0] == Skipped("Knots in Wet Rope", "its id line cannot be read")
    assert len(read.records) == 2
    read = arxiv_mail.parse(DATA.replace(b"arXiv:2611.00017\n", b"arXiv:26x1.00017\n"), RECEIVED)
    assert read.skipped[0].reason == "its arXiv id cannot be read"


def test_a_day_without_papers() -> None:
    empty = BODY[: BODY.index("\\\\\n")] + BODY[BODY.index("%%%---") :]
    mail = message(empty)
    assert arxiv_mail.parse(mail.as_bytes(), RECEIVED).records == ()
    with pytest.raises(BadDump, match="cut off before the first paper"):
        arxiv_mail.parse(message(empty[: empty.index("%%%---")]).as_bytes(), RECEIVED)


@pytest.mark.parametrize(
    "data",
    [
        b"Date: Fri, 20 Nov 2026 01:44:20 GMT\nSubject: Lunch\n\nAt noon?\n",
        b"<html><body>Log in</body></html>",
        b"\\\\\nnothing\n\\\\\n",
    ],
)
def test_something_else(data: bytes) -> None:
    assert not arxiv_mail.looks_like(data)
    with pytest.raises(NotThisFormat):
        arxiv_mail.parse(data, RECEIVED)


def test_a_mail_without_text() -> None:
    mail = EmailMessage()
    mail["Subject"] = "A picture"
    mail.set_content(b"\x89PNG", "image", "png")
    with pytest.raises(BadDump, match="no text"):
        arxiv_mail.parse(mail.as_bytes(), RECEIVED)


@settings(max_examples=40)
@given(st.binary(max_size=200), st.binary(max_size=80))
def test_any_headers_and_charset(headers: bytes, charset: bytes) -> None:
    data = (
        b"Subject: x\nContent-Type: text/plain; charset=" + charset + b"\n" + headers + b"\n\n"
        + BODY.encode()
    )  # fmt: skip
    arxiv_mail.looks_like(data)
    try:
        read = arxiv_mail.parse(data, RECEIVED)
    except BadDump:
        return
    assert len(read.records) <= 4


BARE = "".join(
    f"\\\\\narXiv:2611.0010{number}\nDate: Mon, 16 Nov 2026 10:00:00 GMT   (14kb)\n\nTitle: Tide "
    f'{number}\nAuthors: Zo\\"e Ebb and Noor Flood\nCategories: cs.CL\n{"-" * 78}\n'
    for number in range(3)
)


def test_a_list_of_the_past_week_has_neither_abstracts_nor_a_day() -> None:
    assert detect(BARE.encode()) == "arxiv_mail"
    read = arxiv_mail.parse(BARE.encode(), RECEIVED)
    assert (read.listed_on, read.skipped) == (None, ())
    assert [record.title for record in read.records] == ["Tide 0", "Tide 1", "Tide 2"]
    assert read.records[0] == Record(
        title="Tide 0",
        authors=("Zoë Ebb", "Noor Flood"),
        published_on=date(2026, 11, 16),
        arxiv_id="2611.00100",
        categories=("cs.CL",),
    )
    assert arxiv_mail.parse(BARE.encode(), RECEIVED, date(2026, 11, 19)).listed_on is not None


def test_such_a_list_that_is_cut_off_names_what_is_missing() -> None:
    read = arxiv_mail.parse(BARE[: BARE.rindex("Categories")].encode(), RECEIVED)
    assert [record.title for record in read.records] == ["Tide 0", "Tide 1"]
    assert read.skipped == (Skipped("Tide 2", "its end is missing"),)
