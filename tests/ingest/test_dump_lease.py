"""One process reads a dump at a time.

The lease of a dead one lapses, and nothing more is written.
"""

import io
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from digest.ingest import bulk_files, bulk_parts, dump_lease, dump_reading, pipeline
from digest.ingest.dump_lease import DumpLease, LeaseLost, acquire_lease
from digest.ingest.pipeline import finish_unfinished, read, receive
from digest.ingest.raw_storage import MissingBytes
from digest.models import Dump, Paper
from tests.support import servers
from tests.support.raw import lapse_claims
from tests.support.site import Site

from .archives.archive_factory import zipped
from .formats.listing_pages import AT, full_entry, page, snapshot_line

GOOD = page(full_entry("One"), full_entry("Two"))


@pytest.fixture
def dump(settings: Any, tmp_path: Path, db: None) -> Dump:
    settings.DUMPS_DIR = tmp_path / "dumps"
    return receive(GOOD, "page.txt", at=AT)


class TestLease:
    def test_one_at_a_time(self, dump: Dump) -> None:
        with acquire_lease(dump.sha256) as first, acquire_lease(dump.sha256) as second:
            assert (first, second) == (DumpLease(dump.sha256, 1), None)
        with acquire_lease(dump.sha256) as third:
            assert third == DumpLease(dump.sha256, 2)

    def test_it_lapses_within_a_minute(self, dump: Dump) -> None:
        assert dump_lease.LEASE_DURATION.total_seconds() <= 60
        assert dump_lease.LEASE_DURATION.total_seconds() > 2 * dump_lease.RENEW_SECONDS
        with acquire_lease(dump.sha256) as dead:
            lapse_claims()
            with acquire_lease(dump.sha256) as alive:
                assert alive
                assert dead
                assert alive.fence > dead.fence
                assert not dead.renew()
                dead.release()  # of what is another's now
                with acquire_lease(dump.sha256) as late:
                    assert late is None

    def test_renewed_it_does_not_lapse(self, dump: Dump) -> None:
        with acquire_lease(dump.sha256) as lease:
            lapse_claims()
            assert lease
            assert lease.renew()
            with acquire_lease(dump.sha256) as other:
                assert other is None

    def test_nothing_is_written_with_a_stale_fence(self, dump: Dump) -> None:
        with acquire_lease(dump.sha256) as lease:
            assert lease
            stale = DumpLease(lease.sha256, lease.fence - 1)
            with lease.transaction():
                pass
            with pytest.raises(LeaseLost), stale.transaction():
                Dump.objects.update(name="changed")
        assert Dump.objects.get().name == "page.txt"

    def test_of_no_dump(self, db: None) -> None:
        with acquire_lease("0" * 64, patience=9) as lease:
            assert lease is None


