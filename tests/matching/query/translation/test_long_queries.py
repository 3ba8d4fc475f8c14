"""Queries that are too long for one keyword become several, or are refused with those."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.matching.query import MAX_KEYWORD_LENGTH, KeywordError, parse, split_list
from digest.matching.query.translation import translate
from digest.matching.query.translation.splitting import split_at_ors

TERMS = " OR ".join(f'"long term {number}"' for number in range(30))
LETTERS = st.sampled_from(["aa", "bb", "cc dd", '"ee"', "title:ff", "since:2020 gg"])
TREE = st.recursive(
    LETTERS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=4).map(lambda parts: f"({' OR '.join(parts)})"),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({' AND '.join(parts)})"),
        inner.map(lambda part: f"kk NOT ({part})"),
        inner.map(lambda part: f"title:({part})"),
    ),
    max_leaves=8,
)


@given(TREE, st.integers(20, 70), st.sampled_from(["", "-"]))
def test_the_parts_together_mean_the_same(text: str, longest: int, sign: str) -> None:
    parts = split_at_ors(f"{sign}{text}", longest)
    assert all(len(part) <= longest for part in parts)
    if not parts:
        return
    inner = [part.removeprefix(sign) for part in parts]
    try:
        expected = parse(text)
    except KeywordError:
        return
    joined = " OR ".join(f"({part})" for part in inner)
    if len(joined) <= MAX_KEYWORD_LENGTH:
        assert parse(joined) == expected


@pytest.mark.parametrize(
    "pasted",
    [
        f"TITLE-ABS-KEY({TERMS})",
        f"TITLE-ABS-KEY({TERMS}) AND PUBYEAR > 2019",
        f"TS=({TERMS}) NOT TI=survey",
        f"TS=(robot AND ({TERMS}))",
        TERMS,
        f"({TERMS})",
        f"title:({TERMS}) -survey",
        f"-({TERMS})",
        " OR ".join(f"w{number}" for number in range(40)),
    ],
)
def test_a_long_query_becomes_several_keywords(pasted: str) -> None:
    items = split_list(f"first, {pasted}")
    assert items[0] == "first"
    assert 2 <= len(items[1:]) <= 8
    wholes = [parse(item) for item in items[1:]]
    assert not any(keyword.notes or keyword.translation for keyword in wholes)
    translated = translate(pasted)
    words = {word for word in (translated.text if translated else pasted).split() if word.isdigit()}
    assert words <= {word.strip('"()') for item in items for word in item.split()}
    assert split_list("\n".join(items)) == items


def test_what_would_lose_something_is_refused_with_what_to_paste() -> None:
    pasted = f"TITLE-ABS-KEY({TERMS}) AND LIMIT-TO(DOCTYPE, ar)"
    assert split_list(pasted) == [pasted]
    with pytest.raises(KeywordError) as caught:
        parse(pasted)
    assert f"It has {len(pasted)} characters; the limit is 200." in caught.value.message
    assert "left out: “LIMIT-TO(DOCTYPE, ar)” (we can’t filter by that)" in caught.value.message
    assert "Paste this instead: long term 0 OR " in caught.value.message
    instead = caught.value.instead
    assert len(instead) == 4
    assert split_list(caught.value.message.partition("instead: ")[2]) == list(instead)


def test_one_that_would_become_very_many_is_not_written_out() -> None:
    many = " OR ".join(f"long{number}" for number in range(300))
    with pytest.raises(KeywordError) as caught:
        parse(f"TITLE({many}) AND DOCTYPE(ar)")
    assert "Remove that, and paste it again" in caught.value.message
    assert len(caught.value.message) < 400
    assert len(caught.value.instead) > 5


@pytest.mark.parametrize(
    "text",
    [
        f"{TERMS} OR",
        f"({TERMS} OR)",
        f"(OR {TERMS})",
        f"({TERMS}",
        f"x NOT ({TERMS})",
        "x" * 201,
        "word " * 60,
        " AND ".join(f"a{n}" for n in range(60)),
        "TS=" + "a" * 300,
    ],
)
def test_what_has_no_or_is_refused_as_before(text: str) -> None:
    assert split_list(text) == [text.strip()]
    with pytest.raises(KeywordError, match=r"the limit is 200[.] Split it before") as caught:
        parse(text)
    assert caught.value.instead == ()


def test_a_long_address_of_a_short_query_is_replaced_by_it() -> None:
    address = f"https://arxiv.org/search/?query=world+model&{'x' * 200}=1"
    assert split_list(address) == ["world model"]
    with pytest.raises(KeywordError, match=r"It fits[.] Paste this instead: world model$"):
        parse(address)


def test_a_long_address_of_one_paper_stays_to_be_refused() -> None:
    address = f"https://arxiv.org/abs/2401.01234?{'x' * 200}"
    assert split_list(address) == [address]
    with pytest.raises(KeywordError, match="the address of a paper at arXiv"):
        parse(address)
