"""The files of a ZIP or tar archive: each handed out, or named with a reason; traps refused."""

import io
import random
import tarfile
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.archives import UnpackLimits, is_archive, members, peek_content, unpacked
from digest.ingest.formats import BadDump

from .archive_factory import FEW, LIMITS, PACKERS, Files, is_bulk, open_all, tarred, zipped


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
    assert list(left_out.values()) == ["its name points outside the archive"]


def test_names_of_another_system(pack: Any) -> None:
    files, left_out = open_all(
        pack({"days\\a.txt": b"x", "__MACOSX/._a.txt": b"", ".DS_Store": b""})
    )
    assert [name.rpartition("/")[2].rpartition("\\")[2] for name in files] == ["a.txt"]
    assert all("not a listing" in reason for reason in left_out.values())
    assert len(left_out) == 2


def test_too_many_files(pack: Any) -> None:
    with pytest.raises(BadDump, match="at least 21 files; the limit is 20"):
        open_all(pack({f"{number}.txt": b"" for number in range(21)}))


def test_too_much_together(pack: Any) -> None:
    noise = random.Random(1).randbytes(500_000)
    with pytest.raises(BadDump, match="2,500,000 bytes together; the limit is 2,000,000"):
        open_all(pack({f"{number}.txt": noise for number in range(5)}))


def test_files_of_a_paper_a_line_may_have_any_size(pack: Any) -> None:
    noise = b"{" + random.Random(1).randbytes(2_500_000)
    assert open_all(pack({"a.jsonl": noise, "b.txt": b"x"}))[0]["a.jsonl"] == noise


@pytest.mark.parametrize("name", ["zip", "tar.gz"])
def test_a_bomb_is_refused_with_its_numbers(name: str) -> None:
    with pytest.raises(BadDump, match=r"at least \d,\d{3},\d{3}, over .*200 times"):
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
    with pytest.raises(BadDump, match="at least 13,500,000,"):
        open_all(
            bytes(packed[:directory]) + entry * 15 + bytes(tail), UnpackLimits(one=1, total=10**9)
        )


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
        peek_content(bytes(damaged), 100)
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
