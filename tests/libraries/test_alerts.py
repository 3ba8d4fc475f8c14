"""Alerts of other services, pasted one a line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.libraries.alerts import read_alerts
from digest.matching.query import MAX_KEYWORDS, parse


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ('"deep learning" - new results', ('"deep learning"',)),
        ("deep learning – 12 new results", ("deep learning",)),
        ("  river gauges  -  New  Results ", ("river gauges",)),
        ('author:"J Doe" - new articles', ('author:"J Doe"',)),
        ("Jane Doe - new articles", ('author:"Jane Doe"',)),
        ("María-José O’Neil Núñez - new articles", ('author:"María-José O’Neil Núñez"',)),
        ("floods AND rivers - new articles", ("floods AND rivers",)),
        ("floods, rivers", ("floods", "rivers")),
        ("(floods, rivers) - new results", ("(floods, rivers)",)),
        ("state-of-the-art - a review", ("state-of-the-art - a review",)),
        ("floods[tiab] AND rivers[ti]", ("floods[tiab] AND rivers[ti]",)),
        ("all:electron AND cat:hep-ex", ("all:electron AND cat:hep-ex",)),
        ("", ()),
    ],
)
def test_a_line_is_what_its_alert_looks_for(line: str, texts: tuple[str, ...]) -> None:
    alerts = read_alerts(line)
    assert alerts.texts == texts
    assert alerts.left_out == ()


@pytest.mark.parametrize("kind", ["new citations", "3 new citations", "new related research"])
def test_what_cannot_be_followed_is_named(kind: str) -> None:
    alerts = read_alerts(f"Jane Doe - {kind}\nfloods - new results\n")
    assert alerts.texts == ("floods",)
    (left_out,) = alerts.left_out
    assert left_out.entry == f"Jane Doe - {kind}"
    assert "cannot be followed" in left_out.reason


def test_a_query_that_is_too_long_is_several_without_what_cannot_be_kept() -> None:
    words = " OR ".join(f'"very long name of topic {n}"[tiab]' for n in "abcdefghijkl")
    alerts = read_alerts(f"({words}) AND review[pt]\nfloods\n")
    assert len(alerts.texts) > 2
    assert alerts.texts[-1] == "floods"
    assert alerts.instead == set(alerts.texts) - {"floods"}
    (left_out,) = alerts.left_out
    assert left_out.reason.endswith("What can be kept is offered above.")
    assert "Paste" not in left_out.reason


def test_what_is_no_keyword_is_named() -> None:
    alerts = read_alerts("NOT floods\nrivers")
    assert alerts.texts == ("rivers",)
    assert [each.entry for each in alerts.left_out] == ["NOT floods"]
    assert "only says what to exclude" in alerts.left_out[0].reason


def test_a_list_has_room_for_so_many() -> None:
    alerts = read_alerts("\n".join(f"word{n}" for n in range(MAX_KEYWORDS + 5)) + "\nword1\n")
    assert len(alerts.texts) == MAX_KEYWORDS
    assert [each.entry for each in alerts.left_out] == [f"word{n}" for n in range(100, 105)]
    assert {each.reason for each in alerts.left_out} == {"only 100 are read at once"}


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    alerts = read_alerts(text)
    assert len(alerts.texts) <= MAX_KEYWORDS
    assert alerts.instead <= set(alerts.texts)
    assert [parse(each).text for each in alerts.texts] == list(alerts.texts)
