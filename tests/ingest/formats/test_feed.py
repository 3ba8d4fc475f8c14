"""Feeds of all kinds: the arXiv's, journals', labelled lists, and XML that is not quite XML."""

from datetime import date
from pathlib import Path

import pytest

from digest.ingest.formats import BadDump, NotThisFormat, Record, Skipped, detect, feed

FOLDER = Path(__file__).resolve().parent.parent.parent / "fixtures" / "feed"
ARXIV, JOURNAL, LABELLED = (
    FOLDER.joinpath(name).read_bytes() for name in ("arxiv.rss", "journal.rdf", "labelled.xml")
)
RECEIVED = date(2026, 11, 21)


def rss(*items: str, head: str = "") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel><title>F</title>'
        f"{head}{''.join(f'<item>{item}</item>' for item in items)}</channel></rss>\n"
    ).encode()


def one(item: str) -> Record:
    (record,) = feed.parse(rss(item), RECEIVED).records
    return record


@pytest.mark.parametrize("data", [ARXIV, JOURNAL, LABELLED])
def test_it_is_recognised(data: bytes) -> None:
    assert detect(data) == "feed"
    assert feed.parse(data, RECEIVED, date(2020, 1, 1)).listed_on == date(2020, 1, 1)


def test_the_arxivs_feed() -> None:
    read = feed.parse(ARXIV, RECEIVED)
    assert read.listed_on == date(2026, 11, 20)
    assert read.skipped == (Skipped("Older Sand", "a replacement of a paper listed before"),)
    new, cross, withdrawn = read.records
    assert new == Record(
        title="Tide Tables for Tokens: Attention & the Moon",
        abstract="Attention rises where a<b and falls where p<q, at $x > 3$.",
        authors=("Zoë Ebb", "Noor Flood", "Li Neap"),
        published_on=date(2026, 11, 20),
        arxiv_id="2611.00017",
        categories=("cs.CL", "cs.LG"),
    )
    assert (cross.arxiv_id, cross.abstract, cross.published_on) == (
        "2505.01234",
        "We count sand.",
        None,
    )
    assert (withdrawn.arxiv_id, withdrawn.withdrawn_on) == ("2402.00002", date(2026, 11, 20))


def test_a_feed_of_replacements_only_is_a_good_page() -> None:
    item = (
        "<title>T</title><description>arXiv:2401.00001v4 Announce Type: replace \n"
        "Abstract: We counted.</description>"
    )
    read = feed.parse(rss(item, item), RECEIVED)
    assert (len(read.records), len(read.skipped)) == (0, 2)


def test_a_journals_feed() -> None:
    read = feed.parse(JOURNAL, RECEIVED)
    assert (read.listed_on, read.skipped) == (date(2026, 11, 19), ())
    assert read.records == (
        Record(
            title="Ebb in Fucus & kin",
            abstract="Low water bares the weed.\n\nWe count it, twice.",
            authors=("J. Smith", "A. B. Doe"),
            published_on=date(2026, 11, 18),
            journal="Journal of Tides",
            url="https://journal.example/10.5555/tide.1?rss=1",
            doi="10.5555/tide.1",
        ),
    )


def test_a_labelled_list() -> None:
    assert feed.parse(LABELLED, RECEIVED).records == (
        Record(
            title="Gulls Read Maps",
            abstract="Gulls fold maps as people do.\n\nThat is: badly.",
            authors=("Mo Wing", "Al Beak"),
            published_on=date(2026, 11, 19),
            arxiv_id="2611.00021",
            upvotes=52,
        ),
    )


@pytest.mark.parametrize(
    ("end", "reason", "on"),
    [
        (" (arXiv:2301.00001v1 [cs.AI])", "", date(2026, 11, 19)),
        (". (arXiv:2301.00001v1 [cs.AI] CROSS LISTED)", "", None),
        (" (arXiv:2301.00001v2 [cs.AI] UPDATED)", "a replacement", None),
    ],
)
def test_titles_until_2024(end: str, reason: str, on: date | None) -> None:
    item = (
        f"<title>Old Sand{end}</title><link>http://arxiv.org/abs/2301.00001</link>"
        "<description>&lt;p&gt;We counted.&lt;/p&gt;</description>"
        "<pubDate>Thu, 19 Nov 2026 00:00:00 +0000</pubDate>"
    )
    read = feed.parse(rss(item), RECEIVED)
    if reason:
        assert read.skipped[0].reason.startswith(reason)
        return
    (record,) = read.records
    assert (record.title, record.abstract) == ("Old Sand", "We counted.")
    assert (record.arxiv_id, record.published_on) == ("2301.00001", on)


@pytest.mark.parametrize(
    "data",
    [
        rss(),
        b"<rss version='2.0'/>",
        b"<feed xmlns='http://www.w3.org/2005/Atom'/>",
        b'<?xml version="1.0"?><!-- quiet --><feed xmlns="http://www.w3.org/2005/Atom">'
        b"<title>F</title></feed>",
    ],
)
def test_an_empty_feed_is_a_page_without_papers(data: bytes) -> None:
    assert detect(data) == "feed"
    assert feed.parse(data, RECEIVED).records == ()


def test_the_day_of_a_week_end() -> None:
    data = rss(head="<pubDate>Sat, 21 Nov 2026 00:00:00 -0500</pubDate>")
    assert feed.parse(data, RECEIVED).listed_on == date(2026, 11, 21)
    assert feed.parse(rss(), RECEIVED).listed_on is None


