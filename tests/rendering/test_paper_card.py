"""One paper: exact marks, honest facts, safe links."""

from binascii import a2b_qp
from datetime import date
from typing import Any

import pytest

from digest.ingest.papers.paper_links import safe_link
from digest.mail.mime.wrapping import LINK_NUMBER
from digest.matching.index import PaperIndex
from digest.matching.query import parse
from digest.models import Paper
from digest.paper_texts import paper_text
from digest.rendering.card_pieces import Variant, action_links, card_key, render_card
from digest.rendering.excerpts import Piece
from digest.rendering.paper_card import Card, card, clipped, isolated, pieces
from digest.rendering.sections import grouped, ranked_keywords
from subscriptions.links import address

SHORT = Variant("short", 2)


def paper(title: str = "A robot", **fields: Any) -> Paper:
    return Paper(**({"id": 7, "title": title, "url": "https://a.example/7", "seq": 1} | fields))


def made(about: Paper, *keywords: str) -> Card:
    return card(PaperIndex([paper_text(about)]), about, [parse(text) for text in keywords], "why")


def shown(about: Card, variant: Variant = SHORT) -> tuple[str, str]:
    """Its HTML and its text."""
    html, text = (a2b_qp(b"".join(part)).decode() for part in render_card(about, variant))
    return html, text


def plain(found: tuple[Piece, ...]) -> str:
    return "".join(piece.text for piece in found)


def marked(found: tuple[Any, ...]) -> list[str]:
    return [piece.text for piece in found if piece.hit]


def test_hits_are_marked_in_what_is_read_not_in_what_was_written() -> None:
    about = paper(r"M$^3$ViT: \emph{fine-tuning} of $\alpha_1$ robots\n".replace(r"\n", "\n"))
    found = made(about, "fine tuning", "robot", "M3ViT")
    assert plain(found.title) == "M³ViT: fine-tuning of α₁ robots"
    assert marked(found.title) == ["M³ViT", "fine-tuning", "robots"]


def test_overlapping_hits_are_marked_once() -> None:
    assert [tuple(piece) for piece in pieces("abcdef", [(0, 3), (2, 4), (1, 2)])] == [
        ("abc", True), ("d", True), ("ef", False),
    ]  # fmt: skip


def test_a_shortened_abstract_begins_with_the_sentence_that_hit() -> None:
    filler = "This says nothing at all. " * 40
    found = made(paper("T", abstract=f"{filler}Here comes $\\alpha$ robot. {filler}"), "robot")
    text = "".join(piece.text for piece in found.abstract)
    assert text == "Here comes α robot."
    assert marked(found.abstract) == ["robot"]
    whole = "".join(piece.text for piece in found.whole_abstract)
    assert whole.count("This says nothing") == 80


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://arxiv.org/abs/1?x=1#a", True),
        ("HTTP://a.example", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("https://a.example/ b", False),
        ("https://a.example/\r\nBcc: x", False),
        ("https:///nowhere", False),
        ('https://a.example/"onclick', False),
        ("", False),
    ],
)
def test_only_safe_links(url: str, safe: bool) -> None:
    assert bool(safe_link(url)) is safe
    about = made(paper(url=url, code_url=url, project_url=url), "robot")
    html, text = shown(about)
    own = address("paper", about.paper.pk)  # where the title leads without a link
    assert (f'href="{own}"' in html, own in text) == (not safe, not safe)
    assert html.count("href=") == (3 if safe else 1)
    assert len(about.links) == (2 if safe else 0)
    if not safe and url:
        assert url not in text


def test_facts_and_changes() -> None:
    about = paper(authors=[r"S{\o}ren", "B", "C", "D"], published_on=date(2026, 11, 8), upvotes=1,
                  comment_count=12)  # fmt: skip
    assert made(about).facts == "Søren, B, C et al. · 8 Nov 2026 · 12 comments · 1 upvote"
    assert made(paper(organization="A lab")).facts == "A lab"
    assert made(paper()).changes == ""
    assert made(paper(withdrawn_at=date(2026, 11, 9))).changes == "Withdrawn on 9 Nov 2026."
    assert made(paper(renumbered=True)).changes.startswith("Updated")


def test_a_preprint_that_is_published_says_so_and_links_to_it() -> None:
    both = {"versions": "both", "arxiv_id": "2611.00001", "doi": "10.1000/x", "journal": "Rivers"}
    assert made(paper(**both)).changes == ""
    about = made(paper(**both, renumbered=True))
    assert about.changes == "Updated: it is both a preprint and published in Rivers."
    assert [label for label, _ in about.links] == ["PDF", "arXiv", "DOI"]
    itself = made(paper(arxiv_id="2611.00001", url="https://arxiv.org/abs/2611.00001"), "robot")
    html, text = shown(itself)
    assert html.count("https://arxiv.org/abs/2611.00001") == 2
    assert f"[{LINK_NUMBER}] arXiv: https://arxiv.org/abs/2611.00001\r\n" in text
    assert text.count("https://") == 2


def test_names_from_right_to_left_turn_nothing_beside_them() -> None:
    about = paper(authors=["ليلى مثال"], published_on=date(2026, 11, 8), upvotes=4)
    assert made(about).facts == "\u2068ليلى مثال\u2069 · 8 Nov 2026 · 4 upvotes"
    assert Card(paper(), ("robot", "روبوت"), "").reason() == "Matches: robot, \u2068روبوت\u2069"
    assert isolated("\u202eabc") == "\u2068\u202eabc\u2069"
    assert isolated("Søren, 山田") == "Søren, 山田"


