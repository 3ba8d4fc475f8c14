"""The files of a ZIP or tar archive: each handed out, or named with a reason; traps refused."""

import gzip
import io
import random
import stat
import tarfile
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.formats import BadDump
from digest.ingest.unpack import Limits, Member, beginning, is_archive, members, unpacked

LIMITS = Limits(one=1_000_000, total=2_000_000, files=20)
Files = dict[str, bytes]


def zipped(files: Files, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


def tarred(files: Files, kind: int = tarfile.PAX_FORMAT) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=kind) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return packed.getvalue()


def tar_of(*infos: tarfile.TarInfo) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for info in infos:
            archive.addfile(info, io.BytesIO(b"x" * info.size))
    return packed.getvalue()


def is_bulk(head: bytes) -> bool:
    return head.startswith(b"{")


def open_all(packed: bytes, limits: Limits = LIMITS) -> tuple[Files, dict[str, str]]:
    """The files that are handed out, and the reasons for those that are not."""
    files, left_out = {}, {}
    stream = unpacked(io.BytesIO(packed), limits)
    for each in members(stream, limits, is_bulk, 100):
        if isinstance(each, Member):
            files[each.name] = each.stream.read()
        else:
            left_out[each.entry] = each.reason
    return files, left_out


FEW = {"a.txt": b"one " * 500, "days/b.txt": b"", "days/ü.json": bytes(range(256)), "c": b"x" * 512}
PACKERS = {"zip": zipped, "tar": tarred, "tar.gz": lambda files: gzip.compress(tarred(files))}


@pytest.fixture(params=sorted(PACKERS))
def pack(request: pytest.FixtureRequest) -> Any:
    return PACKERS[request.param]


def test_every_file_with_its_bytes(pack: Any) -> None:
    assert open_all(pack(FEW)) == (FEW, {})
    assert is_archive(unpacked(io.BytesIO(pack(FEW)), LIMITS).read(512))


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_every_method_of_zip(method: int) -> None:
    assert open_all(zipped(FEW, method)) == (FEW, {})