def test_atom_with_several_authors() -> None:
    data = (
        b'<feed xmlns="http://www.w3.org/2005/Atom"><title>F</title><updated>2026-11-20T01:00:00+09:00'
        b"</updated><entry><id>urn:1</id><title type='html'>On &lt;em&gt;moss&lt;/em&gt;</title>"
        b"<author><name>Ann Green</name></author><author><name>Bo Wall, Jr.</name></author>"
        b"<link href='https://moss.example/1'/><category term='moss'/><category term='moss'/>"
        b"<published>2026-11-18T23:00:00-05:00</published>"
        b"<content type='html'>&lt;p&gt;It grows.&lt;/p&gt;</content></entry></feed>"
    )
    read = feed.parse(data, RECEIVED)
    assert read.listed_on == date(2026, 11, 19)
    assert read.records == (
        Record(
            title="On moss",
            abstract="It grows.",
            authors=("Ann Green", "Bo Wall Jr."),
            published_on=date(2026, 11, 19),
            journal="F",
            url="https://moss.example/1",
            keywords=("moss",),
        ),
    )


@pytest.mark.parametrize(
    ("creator", "authors"),
    [
        ("Ann Green", ("Ann Green",)),
        ("Ann Green, Bo Wall", ("Ann Green", "Bo Wall")),
        ("Green, A.", ("A. Green",)),
        ("Green, Ann", ("Ann Green",)),
        ("ann@moss.example", ()),
        ("ann@moss.net (Ann Green)", ("Ann Green",)),
    ],
)
def test_authors_in_one_line(creator: str, authors: tuple[str, ...]) -> None:
    item = f"<title>T</title><dc:creator>{creator}</dc:creator>"
    data = rss(item).replace(b"<rss", b'<rss xmlns:dc="http://purl.org/dc/elements/1.1/"')
    assert feed.parse(data, RECEIVED).records[0].authors == authors


@pytest.mark.parametrize("link", ["javascript:alert(1)", "ftp://x.example/1", "/papers/1", "x y"])
def test_only_addresses_of_the_web(link: str) -> None:
    assert one(f"<title>T</title><link>{link}</link>").url == ""


def test_entities_of_html_and_bare_ampersands_are_mended() -> None:
    record = one(
        "<title>R&D &mdash; &nope; &#945;</title><description>a &amp; b&nbsp;c</description>"
    )
    assert (record.title, record.abstract) == ("R&D — &nope; α", "a & b c")


def test_entries_without_a_title_or_with_damage_are_named() -> None:
    good = ["<title>A</title>"] * 3
    read = feed.parse(rss(*good, "<description>x</description>", "<title>B\x01</title>"), RECEIVED)
    assert len(read.records) == 3
    assert [skipped.reason for skipped in read.skipped] == [
        "it has no title",
        "it contains damaged characters",
    ]


@pytest.mark.parametrize("end", [len(ARXIV) - 8, len(ARXIV) // 2, 300])
def test_a_cut_feed_is_refused_whole(end: int) -> None:
    with pytest.raises(BadDump, match="cut off"):
        feed.parse(ARXIV[:end], RECEIVED)


def test_an_entry_that_does_not_end_is_left_out_alone() -> None:
    read, whole = (
        feed.parse(data, RECEIVED) for data in (ARXIV.replace(b"</item>", b"", 1), ARXIV)
    )
    assert read.records == whole.records[1:]
    assert read.skipped[-1] == Skipped(whole.records[0].title, "its XML is damaged")


def test_crossed_tags_of_the_feed_itself_are_refused() -> None:
    with pytest.raises(BadDump, match="damaged at line"):
        feed.parse(ARXIV.replace(b"<channel>", b"<channel><b>", 1), RECEIVED)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "a web page"),
        (b"502 Bad Gateway", "something else"),
        (b"<RDF>nothing at all</RDF>", "not an RSS or Atom feed"),
    ],
)
def test_something_else(data: bytes, sentence: str) -> None:
    with pytest.raises(NotThisFormat, match=sentence):
        feed.parse(data, RECEIVED)


@pytest.mark.parametrize("data", [b"/etc/passwd", b"http://127.0.0.1:1/", b"file:///etc/passwd"])
def test_a_path_or_an_address_is_not_opened(data: bytes) -> None:
    with pytest.raises(BadDump):
        feed.parse(data, RECEIVED)


def test_a_bomb_of_entities_is_refused() -> None:
    levels = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
    bomb = f'<!DOCTYPE rss [<!ENTITY e0 "x">{levels}]>'
    data = rss("<title>T &e9;</title>").replace(b"<rss", bomb.encode() + b"<rss")
    with pytest.raises(BadDump, match="its own entities"):
        feed.parse(data, RECEIVED)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_marks_of_encodings(encoding: str) -> None:
    data = ARXIV.decode().encode(encoding)
    assert detect(data) == "feed"
    assert feed.parse(data, RECEIVED) == feed.parse(ARXIV, RECEIVED)


def test_a_declared_encoding_is_believed() -> None:
    text = LABELLED.decode().replace("UTF-8", "iso-8859-1").replace("Gulls Read", "Möwen lesen")
    (record,) = feed.parse(text.encode("latin-1"), RECEIVED).records
    assert record.title == "Möwen lesen Maps"


def test_one_broken_byte_does_not_turn_the_rest_into_mojibake() -> None:
    data = rss("<title>Zoë A</title>", "<title>Noë B</title>", "<title>Joë C</title>")
    read = feed.parse(data.replace("Noë".encode(), b"No\xc3"), RECEIVED)
    assert [record.title for record in read.records] == ["Zoë A", "Joë C"]
    assert read.skipped[0].reason == "it contains damaged characters"