class TestReaders:
    def test_a_tick_leaves_it_to_the_one_who_has_it(self, dump: Dump) -> None:
        with acquire_lease(dump.sha256):
            (answer,) = finish_unfinished(AT)
            assert (answer.state, answer.error) == ("received", pipeline._BUSY)
        assert [each.state for each in finish_unfinished(AT)] == ["parsed"]

    def test_a_command_waits_for_the_other(
        self, dump: Dump, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def other_ends(seconds: float) -> None:
            lapse_claims()
            assert read(receive(GOOD, "other", at=AT), at=AT, seconds=9).new == 2

        with acquire_lease(dump.sha256):
            monkeypatch.setattr(dump_lease.time, "sleep", other_ends)
            answer = read(dump, at=AT)
        assert (answer.state, answer.error, answer.papers) == ("parsed", "", 2)

    def test_an_archive_leaves_a_member_to_the_one_who_has_it(self, dump: Dump) -> None:
        packed = receive(zipped({"a.txt": GOOD}), "days.zip", at=AT)
        with acquire_lease(dump.sha256):
            assert read(packed, at=AT).state == "parsed"
            assert Paper.objects.count() == 0
        finish_unfinished(AT)
        assert Paper.objects.count() == 2

    def test_it_is_free_afterwards_however_it_ended(
        self, dump: Dump, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fails(*_: object) -> None:
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(dump_reading, "upsert", fails)
        with pytest.raises(OSError, match="Input"):
            read(dump, at=AT)
        assert Dump.objects.get().lease_until is None

    @pytest.mark.parametrize(
        ("place", "name"),
        [
            (pipeline, "open_contents"),
            (pipeline, "parse_and_store"),
            (dump_reading, "_parsed"),
            (dump_reading, "shrinkage"),
        ],
    )
    @pytest.mark.parametrize("wrong", [None, ValueError("odd"), MissingBytes("the moon")])
    def test_one_that_lost_its_claim_writes_nothing(
        self,
        dump: Dump,
        monkeypatch: pytest.MonkeyPatch,
        place: Any,
        name: str,
        wrong: Exception | None,
    ) -> None:
        """Another has claimed it and not come far yet, whatever the slow one was about to note."""
        real = getattr(place, name)

        def stolen(*given: Any, **how: Any) -> Any:
            lapse_claims()
            Dump.objects.update(fence=77)
            if wrong:
                raise wrong
            return real(*given, **how)

        monkeypatch.setattr(place, name, stolen)
        answer = read(dump, at=AT)
        assert (answer.state, answer.error) == ("received", pipeline._BUSY)
        row = Dump.objects.get()
        assert (row.state, row.error, row.missing_since) == ("received", "", None)
        assert not Paper.objects.exists()

    @pytest.mark.parametrize("at_part", [0, 1])
    def test_nor_a_part_of_a_bulk_file(
        self, dump: Dump, monkeypatch: pytest.MonkeyPatch, at_part: int
    ) -> None:
        monkeypatch.setattr(bulk_files, "PART_LINES", 2)
        monkeypatch.setattr(bulk_parts, "_FREE_SECONDS", 0)
        real = bulk_parts.parse_and_store

        def stolen(part: Dump, *given: Any) -> Dump:
            if part.part == at_part:
                Dump.objects.filter(part=0).update(fence=77)
            return real(part, *given)

        monkeypatch.setattr(bulk_parts, "parse_and_store", stolen)
        data = b"".join(map(snapshot_line, range(6)))
        bulky = receive(io.BytesIO(data), "snapshot.json", at=AT)
        assert read(bulky, at=AT).error == pipeline._BUSY
        assert Paper.objects.count() == 2 * at_part

    def test_nor_the_cut(self, dump: Dump, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bulk_files, "PART_LINES", 2)
        real = pipeline.cut_into_parts

        def stolen(*given: Any) -> Dump:
            Dump.objects.update(fence=77)
            return real(*given)

        monkeypatch.setattr(pipeline, "cut_into_parts", stolen)
        data = b"".join(map(snapshot_line, range(6)))
        read(receive(io.BytesIO(data), "snapshot.json", at=AT), at=AT)
        assert Dump.objects.count() == 2

    def test_a_claim_costs_few_queries(self, dump: Dump) -> None:
        with CaptureQueriesContext(connection) as queries, acquire_lease(dump.sha256):
            pass
        assert len(queries) == 3


# Claims every dump, and reads on in its sleep until it is killed.
_READER = """
import time
from digest.ingest import dump_reading
from digest.ingest.pipeline import finish_unfinished
from digest.ingest import dump_lease
from datetime import timedelta
from django.utils.timezone import now
dump_lease.LEASE_DURATION, dump_lease.RENEW_SECONDS = timedelta(seconds=2), 0.5
real = dump_reading._parsed
def slow(*given):
    print("begun", flush=True)
    time.sleep({seconds})
    return real(*given)
dump_reading._parsed = slow
for dump in finish_unfinished(now()):
    print(dump.state, dump.error, flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_two_machines(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    values = {}
    if kind == "postgres":
        url = servers.new_database(request.getfixturevalue("postgres"), tmp_path.name)
        values["DATABASE_URL"] = url
    one = Site(tmp_path / "one", **values)
    two = Site(tmp_path / ("two" if values else "one"), **values)
    one.run("migrate", "--verbosity=0")
    path = tmp_path / "page.txt"
    path.write_bytes(GOOD)
    received = (
        "from digest.ingest.pipeline import receive; from django.utils.timezone import now; "
        f"receive(open({str(path)!r}, 'rb'), 'page.txt', at=now())"
    )
    one.run("shell", "--no-imports", "-c", received)

    def reader(site: Site, seconds: float) -> Any:
        code = _READER.format(seconds=seconds)
        return site.start("shell", "--no-imports", "-c", code)

    slow = reader(one, 600)
    assert slow.stdout.readline() == "begun\n"
    output, _ = reader(two, 0).communicate(
        timeout=60
    )  # its lease would be over but for the renewals
    assert output == f"received {pipeline._BUSY}\n"
    one.kill(slow)

    def lapsed() -> bool:
        return "parsed" in reader(two, 0).communicate(timeout=60)[0]

    assert servers.wait_until(lapsed)
    assert two.sql("SELECT count(*) FROM digest_paper") == [(2,)]


_MEMORY = """
import resource
from digest.ingest import raw_storage
from digest.ingest.pipeline import receive
from django.utils.timezone import now
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
before = peak()
dump = receive(open({path!r}, "rb"), "big", at=now())
with raw_storage.open(dump.sha256) as file:
    size = sum(map(len, iter(lambda: file.read(1 << 20), b"")))
print(size, peak() - before)
"""


@pytest.mark.slow
@pytest.mark.postgres
def test_a_dump_of_100_megabytes_is_never_in_memory(tmp_path: Path, postgres: str) -> None:
    site = Site(tmp_path / "var", DATABASE_URL=servers.new_database(postgres, tmp_path.name))
    site.run("migrate", "--verbosity=0")
    path = tmp_path / "big.html"
    with path.open("wb") as file:
        for number in range(100):
            file.write(f"<p>{number}".encode().ljust(1_000_000))
    output = site.run("shell", "--no-imports", "-c", _MEMORY.format(path=str(path)))
    size, grown = map(int, output.split())
    assert size == 100_000_000
    assert grown < 40, f"{grown} MB more"
