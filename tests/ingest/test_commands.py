"""The commands as a person or a script meets them."""

import io
import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from digest.management.sample_listings import dated, write_samples
from digest.models import Dump, Paper

from .formats.listing_pages import full_entry, page

pytestmark = pytest.mark.django_db
KEYS = ["name", "sha256", "format", "state", "intent", "listed_on", "papers", "new", "updated",
        "unchanged", "skipped", "notes", "error"]  # fmt: skip


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    settings.DUMPS_DIR = tmp_path / "dumps"
    settings.INBOX_DIR = tmp_path / "inbox"
    return tmp_path


@pytest.fixture
def good(folder: Path) -> str:
    path = folder / "page.txt"
    path.write_bytes(page(full_entry("One"), full_entry("Zwei ü")))
    return str(path)


def run(*arguments: str, code: int = 0) -> str:
    """What the command printed; its exit code must be `code`."""
    out = io.StringIO()
    try:
        call_command(*arguments, stdout=out)
    except SystemExit as ended:
        assert ended.code == code  # noqa: PT017
    else:
        assert code == 0
    return out.getvalue()


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


class TestIngest:
    def test_json_has_exactly_these_keys(self, good: str) -> None:
        (row,) = rows(run("ingest", "--json", good))
        assert list(row) == KEYS
        assert row == {
            "name": "page.txt",
            "sha256": Dump.objects.get().sha256,
            "format": "hf_text",
            "state": "parsed",
            "intent": "auto",
            "listed_on": row["listed_on"],
            "papers": 2,
            "new": 2,
            "updated": 0,
            "unchanged": 0,
            "skipped": [],
            "notes": [],
            "error": "",
        }
        (again,) = rows(run("ingest", "--json", good))
        assert again == row | {"new": 0, "unchanged": 2}

    def test_for_people(self, good: str) -> None:
        text = run("ingest", "--listed-on", "2026-02-03", good)
        assert text == "page.txt: 2 papers of 3 February 2026: 2 new, 0 updated, 0 unchanged\n"

    def test_left_out_entries_are_named(self, folder: Path) -> None:
        (folder / "cut.txt").write_bytes(page(full_entry("One"), full_entry("Two"), "A Third"))
        assert "left out: A Third (it has no abstract)" in run("ingest", str(folder / "cut.txt"))

    def test_one_bad_file_among_good_ones(self, good: str, folder: Path) -> None:
        (folder / "bad.txt").write_bytes(b"no")
        bad, missing = str(folder / "bad.txt"), str(folder / "missing.txt")
        found = rows(run("ingest", "--json", bad, missing, str(folder), good, "\0", code=1))
        states = ["quarantined", "unreadable", "unreadable", "parsed", "unreadable"]
        assert [row["state"] for row in found] == states
        assert all(row["error"] for row in found if row["state"] != "parsed")
        assert found[1]["error"] == "There is no such file. Check the path."
        assert run("ingest", missing, code=1) == (
            "missing.txt: unreadable. There is no such file. Check the path.\n"
        )
        assert Paper.objects.count() == 2

    def test_standard_input(self, monkeypatch: pytest.MonkeyPatch) -> None:
        stdin = io.TextIOWrapper(io.BytesIO(page(full_entry("One"))))
        monkeypatch.setattr(sys, "stdin", stdin)
        (row,) = rows(run("ingest", "--json", "-"))
        assert (row["name"], row["new"]) == ("standard input", 1)
        assert not stdin.closed

    def test_a_dry_run_keeps_nothing(self, good: str) -> None:
        (row,) = rows(run("ingest", "--dry-run", "--json", good))
        assert (row["state"], row["new"]) == ("parsed", 2)
        assert not Dump.objects.exists()

    def test_too_large(self, good: str, settings: Any) -> None:
        settings.MAX_DUMP_BYTES = 10
        assert "MAX_DUMP_BYTES" in run("ingest", good, code=1)

    def test_too_many_wait_for_a_word(self, good: str, settings: Any) -> None:
        settings.NEW_PAPERS_LIMIT = 1
        assert "--backfill" in run("ingest", good, code=1)
        assert "2 new" in run("ingest", "--backfill", good)
        assert list(Paper.objects.values_list("seq", flat=True)) == [None, None]

    def test_a_full_disk(self, good: str, settings: Any, folder: Path) -> None:
        settings.DUMPS_DIR = folder / "page.txt"
        assert "cannot be kept" in run("ingest", good, code=1)

    @pytest.mark.parametrize(
        "arguments",
        [[], ["--listed-on", "tomorrow", "x"], ["--format", "parchment", "x"],
         ["--new", "--backfill", "x"]],
    )  # fmt: skip
    def test_wrong_arguments(self, arguments: list[str]) -> None:
        with pytest.raises(CommandError):
            call_command("ingest", *arguments)

    def test_help_is_worth_reading(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            call_command("ingest", "--help")
        text = capsys.readouterr().out
        for word in ("--listed-on", "--backfill", "--dry-run", "examples:", "exit code"):
            assert word in text


class TestPapers:
    def test_every_field(self, good: str) -> None:
        run("ingest", "--listed-on", "2026-02-03", good)
        one, two = rows(run("papers", "--json"))
        assert set(one) == {field.attname for field in Paper._meta.concrete_fields}
        assert (one["title"], one["seq"], one["listed_on"]) == ("One", 1, "2026-02-03")
        assert (two["title"], two["author_count"], two["published_on"]) == (
            "Zwei ü",
            3,
            "2026-11-18",
        )
        assert one["arxiv_id"] is None

    def test_since(self, good: str, folder: Path) -> None:
        (folder / "old.txt").write_bytes(page(full_entry("Old")))
        run("ingest", "--backfill", str(folder / "old.txt"))
        run("ingest", good)
        assert run("papers") == "      -  Old\n      1  One\n      2  Zwei ü\n"
        assert run("papers", "--since", "0") == "      1  One\n      2  Zwei ü\n"
        assert run("papers", "--since", "1") == "      2  Zwei ü\n"


class TestDemo:
    def test_harmless_twice_and_the_second_listing_adds_five(self, folder: Path) -> None:
        assert "20 papers, 20 of them new" in run("demo")
        before = sorted((folder / "sample").iterdir())
        text = run("demo")
        assert "20 papers, 0 of them new" in text
        assert sorted((folder / "sample").iterdir()) == before
        second = folder / "sample" / "second-listing.txt"
        assert f"cp {second} {folder / 'inbox'}" in text
        (row,) = rows(run("ingest", "--json", str(second)))
        # Of two listings of a day the bytes decide which count of comments is kept.
        known = row["updated"] + row["unchanged"]
        assert (row["new"], known, row["skipped"]) == (5, 1, [])
        today = datetime.now(UTC).date()
        assert set(Paper.objects.values_list("listed_on", flat=True)) == {today}

    def test_what_is_there_stays(self, folder: Path) -> None:
        first, _ = write_samples(folder, date(2026, 1, 1))
        text = first.read_text()
        assert write_samples(folder, date(2026, 5, 5))[0].read_text() == text
        assert "Jan 1, 2026" in text
        assert "Dec 31, 2025 31" in text

    def test_a_folder_in_the_way(self, folder: Path) -> None:
        (folder / "sample").write_text("")
        with pytest.raises(CommandError, match="cannot be written"):
            call_command("demo")

    def test_days(self) -> None:
        text = dated("{page}|{0}|{-3}|{-400}|{x}", date(2026, 3, 2))
        assert text == "Mar 2, 2026|Mar 2|Feb 27|Jan 26, 2025|{x}"
