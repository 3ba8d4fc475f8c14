"""Feeds of publishers: each puts authors, abstracts and links where it likes."""

from datetime import date

import pytest

from digest.ingest.formats import Record, feed
from digest.ingest.formats.identifiers.web_links import web_link

RECEIVED = date(2026, 11, 28)
ABSTRACT = "We watch the sea fall for a year, and find that it rises again."


def parsed(*items: str, head: str = "", title: str = "Tide Letters") -> list[Record]:
    data = (
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        f"<channel><title>{title}</title>{head}"
        f"{''.join(f'<item>{item}</item>' for item in items)}</channel></rss>"
    )
    return list(feed.parse(data.encode(), RECEIVED).records)


@pytest.mark.parametrize(
    "authors",
    [
        "<authors>Ann Ebb;Bo Flood; </authors>",
        "<authors><author>Ann Ebb</author><author>Bo Flood</author></authors>",
        "<author>Ann Ebb</author><author>Bo Flood</author>",
        "<author><name>Ann Ebb</name></author><author><name>Bo Flood</name></author>",
        "<dc:creator>Ann Ebb</dc:creator><dc:creator>Bo Flood</dc:creator>",
        "<author>no@tide.example</author><dc:creator>Ann Ebb, Bo Flood</dc:creator>",
        "<author>ed@tide.example (Ann Ebb, Bo Flood)</author>",
        "<dc:creator>Ann Ebb&lt;sup&gt;1&lt;/sup&gt;, Bo Flood&lt;sup&gt;*&lt;/sup&gt;"
        "</dc:creator>",
        '<x:creator xmlns:x="urn:mine">Ebb, Ann; Flood, Bo</x:creator>',
        "<description>Author(s): Ann Ebb, Bo Flood</description>",
    ],
)
def test_authors_wherever_they_stand(authors: str) -> None:
    (record,) = parsed(f"<title>On ebb</title>{authors}")
    assert record.authors == ("Ann Ebb", "Bo Flood")


@pytest.mark.parametrize(
    "texts",
    [
        f"<description>Tide Letters, EarlyView.</description><content:encoded>{ABSTRACT}"
        "</content:encoded>",
        f"<description>{ABSTRACT}</description><content:encoded>We watch…</content:encoded>",
        f"<description>We watch</description><content:encoded>&lt;h2&gt;ABSTRACT&lt;/h2&gt;"
        f"&lt;p&gt;{ABSTRACT}&lt;/p&gt;</content:encoded>",
        '<description>&lt;span&gt;&lt;div class="boxTitle"&gt;Abstract&lt;/div&gt;'
        f"{ABSTRACT}&lt;/span&gt;</description>",
        f"<description><div><p>On ebb</p><p>{ABSTRACT}</p></div></description>",
    ],
)
def test_the_longest_real_text_is_the_abstract(texts: str) -> None:
    (record,) = parsed(f"<title>On ebb</title>{texts}")
    assert record.abstract == ABSTRACT


def test_a_citation_gives_what_elements_do_not() -> None:
    (record,) = parsed(
        "<title>On ebb</title><description>&lt;p&gt;Publication date: March 2026&lt;/p&gt;&lt;p&gt;"
        "Source: Tide Letters, Volume 9&lt;/p&gt;&lt;p&gt;doi:10.5555/T.1&lt;/p&gt;</description>",
        title="F",
    )
    assert (record.abstract, record.doi) == ("", "10.5555/t.1")
    assert (record.published_on, record.published_precision) == (date(2026, 3, 1), "month")


@pytest.mark.parametrize("title", ["Editorial Board", "Table of Contents", "Contributors"])
def test_front_matter_is_named_and_does_not_count_as_unreadable(title: str) -> None:
    data = f"<rss><channel><title>F</title><item><title>{title}</title></item></channel></rss>"
    page = feed.parse(data.encode(), RECEIVED)
    assert page.records == ()
    assert [each.entry for each in page.skipped] == [title]