@pytest.mark.parametrize("kind", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_kind_of_tar(kind: int) -> None:
    files = FEW | {"long/" * 15 + "name.txt": b"x"}
    assert open_all(tarred(files, kind)) == (files, {})
    assert open_all(tarred({"d/" * 300 + "n": b"x"}, tarfile.GNU_FORMAT))[0]


NAMES = st.text("abc", min_size=1, max_size=3)


@given(
    st.dictionaries(NAMES, st.binary(max_size=2000), max_size=5), st.sampled_from(sorted(PACKERS))
)
def test_any_files(files: Files, name: str) -> None:
    if files or name == "zip":
        assert open_all(PACKERS[name](files)) == (files, {})


def test_a_file_may_be_left_unread(pack: Any) -> None:
    stream = unpacked(io.BytesIO(pack(FEW)), LIMITS)
    names = [each.name for each in members(stream, LIMITS, is_bulk, 100) if hasattr(each, "name")]
    assert names == list(FEW)


@pytest.mark.parametrize(
    "name", ["../a.txt", "/etc/passwd", "a/../../b", "..\\a.txt", "C:\\a.txt", "\\\\host\\a", ".."]
)
def test_tricks_with_paths(pack: Any, name: str) -> None:
    files, left_out = open_all(pack({name: b"x", "a.txt": b"y"}))
    assert list(files) == ["a.txt"]
    assert list(left_out.values()) == ["its name leads out of the archive"]


def test_names_of_another_system(pack: Any) -> None:
    files, left_out = open_all(
        pack({"days\\a.txt": b"x", "__MACOSX/._a.txt": b"", ".DS_Store": b""})
    )
    assert [name.rpartition("/")[2].rpartition("\\")[2] for name in files] == ["a.txt"]
    assert all("it is no listing" in reason for reason in left_out.values())
    assert len(left_out) == 2


def test_too_many_files(pack: Any) -> None:
    with pytest.raises(BadDump, match="21 files or more, over the 20 allowed"):
        open_all(pack({f"{number}.txt": b"" for number in range(21)}))


def test_too_much_together(pack: Any) -> None:
    noise = random.Random(1).randbytes(500_000)
    with pytest.raises(BadDump, match="2,500,000 bytes together, over the 2,000,000 allowed"):
        open_all(pack({f"{number}.txt": noise for number in range(5)}))


def test_files_of_a_paper_a_line_may_have_any_size(pack: Any) -> None:
    noise = b"{" + random.Random(1).randbytes(2_500_000)
    assert open_all(pack({"a.jsonl": noise, "b.txt": b"x"}))[0]["a.jsonl"] == noise


@pytest.mark.parametrize("name", ["zip", "tar.gz"])
def test_a_bomb_is_refused_with_its_numbers(name: str) -> None:
    with pytest.raises(BadDump, match=r"\d,\d{3},\d{3} bytes or more out of .* 200 times"):
        open_all(PACKERS[name]({"a.txt": b"{" + bytes(5_500_000)}))


def test_overlapping_files_are_a_bomb() -> None:
    """One kernel of bytes listed many times: https://www.bamsoftware.com/hacks/zipbomb/."""
    packed = bytearray(zipped({"a.txt": bytes(900_000)}))
    directory = packed.index(b"PK\x01\x02")
    end = packed.index(b"PK\x05\x06")
    entry = bytes(packed[directory:end])
    tail = bytearray(packed[end:])
    tail[8:12] = (15).to_bytes(2, "little") * 2
    tail[12:16] = (15 * len(entry)).to_bytes(4, "little")
    with pytest.raises(BadDump, match="13,500,000 bytes or more"):
        open_all(bytes(packed[:directory]) + entry * 15 + bytes(tail), Limits(one=1, total=10**9))


class TestZip:
    def test_locked(self) -> None:
        packed = bytearray(zipped({"a.txt": b"secret", "b.txt": b"open"}))
        for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            packed[packed.index(mark) + place] |= 1
        files, left_out = open_all(bytes(packed))
        assert (list(files), list(left_out)) == (["b.txt"], ["a.txt"])
        assert "locked with a password" in left_out["a.txt"]

    def test_all_of_it_locked(self) -> None:
        packed = bytearray(zipped({"a.txt": b"secret"}))
        for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            packed[packed.index(mark) + place] |= 1
        with pytest.raises(BadDump, match="locked with a password"):
            open_all(bytes(packed))

    def test_a_method_that_is_not_known(self) -> None:
        packed = bytearray(zipped({"a.txt": b"x", "b.txt": b"y"}))
        for mark, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
            packed[packed.index(mark) + place] = 93
        assert open_all(bytes(packed)) == (
            {"b.txt": b"y"},
            {"a.txt": "it is packed in a way (method 93) that is not known here"},
        )

    def test_a_link(self) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            info = zipfile.ZipInfo("a.txt")
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, "/etc/passwd")
        assert open_all(packed.getvalue()) == (
            {}, {"a.txt": "it is a link, which could lead anywhere"}
        )  # fmt: skip

    def test_a_damaged_file_is_said_where_it_is_read(self) -> None:
        packed = bytearray(zipped({"a.txt": b"river", "b.txt": b"sea"}, zipfile.ZIP_STORED))
        packed[packed.index(b"river")] ^= 1
        stream = members(io.BytesIO(bytes(packed)), LIMITS, is_bulk, 100)
        first, second = (each for each in stream if isinstance(each, Member))
        with pytest.raises(BadDump, match="damaged in the archive"):
            first.stream.read()
        assert second.stream.read() == b"sea"

    def test_an_office_document(self) -> None:
        with pytest.raises(BadDump, match="office document"):
            open_all(zipped({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}))

    def test_sizes_that_are_not_true(self) -> None:
        """A directory that says less than there is: no more than that is ever read."""
        packed = bytearray(zipped({"a.txt": bytes(100_000)}))
        place = packed.index(b"PK\x01\x02") + 24
        packed[place : place + 4] = (10).to_bytes(4, "little")
        with pytest.raises(BadDump, match="damaged in the archive"):
            open_all(bytes(packed))

    def test_how_the_first_file_begins(self) -> None:
        assert beginning(zipped({"a": b"{river" * 9, "b": b"sea"}), 7) == b"{river{"
        assert beginning(zipped({"a": b"{river"}, zipfile.ZIP_STORED)[:40], 4) == b"{riv"
        assert beginning(zipped({"a": b"{"}, zipfile.ZIP_LZMA), 4) == b""


