"""Tar archives: what is no file, cut off or a trap."""

import gzip
import io
import tarfile

import pytest

from digest.ingest.archives import peek_content
from digest.ingest.formats import BadDump

from .archive_factory import FEW, open_all, tar_of, tarred


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
        assert peek_content(packed[:1000], 7) == b"{river{"
        assert peek_content(gzip.compress(packed), 7) == b"{river{"