@pytest.mark.parametrize(
    ("channel", "newest", "day"),
    [
        ("2013-01-01", "2026-11-27", date(2026, 11, 27)),
        ("2026-11-28", "2026-11-20", date(2026, 11, 28)),
        ("2026-11-20", "2026-12-24", date(2026, 11, 20)),
    ],
)
def test_a_feeds_day_is_never_before_its_newest_entry(channel: str, newest: str, day: date) -> None:
    data = (
        f"<rss><channel><title>F</title><pubDate>{channel}</pubDate>"
        f"<item><title>On ebb</title><pubDate>{newest}</pubDate></item></channel></rss>"
    )
    assert feed.parse(data.encode(), RECEIVED).listed_on == day


@pytest.mark.parametrize("section", ["[ASAP]", "[Articles]", "[Research Article]", "[In Press]"])
def test_a_section_before_the_title_is_no_part_of_it(section: str) -> None:
    (record,) = parsed(
        f"<title>{section} On ebb</title><description>&lt;p&gt;&lt;cite&gt;Letters of the Tidal"
        "Society&lt;/cite&gt;&lt;/p&gt;&lt;p&gt;DOI: 10.5555/s1&lt;/p&gt;</description>"
    )
    assert (record.title, record.abstract, record.doi) == ("On ebb", "", "10.5555/s1")


@pytest.mark.parametrize("title", ["[Retracted] On ebb", "[3+2] Articles", "[ASAP]"])
def test_other_brackets_in_titles_stay(title: str) -> None:
    (record,) = parsed(f"<title>{title}</title>")
    assert record.title == title


@pytest.mark.parametrize(
    ("entry", "link"),
    [
        ("<link>/articles/9</link>", "https://tide.example/articles/9"),
        ("<link>//tide.example/10</link>", "https://tide.example/10"),
        ("<link>https://tide.example/a b</link>", "https://tide.example/a%20b"),
        ("<link>https://tide.example/é?q=日</link>", "https://tide.example/%C3%A9?q=%E6%97%A5"),
        ("<link>HTTPS://tide.example/UP</link>", "https://tide.example/UP"),
        ("<link>\nhttps://tide.example/11\n</link>", "https://tide.example/11"),
        ("<guid>https://tide.example/12</guid>", "https://tide.example/12"),
        ('<guid isPermaLink="false">urn:tide:5</guid>', ""),
        ("<link>#top</link>", ""),
        ("<link>javascript:alert(1)</link>", ""),
        ('<link xml:base="https://x.example/j/">13</link>', "https://x.example/j/13"),
        ('<link xml:base="/j/">14</link>', "https://tide.example/j/14"),
        ('<link xml:base="http://[x">/15</link>', "https://tide.example/15"),
    ],
)
def test_links_are_resolved_against_the_feed(entry: str, link: str) -> None:
    (record,) = parsed(f"<title>On ebb</title>{entry}", head="<link>https://tide.example/</link>")
    assert record.url == link


def test_a_base_that_is_no_address_refuses_nothing() -> None:
    data = (
        '<rss xml:base="http://[x"><channel><title>F</title><item xml:base="//["><title>On ebb'
        "</title><link>https://tide.example/9</link></item></channel></rss>"
    )
    (record,) = feed.parse(data.encode(), RECEIVED).records
    assert record.url == "https://tide.example/9"


@pytest.mark.parametrize(
    ("address", "base", "link"),
    [
        ("9", "", ""),
        ("//tide.example/9", "", "https://tide.example/9"),
        ("9", "https://tide.example/j/", "https://tide.example/j/9"),
        ("", "https://tide.example/j/", ""),
        ("./", "https://tide.example/j/", ""),
        ("https://ann:secret@tide.example/9", "", "https://tide.example/9"),
        ("https://bücher.example/100%", "", "https://xn--bcher-kva.example/100%25"),
        ("https://tide.example/a%20b", "", "https://tide.example/a%20b"),
        ("https://[tide", "", ""),
        ("https://" + "x" * 2000, "", ""),
    ],
)
def test_web_links(address: str, base: str, link: str) -> None:
    assert web_link(address, base) == link
