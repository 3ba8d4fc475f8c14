"""Placeholders in addresses."""

import pytest
from django.core.exceptions import ValidationError

from digest.ingest.sources.paging.address_templates import Template, number_in
from digest.models import Source

from .page_walks import CONTACT, DAY


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("/{date}", "/2026-11-20"),
        ("/{date-3}..{date}", "/2026-11-17..2026-11-20"),
        ("/{date:%Y/%m/%d}", "/2026/11/20"),
        ("/{date-20:%Y.%m.%d}", "/2026.10.31"),
        ("/{date-100}{date:%q}{day}", "/{date-100}{date:%q}{day}"),
        ("/?mailto={contact}", "/?mailto=ops@example.org"),
        ("/{page}/{offset}", "/0/0"),
        ("/?cursor={cursor:*}&rows=2", "/?cursor=*&rows=2"),
        ("/?q=a&token={cursor}", "/?q=a"),
        ("/?token={cursor}&q=a", "/?q=a"),
        ("/?token={cursor}", "/?"),
        ("/?q=a&token={cursor}&b=c", "/?q=a&b=c"),
        ("/{cursor}/list", "//list"),
    ],
)
def test_the_first_page(text: str, filled: str) -> None:
    assert Template(text, DAY, CONTACT).filled() == filled


def test_a_cursor_is_percent_encoded_and_never_a_placeholder() -> None:
    template = Template("/?token={cursor}&d={date}&c={cursor:*}", DAY)
    assert template.filled(1, 9, "a+/=&") == "/?token=a%2B%2F%3D%26&d=2026-11-20&c=a%2B%2F%3D%26"
    assert "2026" not in Template("/?token={cursor}", DAY).filled(1, 0, "{date}")


@pytest.mark.parametrize(
    ("written", "number"),
    [("20", 20), ("0", 0), ("", 7), ("-1", 7), ("x", 7), ("²", 7), ("9" * 5000, 7)],
)
def test_a_number_in_an_address(written: str, number: int) -> None:
    assert number_in(f"https://a.example/?a=1&limit={written}&b=2", "limit", 7) == number


@pytest.mark.parametrize("url", ["/{date}", "/{date-2}", "/{date:%Y%m%d}", "/{date-2:%d.%m.%Y}"])
def test_an_address_of_a_day(url: str) -> None:
    assert Source(url=url).is_daily_page
    assert not Source(url=url.replace("{", "(")).is_daily_page


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("list_path", "message.items", "message..items"),
        ("cursor_path", "message.next-cursor", "message next"),
        ("cursor_path", "header:Link", "header:"),
        ("key_variable", "SOURCE_OPENALEX_KEY", "SECRET_KEY"),
        ("key_variable", "SOURCE_A", "SOURCE_A_HOST"),
        ("key_variable", "SOURCE_A", "XSOURCE_A"),
        ("key_place", "query:api_key", "api_key"),
        ("key_place", "header:x-api-key", "header:Host"),
        ("key_place", "header:Crossref-Plus-API-Token", "header:X-Token: 1"),
        ("key_place", "header:Authorization", "header:Cookie"),
    ],
)
def test_what_may_be_written(field: str, good: str, bad: str) -> None:
    Source(**{field: good})._meta.get_field(field).clean(good, None)  # type: ignore[attr-defined]
    with pytest.raises(ValidationError):
        Source()._meta.get_field(field).clean(bad, None)  # type: ignore[attr-defined]