class TestTar:
    @pytest.mark.parametrize(
        "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]
    )
    def test_what_is_no_file(self, kind: bytes) -> None:
        info, plain = tarfile.TarInfo("trap"), tarfile.TarInfo("a.txt")
        info.type, info.linkname = kind, "/etc/passwd"
        plain.size = 3
        files, left_out = open_all(tar_of(info, plain))
        assert files == {"a.txt": b"xxx"}
        assert "link" in left_out["trap"] or "device or a pipe" in left_out["trap"]

    def test_a_folder_is_passed_over(self) -> None:
        info = tarfile.TarInfo("days")
        info.type = tarfile.DIRTYPE
        assert open_all(tar_of(info)) == ({}, {})

    def test_without_its_end_it_is_cut_off(self) -> None:
        packed = tarred(FEW)
        end = packed.rstrip(b"\x00")
        for size in range(600, len(end), 131):
            with pytest.raises(BadDump, match="cut off"):
                open_all(packed[:size])

    def test_a_header_broken_in_the_middle_is_no_end(self) -> None:
        packed = bytearray(tarred({"a.txt": b"x", "b.txt": b"y", "c.txt": b"z"}))
        packed[packed.index(b"b.txt")] ^= 1
        with pytest.raises(BadDump, match="damaged"):
            open_all(bytes(packed))

    def test_a_size_below_nothing_leads_nowhere(self) -> None:
        """Headers that lead back to themselves: CVE-2025-8194."""
        for size in (-512, -1024, -5120):
            info = tarfile.TarInfo("a.txt")
            data = bytearray(info.tobuf(tarfile.GNU_FORMAT)[:512])
            data[124:136] = b"\xff" * 4 + (size & 0xFFFFFFFFFFFFFFFF).to_bytes(8, "big")
            self._sum(data)
            with pytest.raises(BadDump, match=r"\.$"):
                open_all(bytes(data) + bytes(1024))

    def test_a_header_of_megabytes(self) -> None:
        info = tarfile.TarInfo("a.txt")
        info.pax_headers = {"comment": "1" * 100_000}
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
            archive.addfile(info)
        with pytest.raises(BadDump, match="header of"):
            open_all(packed.getvalue())

    def test_names_without_end(self) -> None:
        info = tarfile.TarInfo("././@LongLink")
        info.type, info.size = tarfile.GNUTYPE_LONGNAME, 5
        block = info.tobuf(tarfile.GNU_FORMAT)[:512] + b"name\x00".ljust(512, b"\x00")
        with pytest.raises(BadDump):
            open_all(block * 2000 + bytes(1024))

    def test_a_file_with_holes(self) -> None:
        info = tarfile.TarInfo("a.txt")
        data = bytearray(info.tobuf(tarfile.GNU_FORMAT)[:512])
        data[156:157] = tarfile.GNUTYPE_SPARSE
        data[483:495] = b"77777777777\x00"
        self._sum(data)
        files, left_out = open_all(bytes(data) + bytes(1024))
        assert (files, list(left_out)) == ({}, ["a.txt"])

    @staticmethod
    def _sum(data: bytearray) -> None:
        data[148:156] = b" " * 8
        data[148:156] = f"{sum(data):06o}\0 ".encode()

    def test_how_the_first_file_begins(self) -> None:
        packed = tarred({"a": b"{river" * 9, "b": b"sea"})
        assert beginning(packed[:1000], 7) == b"{river{"
        assert beginning(gzip.compress(packed), 7) == b"{river{"


def test_cut_or_flipped_it_is_a_sentence(pack: Any) -> None:
    packed = pack(FEW)
    draw = random.Random(7)
    for number in range(150):
        damaged = bytearray(packed)
        if number % 3:
            for _ in range(number % 3):
                damaged[draw.randrange(len(packed))] = draw.randrange(256)
        else:
            del damaged[draw.randrange(len(packed) // 3, len(packed)) :]
        beginning(bytes(damaged), 100)
        sentence = attempt(lambda: read_all(bytes(damaged)))  # noqa: B023
        assert not sentence or (sentence[0].isupper() and sentence[-1] == ".")


def read_all(data: bytes) -> None:
    if is_archive(unpacked(io.BytesIO(data), LIMITS).read(512)):
        open_all(data)


def attempt(read: Callable[[], None]) -> str:
    """The sentence that says why it could not be read; empty: it was."""
    try:
        read()
    except BadDump as wrong:
        return str(wrong)
    return ""
