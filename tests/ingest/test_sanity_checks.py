"""Pages that are refused: something else in their place, or far too short."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from digest.ingest.pipeline import ReadOptions, read, read_again, receive
from digest.models import Dump, Paper, Source
from tests.support.raw import raw_bytes

from .formats.listing_pages import AT, full_entry, page

pytestmark = pytest.mark.django_db
OPTIONS = ReadOptions()


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    settings.DUMPS_DIR = tmp_path


@pytest.fixture
def source() -> Source:
    return Source.objects.create(name="A page", kind=Source.Kind.PUSH)


@pytest.fixture
def fetch(source: Source) -> Callable[..., Dump]:
    day = iter(range(1000))

    def fetched(count: int, source: Source | None = source) -> Dump:
        """The source's listing of that many papers, a day after the one before."""
        number, at = next(day), AT
        at += timedelta(days=number)
        data = page(*(full_entry(f"Paper {number} {place}") for place in range(count)))
        return read(receive(data, "page.txt", source=source, intent="new", at=at), at=at)

    return fetched


def test_the_source_is_noted(fetch: Callable[..., Dump], source: Source) -> None:
    fetch(2)
    assert list(source.dumps.values_list("state", flat=True)) == ["parsed"]


class TestShrunk:
    @pytest.fixture(autouse=True)
    def usual(self, fetch: Callable[..., Dump]) -> None:
        for count in (40, 20, 30):
            fetch(count)

    @pytest.mark.parametrize(("count", "state"), [(5, "quarantined"), (6, "parsed")])
    def test_more_than_four_fifths(
        self, fetch: Callable[..., Dump], count: int, state: str
    ) -> None:
        before = Paper.objects.count()
        dump = fetch(count)
        assert dump.state == state
        assert Paper.objects.count() == before + (count if state == "parsed" else 0)
        assert ("lists only 5 papers" in dump.error and "is 30." in dump.error) == (count == 5)

    def test_accepted_anyway(self, fetch: Callable[..., Dump]) -> None:
        dump = fetch(2)
        assert read_again(dump, OPTIONS, at=AT).state == "quarantined"
        taken = read_again(dump, OPTIONS, at=AT, accept_short=True)
        assert (taken.state, taken.papers, taken.error) == ("parsed", 2, "")

    def test_only_the_last_ten_count(self, fetch: Callable[..., Dump]) -> None:
        for _ in range(10):
            fetch(12)
        assert fetch(4).state == "parsed"

    def test_another_source_is_no_measure(self, fetch: Callable[..., Dump]) -> None:
        assert fetch(2, source=None).state == "parsed"
        other = Source.objects.create(name="Another", kind=Source.Kind.PUSH)
        assert fetch(2, source=other).state == "parsed"


def test_a_small_source_may_have_a_quiet_day(fetch: Callable[..., Dump]) -> None:
    for _ in range(4):
        fetch(9)
    assert fetch(1).state == "parsed"


def test_two_dumps_are_no_habit(fetch: Callable[..., Dump]) -> None:
    fetch(40)
    fetch(40)
    assert fetch(2).state == "parsed"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('<html><form><input type="password" name=p></form>Hello</html>', "log-in"),
        ("<title>Please sign in</title>", "log-in"),
        ("<h1>403 Forbidden</h1><hr>nginx", "refusal"),
        ("<html><b>429</b> Too Many Requests</html>", "refusal"),
        ("<h1>502 Bad Gateway</h1>", "error page"),
        ("<html>Checking your browser before you go on</html>", "person"),
    ],
)
def test_what_came_instead_of_papers_is_told(text: str, kind: str) -> None:
    dump = read(receive(text.encode(), "page.html", at=AT), at=AT)
    assert dump.state == "quarantined"
    assert kind in dump.error
    assert raw_bytes(dump) == text.encode()
