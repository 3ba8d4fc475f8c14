"""Limits on what arrives by itself, 200,000 records and 1 GB unpacked; an operator has none."""

import gzip
import io
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from digest import tasks
from digest.admin import dumps as dump_admin
from digest.ingest import bulk_files, bulk_parts
from digest.ingest.formats import BadDump
from digest.ingest.pipeline import finish_unfinished, read, receive
from digest.ingest.sanity_checks import DumpLimits, checked_part_sizes
from digest.ingest.sources import fetch_due, watched_folder
from digest.ingest.sources.watched_folder import ingest_inbox
from digest.models import Dump, Paper, PushToken, Source
from tests.support.imap_server import PASSWORD, USER, Box
from tests.support.raw import raw_bytes

from .archives.archive_factory import PACKERS, tarred, zipped
from .formats.listing_pages import AT, full_entry, page, snapshot_line
from .sources.source_factory import MORNING
from .sources.web_server import WebServer, reply

pytestmark = pytest.mark.django_db
TEN, ELEVEN = (b"".join(map(snapshot_line, range(count))) for count in (10, 11))


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.DATA_DIR = tmp_path
    settings.DUMPS_DIR = tmp_path / "dumps"
    settings.INBOX_DIR = tmp_path / "inbox"
    settings.INBOX_DIR.mkdir()
    settings.MAX_DUMP_RECORDS = 10
    monkeypatch.setattr(watched_folder, "_stuck", set())
    monkeypatch.setattr(bulk_files, "PART_LINES", 3)
    monkeypatch.setattr(bulk_parts, "_FREE_SECONDS", 0)
    return settings.INBOX_DIR


def refused(data: bytes) -> Dump:
    """The one row of a dump that was refused whole and kept."""
    dump = Dump.objects.get()
    assert (dump.state, dump.total_parts, Paper.objects.count()) == ("quarantined", 1, 0)
    assert "records; the limit is 10 (MAX_DUMP_RECORDS)" in dump.error
    assert dump.error.endswith("use “manage.py ingest”, which has no such limit.")
    assert raw_bytes(dump) == data
    return dump


def drop(folder: Path, name: str, data: bytes) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    os.utime(folder / name, (0, 0))


def source(**values: Any) -> Source:
    usual = {"name": "S", "enabled": True, "enabled_at": MORNING, "next_run_at": MORNING,
             "every_minutes": 15, "first_fetched_at": MORNING, "allow_private": True}  # fmt: skip
    return Source.objects.create(**(usual | values))


