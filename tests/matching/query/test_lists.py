"""Which commas separate the keywords of a list, and which are part of one."""

from itertools import chain

import pytest

from digest.matching.query import split_list


@pytest.mark.parametrize(
    "keyword",
    [
        "1,2-dichlorobenzene", "N,N-dimethylformamide", "2,4-D", "2',3'-cGAMP", "5,000 genomes",
        "1α,25-dihydroxyvitamin D3", "poly(I:C)", "1,4-dioxane", "cats,dogs", "author:Doe, John",
        "author:Doe, J.", "author:Doe, J. A.", "author:Beethoven, Ludwig van",
        "au:van der Berg, Ludwig", "author:van der Berg, J.", "author:van der Berg, J. A.",
        "author:de la Cruz, Ana María", "author:Berg, Jan van der", "author:berg, jan van der",
        "author:doe, j. a.", "author:doe, j a", "author:Doe, JA", "author:Doe, J.-P.",
        "author:Doe, John, Jr.", "author:Doe, J. A., III", "author:Doe Jr., John",
        "author:doe, john", "author:O’Brien, Mary-Ann", "AU=Doe, Jane", "-author:Doe, John",
        "author:Doe, John AND robots", "robots author:Doe, John -survey", "(author:Müller, Jörg)",
        '"a, b"', "TS=(a; b)", "https://arxiv.org/search/?query=a,b",
    ],
)  # fmt: skip
def test_these_are_one_keyword(keyword: str) -> None:
    assert split_list(keyword) == [keyword]
    assert split_list(f"first, {keyword}, last") == ["first", keyword, "last"]
    assert split_list(f"first;{keyword} ;last") == ["first", keyword, "last"]


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("cats, dogs", ["cats", "dogs"]),
        ("cats,\tdogs", ["cats", "dogs"]),
        ("cats ,dogs", ["cats ,dogs"]),
        ("cats\nAND dogs\nOR mice\nNOT birds", ["cats AND dogs OR mice", "NOT birds"]),
        ("TS=(a OR\nb)\n\nAND PY=2020\ncats", ["TS=(a OR b) AND PY=2020", "cats"]),
        ("TS=(a AND (b OR\nc OR\nd))\ncats", ["TS=(a AND (b OR c OR d))", "cats"]),
        ("cats AND\ndogs OR\nmice", ["cats AND", "dogs OR", "mice"]),
        ("AND cats\nFOR\nORB\ndogs AND", ["AND cats", "FOR", "ORB", "dogs AND"]),
        ("cats,", ["cats"]),
        (" ,;,,", []),
        ("cats,,dogs", ["cats", "dogs"]),
        (",cats", ["cats"]),
        ("cats,;dogs", ["cats", "dogs"]),
        ("cats,\ndogs", ["cats", "dogs"]),
        ("cats;dogs", ["cats", "dogs"]),
        ("深層学習、強化学習，画像", ["深層学習", "強化学習", "画像"]),
        ("author:Hinton, deep learning", ["author:Hinton", "deep learning"]),
        ("author:Doe, John, deep learning", ["author:Doe, John", "deep learning"]),
        ("author:Doe, John; author:Roe, Jane", ["author:Doe, John", "author:Roe, Jane"]),
        ("author:hinton, deep learning", ["author:hinton", "deep learning"]),
        ("author:hinton, vitamin c", ["author:hinton", "vitamin c"]),
        ("author:van der Berg, deep learning", ["author:van der Berg", "deep learning"]),
        ("Doe, Jr.", ["Doe", "Jr."]),
        ("title:robots, Ada", ["title:robots", "Ada"]),
        ("author:Doe AND robots, Ada", ["author:Doe AND robots", "Ada"]),
        ("author:Doe, 3D vision", ["author:Doe", "3D vision"]),
        ("poly(I:C), 1,4-dioxane", ["poly(I:C)", "1,4-dioxane"]),
        ("https://a.example/x;y, dogs; z", ["https://a.example/x;y", "dogs", "z"]),
        ("https://a.example/x, dogs", ["https://a.example/x", "dogs"]),
    ],
)
def test_these_are_split(text: str, items: list[str]) -> None:
    assert split_list(text) == items


def test_every_line_is_split_on_its_own() -> None:
    lines = ["1,2-dichlorobenzene", "author:Doe, John", "cats", "dogs,"]
    expected = chain.from_iterable(map(split_list, lines))
    assert split_list("\n".join(lines)) == list(expected)
