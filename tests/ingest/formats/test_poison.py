"""One bad input never stops the others: it is kept, explained and passed over."""

import gzip
import os
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DataError, InterfaceError, OperationalError, ProgrammingError
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from digest.ingest import dump_reading, formats, pipeline
from digest.ingest.dry_run import dry_run
from digest.ingest.dump_contents import is_bulk
from digest.ingest.formats import FORMATS, BadDump, detect
from digest.ingest.pipeline import finish_unfinished, read, receive
from digest.ingest.sources import watched_folder
from digest.ingest.sources.watched_folder import ingest_inbox
from digest.models import Dump, Paper
from tests.ingest.archives.archive_factory import tarred, zipped
from tests.support.raw import raw_bytes

from .listing_pages import AT, RECEIVED, full_entry, page
from .poison import DUMPS, PACKERS, POISON, nested_mail

pytestmark = pytest.mark.django_db
GOOD = page(full_entry("Good"))


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.DUMPS_DIR = tmp_path / "dumps"
    settings.INBOX_DIR = tmp_path / "inbox"
    settings.INBOX_DIR.mkdir()
    monkeypatch.setattr(watched_folder, "_stuck", set())
    return settings.INBOX_DIR


def drop(folder: Path, name: str, data: bytes, age: float) -> None:
    (folder / name).write_bytes(data)
    os.utime(folder / name, (time.time() - age,) * 2)


def is_sentence(text: str) -> bool:
    return text[:1].isupper() and text.endswith(".") and text.isprintable()


def said(attempt: Callable[[], object]) -> str | None:
    """The sentence of a BadDump; None where there was none."""
    try:
        attempt()
    except BadDump as wrong:
        return str(wrong)
    return None


