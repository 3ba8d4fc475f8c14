"""What comes packed: one compressed file is one dump, the files of an archive are several."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
import zstandard
from django.core.management import call_command

from digest.ingest import bulk_files, bulk_parts
from digest.ingest.dry_run import dry_run
from digest.ingest.pipeline import ReadOptions, finish_unfinished, read, read_again, receive
from digest.models import Catalogue, Dump, Paper
from tests.ingest.formats.listing_pages import AT, full_entry, page, snapshot_line
from tests.support.raw import raw_bytes

pytestmark = pytest.mark.django_db
zst = zstandard.ZstdCompressor()
ONE, TWO = page(full_entry("One")), page(full_entry("Two"), day="Nov 19")


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DUMPS_DIR = tmp_path
    monkeypatch.setattr(bulk_files, "PART_LINES", 3)
    monkeypatch.setattr(bulk_parts, "_FREE_SECONDS", 0)


def lines_of(count: int) -> bytes:
    return b"".join(map(snapshot_line, range(count)))


def zipped(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(f"days/{name}.txt"), data)
    return packed.getvalue()


def tarred(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(f"days/{name}.txt")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return packed.getvalue()


def take(data: bytes, name: str = "listings.zip", **asked: Any) -> Dump:
    return read(receive(data, name, at=AT, **asked), at=AT)


def counts(dump: Dump) -> tuple[str, int, int, int]:
    return dump.state, dump.papers, dump.new, dump.unchanged


def test_a_compressed_file_is_one_dump() -> None:
    packed = gzip.compress(ONE)
    dump = take(packed, "page.txt.gz")
    assert counts(dump) == ("parsed", 1, 1, 0)
    assert (Dump.objects.get().name, raw_bytes(dump)) == ("page.txt.gz", packed)
    assert counts(take(packed)) == ("parsed", 1, 0, 1)


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_the_files_of_an_archive_are_dumps_of_their_own(pack: Any) -> None:
    dump = take(pack(a=ONE, b=TWO))
    assert counts(dump) == ("parsed", 2, 2, 0)
    row = Dump.objects.get(name="listings.zip")
    assert (row.state, row.format, row.papers) == ("parsed", "archive", 0)
    names = row.members.order_by("name").values_list("name", flat=True)
    assert list(names) == ["listings.zip/a.txt", "listings.zip/b.txt"]
    kept = [raw_bytes(member) for member in row.members.order_by("name")]
    assert kept == [ONE, TWO]


def test_the_same_archive_again_is_nothing_new() -> None:
    take(zipped(a=ONE, b=TWO))
    change = Catalogue.current().change
    assert counts(take(zipped(a=ONE, b=TWO))) == ("parsed", 2, 0, 2)
    assert (Catalogue.current().change, Dump.objects.count()) == (change, 3)


def test_a_file_that_is_refused_is_named_and_the_others_taken() -> None:
    dump = take(zipped(a=ONE, note=b"Buy milk."))
    assert counts(dump) == ("parsed", 1, 1, 0)
    (left_out,) = dump.skipped
    assert left_out["entry"] == "listings.zip/note.txt"
    assert Dump.objects.get(name="listings.zip/note.txt").state == "quarantined"


def test_nothing_in_it_is_a_listing() -> None:
    assert "None of its 2 files" in take(zipped(a=b"no", b=b"not")).error


def test_what_is_said_of_the_archive_holds_for_its_files() -> None:
    take(zipped(a=ONE), intent="backfill")
    assert Catalogue.current().newest_seq == 0
    options = ReadOptions(intent="new")
    assert read_again(Dump.objects.get(name="listings.zip"), options, at=AT).updated == 1
    assert Catalogue.current().newest_seq == 1


def test_an_archive_within_an_archive_is_refused() -> None:
    dump = take(zipped(inner=zipped(a=ONE)))
    assert dump.state == "quarantined"
    assert "within an archive" in dump.error
    assert not Paper.objects.exists()


def test_a_crash_between_its_files_is_finished_by_the_next_tick() -> None:
    dump = receive(zipped(a=ONE, b=TWO), "listings.zip", at=AT)
    take(ONE, "page.txt")
    finished = finish_unfinished(AT)
    assert [counts(each) for each in finished] == [("parsed", 2, 1, 1)]
    assert Dump.objects.get(pk=dump.pk).state == "parsed"
    assert finish_unfinished(AT) == []


def test_a_bulk_file_that_comes_packed() -> None:
    lines = lines_of(4)
    dump = take(gzip.compress(lines), "snapshot.json.gz")
    assert (counts(dump), dump.total_parts) == (("parsed", 4, 4, 0), 2)
    assert list(Dump.objects.values_list("papers", flat=True).order_by("part")) == [3, 1]


def test_a_bulk_file_in_an_archive() -> None:
    lines = lines_of(4)
    assert counts(take(zipped(snapshot=lines, a=ONE))) == ("parsed", 5, 5, 0)
    assert Catalogue.current().newest_seq == 1


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zst.compress])
def test_a_packed_bulk_file_over_the_limit_of_others(pack: Any, settings: Any) -> None:
    """Both packed and unpacked it is larger than any other dump may be."""
    settings.MAX_DUMP_BYTES = 500
    lines = b"".join(snapshot_line(number, title=token_hex(40)) for number in range(4))
    assert len(pack(lines)) > 500
    assert counts(dry_run(io.BytesIO(pack(lines)), "x", at=AT)) == ("parsed", 4, 4, 0)
    assert counts(take(pack(lines), "snapshot.json.gz")) == ("parsed", 4, 4, 0)


def test_an_archive_of_one_bulk_file_over_the_limit(settings: Any) -> None:
    settings.MAX_DUMP_BYTES = 300
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("snapshot.json", lines_of(4))
    assert counts(take(packed.getvalue())) == ("parsed", 4, 4, 0)
    assert Dump.objects.get(part=1).name == "listings.zip/snapshot.json"


def test_parts_of_a_packed_file_go_on_in_the_next_tick() -> None:
    dump = receive(gzip.compress(lines_of(8)), "snapshot.json.gz", at=AT)
    assert read(dump, at=AT, seconds=0).state == "received"
    assert Dump.objects.filter(state="received").count() == 3
    assert [counts(each) for each in finish_unfinished(AT)] == [("parsed", 8, 8, 0)]


def test_parts_of_a_bulk_file_in_an_archive_go_on_too() -> None:
    dump = receive(zipped(snapshot=lines_of(8), a=ONE), "listings.zip", at=AT)
    assert counts(read(dump, at=AT, seconds=0)) == ("parsed", 1, 1, 0)
    assert [each.papers for each in finish_unfinished(AT)] == [8]
    assert counts(take(zipped(snapshot=lines_of(8), a=ONE))) == ("parsed", 9, 0, 9)


def test_a_packed_bulk_file_that_is_cut_off_is_refused_whole() -> None:
    dump = take(gzip.compress(lines_of(9))[:-100], "snapshot.json.gz")
    assert (dump.state, Paper.objects.count(), Dump.objects.count()) == ("quarantined", 0, 1)
    assert "cut off" in dump.error


def test_one_that_unpacks_to_more_than_is_taken(settings: Any) -> None:
    settings.MAX_DUMP_BYTES = 900
    big = page(*(full_entry(f"Number {number}") for number in range(20)))
    dump = take(gzip.compress(big), "page.txt.gz")
    assert dump.state == "quarantined"
    assert f"at least {len(big):,} bytes; the limit is 900" in dump.error
    both = zipped_small(big=big, one=ONE)
    for answer in (take(both), dry_run(both, "x.zip", at=AT)):
        assert answer.papers == 1
        assert "the limit is 900" in answer.skipped[0]["reason"]


def zipped_small(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


def test_a_damaged_file_is_named_and_the_others_taken(settings: Any) -> None:
    packed = bytearray(zipped(a=ONE, b=TWO))
    packed[packed.index(b"Daily Papers")] ^= 1
    for answer in (dry_run(bytes(packed), "x.zip", at=AT), take(bytes(packed), "x.zip")):
        assert (answer.state, answer.papers) == ("parsed", 1)
        assert answer.skipped[0]["entry"] == "x.zip/a.txt"
        assert "damaged in the archive" in answer.skipped[0]["reason"]
    assert Dump.objects.count() == 2
    assert not list(settings.DUMPS_DIR.glob(".draft*"))


def test_compressed_files_in_an_archive() -> None:
    assert counts(take(zipped(a=gzip.compress(ONE), b=TWO))) == ("parsed", 2, 2, 0)
    assert counts(take(gzip.compress(tarred(a=gzip.compress(ONE))), "x.tar.gz"))[:2] == (
        "parsed", 1,
    )  # fmt: skip


@pytest.mark.parametrize("make", [lambda: zipped(), lambda: zipped(inner=tarred(a=ONE))])
def test_a_rehearsal_refuses_what_a_reading_would(make: Any) -> None:
    packed = make()
    assert dry_run(packed, "x.zip", at=AT).error == take(packed, "x.zip").error != ""


def test_the_command_names_what_it_left_out(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "days.zip"
    path.write_bytes(zipped_small(**{"a.txt": ONE, "../b.txt": TWO}))
    call_command("ingest", str(path))
    output = capsys.readouterr().out
    assert "days.zip: 1 papers" in output
    assert "left out: ../b.txt (its name points outside the archive)" in output


def test_a_rehearsal_keeps_nothing() -> None:
    assert counts(dry_run(zipped(a=ONE, b=TWO), "x.zip", at=AT)) == ("parsed", 2, 2, 0)
    assert counts(dry_run(gzip.compress(ONE), "x.gz", at=AT)) == ("parsed", 1, 1, 0)
    assert not Dump.objects.exists()


def test_a_broken_one_is_a_sentence() -> None:
    dump = take(gzip.compress(ONE)[:-9], "page.txt.gz")
    assert dump.state == "quarantined"
    assert len(dump.error) > 20