def test_no_line_breaks_within_a_fact_but_for_names() -> None:
    about = paper(authors=["Ada L", "Bo"], published_on=date(2026, 11, 8), comment_count=12)
    assert made(about).details.unbroken_facts == "Ada L, Bo · 8\xa0Nov\xa02026 · 12\xa0comments"
    assert made(paper()).details.unbroken_facts == ""


def test_what_is_too_long_is_cut() -> None:
    about = paper("word " * 300, authors=["x" * 500] * 3, abstract="深" * 9_000)
    found = made(about, "word")
    assert len(plain(found.title)) <= 400
    assert len(found.facts) <= 300
    assert sum(len(piece.text) for piece in found.whole_abstract) <= 6_002
    assert clipped("short", 10) == "short"


def test_many_keywords_are_counted() -> None:
    found = Card(paper(), tuple(f"k{n}" for n in range(10)), "")
    assert found.reason() == "Matches: k0, k1, k2, k3, k4, k5, k6, k7 and 2 more"


def test_a_reason_does_not_repeat_the_heading() -> None:
    found = Card(paper(), ("robot", "LLM"), "")
    assert found.reason("robot") == "Also matches: LLM"
    assert found.reason("LLM") == "Also matches: robot"
    assert Card(paper(), ("robot",), "").reason("robot") == ""
    assert Card(paper(upvotes=3, source_count=2), (), "").reason() == ""
    assert Card(paper(source_count=2), (), "").reason() == "listed by 2 sources"
    assert Card(paper(), (), "").reason() == ""
    assert Card(paper(upvotes=3), (), "").reason(with_facts=False) == "3 upvotes"
    assert Card(paper(), (), "").reason(with_facts=False) == ""


def test_a_rendered_card_depends_on_its_key_alone() -> None:
    one, two = made(paper(), "robot"), made(paper(), "robot")
    assert card_key(one, SHORT) == card_key(two, SHORT)
    assert render_card(one, SHORT) == render_card(two, SHORT)
    assert card_key(one, SHORT) != card_key(one, Variant("none", 2))
    assert card_key(one, SHORT) != card_key(one, Variant("short", 2, "robot"))
    assert card_key(one, SHORT) != card_key(made(paper()), SHORT)
    assert "<h3" in shown(one, Variant("short", 3))[0]


@pytest.mark.parametrize(
    ("kind", "size"), [("full", 900), ("short", 400), ("brief", 200), ("none", 0)]
)
def test_how_much_of_an_abstract_is_the_readers_choice(kind: str, size: int) -> None:
    about = made(paper(abstract="robot " * 200), "robot")
    html, text = shown(about, Variant(kind, 2))
    assert html.count("robot") >= size / 6
    assert ("robot robot" in text.replace("\n", " ")) is bool(size)


def test_hostile_text_stays_text() -> None:
    hostile = '<script>alert(1)</script> & "q" <b>'
    about = made(paper(hostile, abstract=hostile, organization=hostile), "alert")
    html, text = shown(about)
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "<script>" in text


def test_the_links_of_a_person_are_joined_on() -> None:
    urls = [f"https://d.example/{name}/0/" for name in ("why/t", "rate/t", "less/t/0/?a&b")]
    own = action_links(*urls).of(42)
    html, text = (a2b_qp(part).decode() for part in own)
    assert 'href="https://d.example/why/t/42/"' in html
    assert 'href="https://d.example/less/t/0/?a&amp;b/42/"' in html
    assert f"[{LINK_NUMBER}] Less like this: https://d.example/less/t/0/?a&b/42/\r\n" in text
    html, text = (a2b_qp(part).decode() for part in action_links().of(1))
    assert (html, text) == ("Why this paper? · Rate it · Less like this", "")


def cards(*keywords: str) -> list[Card]:
    """A card for each string of keyword letters."""
    return [Card(paper(), tuple(letters), "") for letters in keywords]


def test_few_papers_stand_in_one_list() -> None:
    assert grouped([]) == []
    ((heading, found),) = grouped(cards(*"abababab"))
    assert (heading, len(found)) == ("", 8)


def test_many_stand_by_keyword_each_once_best_group_first() -> None:
    found = grouped(cards("b", "ab", "a", "c", "ca", "b", "a", "c", "cb"))
    assert [group.keyword for group in found] == ["b", "a", "c"]
    assert [len(group.cards) for group in found] == [4, 3, 2]


@pytest.mark.parametrize("number", [1, 9])
def test_papers_of_one_keyword_stand_under_it(number: int) -> None:
    assert [group.keyword for group in grouped(cards(*"a" * number))] == ["a"]


def test_authors_come_before_other_keywords() -> None:
    found = [
        Card(paper(), keywords, "")
        for keywords in (("a", "author:Quell J"), ("author:Quell J",), ("a",), ("b", "a"), ("a",))
    ]
    assert list(ranked_keywords(found)) == ["author:Quell J", "a", "b"]
    groups = grouped(found, most_in_one=1)
    assert [(each.keyword, len(each.cards)) for each in groups] == [("author:Quell J", 2), ("a", 3)]
    assert list(ranked_keywords(cards("b", "c"))) == ["b", "c"]
    assert list(ranked_keywords([Card(paper(), ("a", "-author:Roe", "AND"), "")])) == [
        "a", "-author:Roe", "AND",
    ]  # fmt: skip


def test_of_keywords_with_the_same_best_paper_the_one_that_hits_more_comes_first() -> None:
    assert list(ranked_keywords(cards("ab", "b", "c"))) == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("precision", "text"),
    [("day", "1 Sep 2026"), ("month", "Sep 2026"), ("season", "Autumn 2026"), ("year", "2026")],
)
def test_a_date_is_no_more_exact_than_it_is_known(precision: str, text: str) -> None:
    about = paper(published_on=date(2026, 9, 1), published_precision=precision)
    assert made(about, "robot").facts == text
