"""ZIP archives: what is locked, unknown, damaged or no listing at all."""

import io
import stat
import zipfile

import pytest

from digest.ingest.archives import Member, members, peek_content
from digest.ingest.formats import BadDump

from .archive_factory import LIMITS, is_bulk, open_all, zipped


class TestZip:
    def test_locked(self) -> None:
        packed = bytearray(zipped({"a.txt": b"secret", "b.txt": b"open"}))
        for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            packed[packed.index(mark) + place] |= 1
        files, left_out = open_all(bytes(packed))
        assert (list(files), list(left_out)) == (["b.txt"], ["a.txt"])
        assert "protected with a password" in left_out["a.txt"]

    def test_all_of_it_locked(self) -> None:
        packed = bytearray(zipped({"a.txt": b"secret"}))
        for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            packed[packed.index(mark) + place] |= 1
        with pytest.raises(BadDump, match="protected with a password"):
            open_all(bytes(packed))

    def test_a_method_that_is_not_known(self) -> None:
        packed = bytearray(zipped({"a.txt": b"x", "b.txt": b"y"}))
        for mark, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
            packed[packed.index(mark) + place] = 93
        assert open_all(bytes(packed)) == (
            {"b.txt": b"y"},
            {"a.txt": "its compression method (93) is not supported"},
        )

    def test_a_link(self) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            info = zipfile.ZipInfo("a.txt")
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, "/etc/passwd")
        assert open_all(packed.getvalue()) == (
            {}, {"a.txt": "it is a link, which could point anywhere"}
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
        assert peek_content(zipped({"a": b"{river" * 9, "b": b"sea"}), 7) == b"{river{"
        assert peek_content(zipped({"a": b"{river"}, zipfile.ZIP_STORED)[:40], 4) == b"{riv"
        assert peek_content(zipped({"a": b"{"}, zipfile.ZIP_LZMA), 4) == b""