class TestWaysIn:
    @pytest.mark.parametrize("pack", [bytes, gzip.compress])
    def test_the_inbox(self, folder: Path, pack: Any) -> None:
        data = pack(ELEVEN)
        drop(folder, "snapshot", data)
        ingest_inbox(AT)
        output = refused(data).error
        assert (folder / "failed" / "snapshot.why.txt").read_text().strip() == output

    def test_as_many_as_are_allowed(self, folder: Path) -> None:
        drop(folder, "snapshot.gz", gzip.compress(TEN))
        ingest_inbox(AT)
        assert Paper.objects.count() == 10

    def test_the_folder_of_a_source(self, tmp_path: Path) -> None:
        source(kind="folder", folder=str(tmp_path / "incoming"))
        drop(tmp_path / "incoming", "snapshot", ELEVEN)
        (fetched,) = fetch_due(lambda: MORNING)
        assert refused(ELEVEN).error in fetched.error

    def test_a_mailbox(self, box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MAILBOX_PASSWORD", PASSWORD)
        source(kind="mailbox", mail_host="localhost", mail_port=box.port, mail_user=USER,
               password_variable="MAILBOX_PASSWORD")  # fmt: skip
        box.put(ELEVEN)
        fetch_due(lambda: MORNING)
        refused(ELEVEN)

    def test_the_web(self, web: WebServer) -> None:
        source(kind="url", url=web.answer("/snapshot", reply(body=ELEVEN)))
        (fetched,) = fetch_due(lambda: MORNING)
        assert refused(ELEVEN).error in fetched.error

    def test_a_push(self) -> None:
        token = PushToken.make("lab", source(kind="push"))[1]
        headers = {"Authorization": f"Bearer {token}"}
        kind = "application/octet-stream"
        pushed = Client().post("/api/dumps/", ELEVEN, content_type=kind, headers=headers)
        assert pushed.status_code == 202
        tasks.ingest()
        refused(ELEVEN)

    def test_an_upload(self, admin_client: Client) -> None:
        posted = {"file": SimpleUploadedFile("snapshot", ELEVEN), "intent": "auto"}
        output = admin_client.post(reverse("admin:digest_dump_add"), posted, follow=True)
        assert refused(ELEVEN).error in output.content.decode()

    def test_the_command_has_no_limit(self, tmp_path: Path, settings: Any) -> None:
        settings.MAX_UNPACKED_BYTES = 1
        (tmp_path / "snapshot").write_bytes(ELEVEN)
        call_command("ingest", str(tmp_path / "snapshot"))
        assert Paper.objects.count() == 11


class TestUnlimited:
    def test_what_was_refused_is_taken_by_the_command(self, folder: Path, tmp_path: Path) -> None:
        drop(folder, "snapshot", ELEVEN)
        ingest_inbox(AT)
        refused(ELEVEN)
        call_command("ingest", str(folder / "failed" / "snapshot"))
        assert set(Dump.objects.values_list("state", "unlimited")) == {("parsed", True)}
        drop(folder, "snapshot", ELEVEN)  # and stays taken, whoever brings it again
        assert [dump.state for dump in ingest_inbox(AT)] == ["parsed"]

    def test_what_the_command_left_unread_has_no_limit_later(self) -> None:
        receive(ELEVEN, "snapshot", unlimited=True, at=AT)  # and here the command is killed
        assert [dump.state for dump in finish_unfinished(AT)] == ["parsed"]
        assert Paper.objects.count() == 11

    def test_try_again_at_the_desk_says_it_again(self) -> None:
        dump = read(receive(ELEVEN, "snapshot", at=AT), at=AT)
        assert dump_admin.read_again(dump, "auto").state == "quarantined"
        refused(ELEVEN)


class TestBytes:
    def test_packed(self, settings: Any) -> None:
        settings.MAX_DUMP_RECORDS, settings.MAX_UNPACKED_BYTES = 100, len(ELEVEN) - 1
        dump = read(receive(gzip.compress(ELEVEN), "snapshot.gz", at=AT), at=AT)
        assert dump.state == "quarantined"
        assert f"the limit is {len(ELEVEN) - 1:,} (MAX_UNPACKED_BYTES): split it" in dump.error
        assert not Paper.objects.exists()

    def test_plain_ones_are_not_even_copied(self, folder: Path, settings: Any) -> None:
        settings.MAX_UNPACKED_BYTES = 100
        drop(folder, "snapshot", ELEVEN)
        assert ingest_inbox(AT) == []
        assert "manage.py ingest" in (folder / "failed" / "snapshot.why.txt").read_text()
        assert not Dump.objects.exists()

    def test_counting_stops_where_it_is_too_much(self) -> None:
        stream = Endless()
        with pytest.raises(BadDump, match=r"MAX_UNPACKED_BYTES"):
            checked_part_sizes(stream, DumpLimits(10**9, 10_000))
        assert stream.given < 11_000

    def test_blank_lines_are_no_records(self) -> None:
        sizes = checked_part_sizes(io.BytesIO(b"{}\n\n\r\n" * 10), DumpLimits(10, 1000))
        assert sum(sizes) == 60
        with pytest.raises(BadDump, match="at least 11 records"):
            checked_part_sizes(io.BytesIO(b"{}\n\n\r\n" * 11), DumpLimits(10, 1000))


class Endless(io.RawIOBase):
    """Lines without end, and how many bytes of them were asked for."""

    given = 0

    def readline(self, size: int | None = -1, /) -> bytes:
        self.given += 10
        return b'{"a": 1}\r\n'


class TestOtherFormats:
    def test_entries_of_one_page(self) -> None:
        data = page(*(full_entry(f"Paper {number}") for number in range(11)))
        dump = read(receive(data, "page.txt", at=AT), at=AT)
        assert (dump.state, Paper.objects.count()) == ("quarantined", 0)
        assert "It contains at least 11 records" in dump.error


class TestArchives:
    @pytest.mark.parametrize("packed", [zipped, tarred])
    def test_its_files_count_together(self, packed: Any) -> None:
        lines = [snapshot_line(number) for number in range(12)]
        files = {
            "a.txt": page(full_entry("One"), full_entry("Two")),
            "b.jsonl": b"".join(lines[:7]),
            "c.jsonl": b"".join(lines[7:]),
            "d.txt": page(full_entry("Three")),
        }
        dump = read(receive(packed(files), "days", at=AT), at=AT)
        assert (dump.state, dump.papers) == ("parsed", 10)
        (left_out,) = dump.skipped
        assert left_out["entry"] == "days/c.jsonl"
        assert (
            "The files of its archive contain at least 12 records; the limit is 10"
            in left_out["reason"]
        )
        assert raw_bytes(Dump.objects.get(name="days/c.jsonl")) == files["c.jsonl"]

    def test_parts_that_are_still_to_be_read_count(self) -> None:
        lines = [snapshot_line(number) for number in range(16)]
        files = {"b.jsonl": b"".join(lines[:9]), "c.jsonl": b"".join(lines[9:])}
        dump = receive(zipped(files), "days.zip", at=AT)
        read(dump, at=AT, seconds=0)  # no part is begun
        assert not Paper.objects.exists()
        finish_unfinished(AT)
        assert Paper.objects.count() == 9

    @pytest.mark.parametrize("kind", ["zip", "tar.gz"])
    def test_its_files_unpack_together(self, kind: str, settings: Any) -> None:
        settings.MAX_DUMP_RECORDS, settings.MAX_UNPACKED_BYTES = 100, len(TEN) + 1
        dump = read(receive(PACKERS[kind]({"a": TEN, "b": b"xx"}), "days", at=AT), at=AT)
        assert (dump.state, Paper.objects.count()) == ("quarantined", 0)
        assert f"the limit is {len(TEN) + 1:,}." in dump.error


@pytest.mark.slow
def test_a_small_file_of_very_many_records_leaves_one_row(settings: Any) -> None:
    """848 kB of lines became a database of 256 MB."""
    settings.MAX_DUMP_RECORDS = 200_000
    line = b'{"title": "%d", "abstract": "B.", "url": "https://a.example/%d"}\n'
    data = gzip.compress(b"".join(line % (number, number) for number in range(200_001)), 9)
    dump = read(receive(io.BytesIO(data), "small.jsonl.gz", at=timezone.now()), at=timezone.now())
    assert "200,001 records; the limit is 200,000" in dump.error
    assert (Dump.objects.count(), Paper.objects.count()) == (1, 0)
