"""The arXiv's formats and feeds, damaged in every way: no crash, and no invented word."""

from collections.abc import Callable
from pathlib import Path

import pytest

from digest.ingest.formats import FORMATS, detect

from .damaged_bytes import RECEIVED, assert_survives, result_or_reason

FOLDER = Path(__file__).resolve().parent.parent.parent / "fixtures"
NAMES = ("arxiv_atom", "arxiv_oai", "arxiv_jsonl", "arxiv_mail", "feed")
FIXTURES = [path for name in NAMES for path in sorted((FOLDER / name).iterdir())]


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_some_damage(path: Path) -> None:
    assert_survives(path.parent.name, path.read_bytes())


@pytest.mark.slow
@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_much_damage(path: Path) -> None:
    # Where half a tag is left standing, only the words around it can be found in the bytes.
    rebuilt = path.name in ("journal.rdf", "labelled.xml")
    assert_survives(path.parent.name, path.read_bytes(), thorough=True, rebuilt=rebuilt)


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [
        lambda: b"<rss>" * 1_000_000,
        lambda: b"<?a ?>" * 1_000_000,
        lambda: b"<!--" * 1_000_000,
        lambda: b"<!DOCTYPE x [" * 500_000,
        lambda: b"<feed>" + b"arxiv.org/api/" * 1_000_000,
        lambda: b"<rss version='2.0'><channel><item><title>" + b"<b " * 1_000_000 + b"</rss>",
        lambda: (
            b"<rss version='2.0'><channel><item><title>"
            + b"&lt;a b=c" * 200_000
            + b"</title></item></channel></rss>"
        ),
        lambda: (
            b'{"id":"2611.00017","title":"T","categories":"cs.CL","versions":[],"abstract":"'
            + b"withdrawn this paper " * 1_000_000
            + b'"}'
        ),
        lambda: b'{"id":' + b"[" * 1_000_000,
        lambda: b"Submissions to:\n" + b"\\\\\n" * 200_000,
        lambda: b"Submissions to:\n" + b"\\\\\narXiv:2611.00017\n" * 50_000,
        lambda: b"Submissions to:\n\\\\\narXiv:2611.00017\n" + b"Title:\n x\n" * 100_000,
        lambda: (
            b"Submissions to:\n\\\\\narXiv:2611.00017\nAuthors: "
            + b"(" * 3_000_000
            + b"\n\\\\\nx\n\\\\\n"
        ),
        lambda: b"Submissions to:\n" + b"\n" * 2_000_000,
        lambda: (
            b"Submissions to:\n\\\\\narXiv:2611.00017\nTitle: T\nDate: "
            + b" " * 2_000_000
            + b"x\n\\\\\nx\n\\\\\n"
        ),
        lambda: (
            b"<rss version='2.0'><channel><item><title>T"
            + b" (arXiv:" * 200_000
            + b" " * 1_000_000
            + b"x</title></item></channel></rss>"
        ),
        lambda: (
            b"<rss version='2.0'><channel><item><title>"
            + b"(arXiv:" * 200_000
            + b"</title></item></channel></rss>"
        ),
        lambda: b"Subject: x\n" + b"Content-Type: multipart/mixed; boundary=a\n\n--a\n" * 20_000,
    ],
)
def test_any_size_ends(make: Callable[[], bytes]) -> None:
    """A reader whose work grows faster than the file would not end before the tests' time-out."""
    data = make()
    result_or_reason(lambda: detect(data))
    for name in NAMES:
        result_or_reason(lambda name=name: FORMATS[name](data, RECEIVED, None))  # type: ignore[misc]