class TestReaders:
    @pytest.mark.parametrize("name", POISON)
    def test_detection_and_each_format_end_in_papers_or_a_sentence(self, name: str) -> None:
        data = POISON[name]()
        assert is_bulk(data) in (True, False)
        tries: list[Callable[[], object]] = [lambda: detect(data)]
        tries += [lambda read=read: read(data, RECEIVED, None) for read in FORMATS.values()]
        for attempt in tries:
            assert (output := said(attempt)) is None or is_sentence(output), output

    @given(st.binary(max_size=300), st.sampled_from(["{", "<rss>", "From: a\n", "title,doi\n", ""]))
    def test_detection_of_any_bytes(self, data: bytes, begin: str) -> None:
        output = said(lambda: detect(begin.encode() + data))
        assert output is None or is_sentence(output)

    @pytest.mark.slow
    @examples(max_examples=100)
    @given(DUMPS, PACKERS, st.integers(0, 100), st.binary(max_size=3))
    def test_detection_and_each_format_of_anything_like_a_dump(
        self, whole: bytes, pack: Callable[[bytes], bytes], kept: int, noise: bytes
    ) -> None:
        data = pack(whole)
        data = data[: len(data) * kept // 100] + noise + data[len(data) * (kept + 1) // 100 :]
        is_bulk(data)
        found = said(lambda: detect(data))
        assert found is None or is_sentence(found)
        for parse in FORMATS.values():
            try:
                parse(data, RECEIVED, None)
            except BadDump as wrong:
                output = str(wrong)
            except (RecursionError, MemoryError):
                continue  # which take() makes a sentence of
            else:
                continue
            assert is_sentence(output)

    def test_a_reader_that_fails_at_looking_hides_no_other(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(data: bytes) -> bool:
            raise RecursionError

        monkeypatch.setattr(formats.arxiv_mail, "looks_like", broken)
        assert detect(GOOD) == "hf_text"
        with pytest.raises(BadDump, match="nested deeper"):
            detect(b"Buy milk.")


class TestDumps:
    @pytest.mark.parametrize("name", POISON)
    def test_it_is_kept_and_explained(self, name: str) -> None:
        data = POISON[name]()
        dump = receive(data, "poison", at=AT)
        assert raw_bytes(dump) == data
        dump = read(dump, at=AT)
        row = Dump.objects.get(pk=dump.pk)
        assert row.state in ("parsed", "quarantined")
        assert row.state == "parsed" or is_sentence(row.error), row.error
        assert finish_unfinished(AT) == []

    def test_unfinished_ones_are_all_read(self) -> None:
        receive(nested_mail(), "poison.eml", at=AT - timedelta(hours=1))
        receive(GOOD, "good.txt", at=AT)
        assert [dump.state for dump in finish_unfinished(AT)] == ["quarantined", "parsed"]

    def test_one_over_which_the_program_fails_is_passed_over(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        receive(b"first", "first", at=AT - timedelta(hours=1))
        receive(GOOD, "good.txt", at=AT)
        real = pipeline.read

        def broken(dump: Dump, **how: Any) -> Dump:
            if dump.name == "first":
                raise ZeroDivisionError
            return real(dump, **how)

        monkeypatch.setattr(pipeline, "read", broken)
        assert [dump.name for dump in finish_unfinished(AT)] == ["good.txt"]

    @pytest.mark.parametrize("packed", [zipped, tarred])
    def test_the_other_files_of_an_archive_are_taken(
        self, packed: Callable[[dict[str, bytes]], bytes]
    ) -> None:
        data = packed({"a.eml": nested_mail(), "b.txt": GOOD, "c.eml": nested_mail(1500)})
        dump = read(receive(data, "days", at=AT), at=AT)
        assert (dump.state, dump.papers) == ("parsed", 1)
        assert ["nested deeper" in each["reason"] for each in dump.skipped] == [True, True]
        assert Dump.objects.filter(state="quarantined", archive=dump).count() == 2

    @pytest.mark.parametrize(
        "trouble",
        [
            OperationalError("disk full"),
            InterfaceError("connection already closed"),
            ProgrammingError("no such table"),
            OSError(28, "No space left on device"),
        ],
    )
    def test_trouble_of_the_machine_quarantines_nothing(
        self, trouble: Exception, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fails(*_: object) -> None:
            raise trouble

        receive(GOOD, "good.txt", at=AT)
        with monkeypatch.context() as broken:
            broken.setattr(dump_reading, "upsert", fails)
            assert finish_unfinished(AT) == []
        assert Dump.objects.get().state == "received"
        assert [dump.state for dump in finish_unfinished(AT)] == ["parsed"]

    @pytest.mark.parametrize(
        "fault",
        [DataError("invalid \x00 byte"), UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates"),
         OverflowError("too large"), MemoryError(), RecursionError()],
    )  # fmt: skip
    def test_a_fault_of_the_bytes_is_quarantined(
        self, fault: Exception, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fails(*_: object) -> None:
            raise fault

        monkeypatch.setattr(dump_reading, "upsert", fails)
        assert read(receive(GOOD, "good.txt", at=AT), at=AT).state == "quarantined"
        assert is_sentence(Dump.objects.get().error)

    def test_a_data_folder_that_is_not_mounted_quarantines_nothing(self, settings: Any) -> None:
        settings.RAW_BYTES_IN_DATABASE = False
        receive(GOOD, "good.txt", at=AT)
        place = settings.DUMPS_DIR.rename(settings.DUMPS_DIR.with_name("away"))
        finish_unfinished(AT)
        assert Dump.objects.get().state == "received"
        place.rename(settings.DUMPS_DIR)
        later = AT + timedelta(minutes=1)
        assert [dump.state for dump in finish_unfinished(later)] == ["parsed"]


class TestInbox:
    def test_good_files_behind_it_are_taken(self, folder: Path) -> None:
        drop(folder, "a.eml", nested_mail(), age=90)
        drop(folder, "b.gz", gzip.compress(nested_mail()), age=80)
        drop(folder, "c.txt", GOOD, age=70)
        assert [dump.state for dump in ingest_inbox(AT)] == ["quarantined", "quarantined", "parsed"]
        assert (folder / "done" / "c.txt").exists()
        assert "nested deeper" in (folder / "failed" / "a.eml.why.txt").read_text()
        assert raw_bytes(Dump.objects.get(name="a.eml")) == nested_mail()

    def test_whatever_taking_one_raises_the_next_is_taken(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drop(folder, "a.txt", b"x", age=90)
        drop(folder, "b.txt", GOOD, age=80)
        real = watched_folder.receive

        def broken(file: Any, name: str, **how: Any) -> Dump:
            if name == "a.txt":
                raise ZeroDivisionError
            return real(file, name, **how)

        monkeypatch.setattr(watched_folder, "receive", broken)
        assert [dump.name for dump in ingest_inbox(AT)] == ["b.txt"]
        assert (folder / "a.txt").exists()

    def test_a_file_that_vanishes_after_it_was_listed_skips_only_itself(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number, name in enumerate(("a.txt", "b.txt", "c.txt")):
            drop(folder, name, page(full_entry(name)), age=90 - number)
        real = Path.iterdir

        def listed(path: Path) -> list[Path]:
            found = [*real(path), path / "never-there.txt"]
            (path / "b.txt").unlink(missing_ok=True)
            return found

        monkeypatch.setattr(Path, "iterdir", listed)
        assert [dump.name for dump in ingest_inbox(AT)] == ["a.txt", "c.txt"]

    @pytest.mark.parametrize("moment", ["receive", "read"])
    def test_a_file_that_vanishes_while_it_is_taken(
        self, folder: Path, moment: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drop(folder, "a.txt", GOOD, age=90)
        drop(folder, "b.txt", page(full_entry("Two")), age=80)
        real = getattr(watched_folder, moment)

        def vanishing(*given: Any, **how: Any) -> Dump:
            (folder / "a.txt").unlink(missing_ok=True)
            return real(*given, **how)

        monkeypatch.setattr(watched_folder, moment, vanishing)
        ingest_inbox(AT)
        assert Paper.objects.filter(title="Two").exists()

    def test_the_longest_name_is_explained_too(self, folder: Path) -> None:
        drop(folder, "x" * 255, b"Buy milk.", age=90)
        drop(folder, "b.txt", GOOD, age=80)
        assert len(ingest_inbox(AT)) == 2
        assert [path.name[-8:] for path in (folder / "failed").glob("*.why.txt")] == [".why.txt"]


class TestOperators:
    def test_the_command_goes_on(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        paths = [tmp_path / "a.eml", tmp_path / "b.txt"]
        for path, data in zip(paths, (nested_mail(), GOOD), strict=True):
            path.write_bytes(data)
        for options in ({"dry_run": True}, {}):
            with pytest.raises(SystemExit):
                call_command("ingest", *map(str, paths), **options)
            output = capsys.readouterr().out
            assert "nested deeper" in output
            assert "b.txt: 1 papers" in output

    def test_a_rehearsal_ends_in_a_sentence(self) -> None:
        assert "nested deeper" in dry_run(nested_mail(), "a.eml", at=AT).error


def test_a_day_given_by_hand_is_no_exception() -> None:
    dump = receive(nested_mail(), "a.eml", listed_on=date(2026, 11, 20), at=AT)
    assert read(dump, at=AT).state == "quarantined"
