"""A parsed dump stays parsed: no slower reader of the same bytes overwrites it."""

import json
from pathlib import Path
from typing import Any

import pytest

from digest.ingest import bulk_parts, dump_reading, dump_rows, pipeline
from digest.ingest.formats import BadDump
from digest.ingest.pipeline import ReadOptions, read, read_again, receive
from digest.models import Dump, Paper
from tests.support import servers
from tests.support.raw import lapse_claims
from tests.support.site import Site

from .archives.archive_factory import zipped
from .formats.listing_pages import AT, full_entry, page, snapshot_line

GOOD = page(full_entry("One"), full_entry("Two"))


@pytest.mark.django_db
class TestOvertaken:
    @pytest.fixture(autouse=True)
    def folder(self, settings: Any, tmp_path: Path) -> None:
        settings.DUMPS_DIR = tmp_path / "dumps"

    def meanwhile(
        self, patch: pytest.MonkeyPatch, where: Any, name: str, data: bytes, then: Any
    ) -> None:
        """When `name` is called for the first time the claim has lapsed, and another process reads
        these bytes to the end; then comes what `then` returns or raises."""
        real = getattr(where, name)

        def overtaken(*given: Any, **how: Any) -> Any:
            patch.setattr(where, name, real)
            lapse_claims()
            other = read(receive(data, "other", at=AT), at=AT)
            assert other.state == "parsed"
            return then(*given, **how) if then else real(*given, **how)

        patch.setattr(where, name, overtaken)

    def refuse(self, *_: object, **__: object) -> None:
        raise BadDump("It is half a page.")

    def assert_stands(self, answer: Dump, papers: int = 2) -> None:
        row = Dump.objects.get(pk=answer.pk)
        assert (row.state, row.error, row.papers, row.new) == ("parsed", "", papers, papers)
        assert (answer.state, answer.error, answer.papers) == ("parsed", "", papers)
        assert Paper.objects.count() == papers

    @pytest.mark.parametrize("name", ["open_contents", "_read_stream"])
    def test_a_refusal(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        dump = receive(GOOD, "page.txt", at=AT)
        self.meanwhile(monkeypatch, pipeline, name, GOOD, self.refuse)
        self.assert_stands(read(dump, at=AT))

    def test_a_refusal_of_the_reader(self, monkeypatch: pytest.MonkeyPatch) -> None:
        dump = receive(GOOD, "page.txt", at=AT)
        self.meanwhile(monkeypatch, dump_reading, "_parsed", GOOD, self.refuse)
        self.assert_stands(read(dump, at=AT))

    def test_too_many_new_papers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def too_many(*_: object) -> None:
            raise dump_reading.TooManyNew(501)

        dump = receive(GOOD, "page.txt", at=AT)
        self.meanwhile(monkeypatch, dump_reading, "_stored", GOOD, too_many)
        self.assert_stands(read(dump, at=AT))

    def test_being_opened_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Two hand in bytes that were refused before; the slower finds the row as it was."""
        with monkeypatch.context() as patch:
            patch.setattr(dump_reading, "_parsed", self.refuse)
            refused = read(receive(GOOD, "page.txt", at=AT), at=AT)
        assert refused.state == "quarantined"
        self.meanwhile(monkeypatch, dump_rows, "_changes", GOOD, None)
        dump = receive(GOOD, "slower.txt", at=AT)
        assert Dump.objects.get().state == "parsed"
        self.assert_stands(read(dump, at=AT))

    def test_being_tried_again_from_the_admin(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(dump_reading, "_parsed", self.refuse)
            refused = read(receive(GOOD, "page.txt", at=AT), at=AT)
        self.meanwhile(monkeypatch, dump_rows, "_changes", GOOD, None)
        options = ReadOptions()
        self.assert_stands(read_again(refused, options, at=AT))

    def test_an_archive(self, monkeypatch: pytest.MonkeyPatch) -> None:
        data = zipped({"a.txt": GOOD})
        dump = receive(data, "days.zip", at=AT)
        self.meanwhile(monkeypatch, pipeline, "_read_members", data, self.refuse)
        answer = read(dump, at=AT)
        assert (answer.state, answer.error) == ("parsed", "")
        assert set(Dump.objects.values_list("state", flat=True)) == {"parsed"}

    def test_the_parts_of_a_bulk_file(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("digest.ingest.bulk_files.PART_LINES", 1)
        monkeypatch.setattr(bulk_parts, "_FREE_SECONDS", 0)
        data = snapshot_line(1) + snapshot_line(2)
        dump = receive(data, "snapshot", at=AT)
        read(dump, at=AT, seconds=0)
        dump.refresh_from_db()
        self.meanwhile(monkeypatch, pipeline, "open_contents", data, self.refuse)
        answer = read(dump, at=AT)
        assert (answer.state, answer.error) == ("parsed", "")
        assert set(Dump.objects.values_list("state", flat=True)) == {"parsed"}


# Reads the same dumps over and over, as often as not with a reader that fails, and prints those
# that it once saw parsed.
_WORKER = """
import json, random, sys
from pathlib import Path
import django
django.setup()
from django.utils import timezone
from digest.ingest import dump_reading
from digest.ingest.pipeline import read, receive
from digest.models import Dump

draw, real = random.Random(int(sys.argv[1])), dump_reading.detect
def detect(data):
    if draw.random() < 0.5:
        raise MemoryError
    return real(data)
dump_reading.detect = detect

parsed = set()
for _ in range(4):
    for path in sorted(Path(sys.argv[2]).iterdir(), key=lambda _: draw.random()):
        dump = read(receive(path.read_bytes(), path.name, at=timezone.now()), at=timezone.now())
        row = Dump.objects.get(pk=dump.pk)
        assert dump.state == "parsed" or row.state != "parsed" or dump.error, vars(dump)
        assert row.pk not in parsed or row.state == "parsed", vars(row)
        if row.state == "parsed":
            parsed.add(row.pk)
print(json.dumps(sorted(parsed)))
"""


_PARSED = """
from digest.models import Dump
print(sorted(Dump.objects.filter(state="parsed", papers=2).values_list("pk", flat=True)))
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_five_workers_at_once(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    values = {}
    if kind == "postgres":
        url = servers.new_database(request.getfixturevalue("postgres"), tmp_path.name)
        values["DATABASE_URL"] = url
    site = Site(tmp_path / "var", **values)
    site.run("migrate", "--verbosity=0")
    folder = tmp_path / "pages"
    folder.mkdir()
    for number in range(12):
        (folder / f"{number}.txt").write_bytes(
            page(full_entry(f"Paper {number}"), full_entry("Shared"))
        )
    environment = {"DJANGO_SETTINGS_MODULE": "digest.settings"}
    workers = [
        site.start("shell", "--no-imports", "-c", f"import sys; sys.argv = ['', '{seed}', "
                   f"{str(folder)!r}]\n{_WORKER}", **environment)
        for seed in range(5)
    ]  # fmt: skip
    seen: set[int] = set()
    for worker in workers:
        out, err = worker.communicate(timeout=300)
        assert worker.returncode == 0, err
        seen |= set(json.loads(out.splitlines()[-1]))
    assert seen
    assert seen <= set(json.loads(site.run("shell", "--no-imports", "-c", _PARSED)))
