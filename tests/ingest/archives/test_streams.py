"""One compressed file: all of its bytes or a message, within the limits."""

import bz2
import gzip
import io
import lzma
import random
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import assume, given
from hypothesis import strategies as st

from digest.ingest.archives import UnpackLimits, is_archive, peek_content, unpacked
from digest.ingest.formats import BadDump

LIMITS = UnpackLimits(one=10_000_000, total=20_000_000)
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "Zstandard": zstandard.ZstdCompressor().compress,
}
WORDS = "gauge river paper reader spring sea listing keyword".split()  # noqa: SIM905


def text(size: int) -> bytes:
    """Words as uneven as those of papers."""
    draw = random.Random(size)
    return " ".join(f"{draw.choice(WORDS)}{draw.randrange(10_000)}" for _ in range(size)).encode()


def unpack(packed: bytes, limits: UnpackLimits = LIMITS) -> bytes:
    return unpacked(io.BytesIO(packed), limits).read()


@pytest.fixture(params=sorted(PACKERS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def pack(name: str) -> Callable[[bytes], bytes]:
    return PACKERS[name]


@pytest.mark.parametrize("data", [b"", b"x", text(10), text(30_000)], ids=len)
def test_all_of_it(pack: Callable[[bytes], bytes], data: bytes) -> None:
    assert unpack(pack(data)) == data


def test_several_streams_one_after_the_other(pack: Callable[[bytes], bytes]) -> None:
    assert unpack(pack(b"one ") + pack(b"") + pack(b"two")) == b"one two"
    assert unpack(pack(b"one ") + pack(b"two") + bytes(4096)) == b"one two"


@given(st.sampled_from(sorted(PACKERS)), st.binary(max_size=3000), st.data())
def test_like_the_file_that_was_packed(name: str, content: bytes, data: st.DataObject) -> None:
    """Seeking and reading, in any order, finds what the plain file has there."""
    assume(peek_content(content, 100) == content[:100])
    stream, plain = unpacked(io.BytesIO(PACKERS[name](content)), LIMITS), io.BytesIO(content)
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content)))
        size = data.draw(st.integers(0, 200))
        assert stream.seek(place) == plain.seek(place) == stream.tell()
        assert stream.read(size) == plain.read(size)
    assert stream.readline(50) == plain.readline(50)


def test_cut_anywhere_it_is_a_sentence(name: str, pack: Callable[[bytes], bytes]) -> None:
    packed = pack(text(3000))
    for per_cent in range(1, 100, 3):
        cut = packed[: max(12, len(packed) * per_cent // 100)]
        with pytest.raises(BadDump, match=f"The {name} file is cut off"):
            unpack(cut)


def test_flipped_bytes_are_never_taken_for_the_text(
    name: str, pack: Callable[[bytes], bytes]
) -> None:
    data = text(1000)
    packed = pack(data) if name != "Zstandard" else _checked(data)
    draw = random.Random(name)
    for _ in range(100):
        damaged = bytearray(packed)
        damaged[draw.randrange(16, len(packed))] ^= 1 << draw.randrange(8)
        read = attempt(bytes(damaged))
        assert read == data or isinstance(read, str)  # some bits mean nothing


def _checked(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


def test_something_else_behind_it(pack: Callable[[bytes], bytes]) -> None:
    with pytest.raises(BadDump, match="There is something else after"):
        unpack(pack(b"x") + b"<html>Gateway timeout</html>")


@pytest.mark.parametrize("zeros", [2_000_000, 20_000_000])
def test_a_bomb_is_refused_with_its_numbers(pack: Callable[[bytes], bytes], zeros: int) -> None:
    packed = pack(bytes(zeros))
    with pytest.raises(BadDump, match=r"from [\d,]+ bytes to at least [\d,]{9,}, over 200 times"):
        unpack(packed)


@pytest.mark.slow
def test_a_bomb_never_fills_the_memory(pack: Callable[[bytes], bytes]) -> None:
    packed = pack(bytes(100_000_000))
    tracemalloc.start()
    with pytest.raises(BadDump, match="200 times"):
        unpack(packed)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60_000_000


def test_little_comes_out_of_less(pack: Callable[[bytes], bytes]) -> None:
    """A page of one line a hundred times over is no bomb."""
    assert unpack(pack(b"gauge\n" * 100_000)) == b"gauge\n" * 100_000


def test_the_ratio_is_what_the_limits_say() -> None:
    packed = gzip.compress(b"x" * 2_000_000)
    with pytest.raises(BadDump, match="over 3 times"):
        unpack(packed, UnpackLimits(one=1, total=1, ratio=3))
    assert len(unpack(packed, UnpackLimits(one=1, total=1, ratio=2000))) == 2_000_000


@pytest.mark.parametrize("outer", sorted(PACKERS))
def test_packed_twice(pack: Callable[[bytes], bytes], outer: str) -> None:
    with pytest.raises(BadDump, match="compressed twice"):
        unpack(PACKERS[outer](pack(b"x" * 100)))


def test_a_dictionary_that_no_listing_needs() -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30, "preset": 0}]
    encoder = lzma.LZMACompressor(filters=[filters[0] | {"dict_size": 1 << 16}])
    packed = bytearray(encoder.compress(b"x" * 100) + encoder.flush())
    # The size of the dictionary, one byte of the block's header (xz-file-format 5.3.1).
    place = packed.index(b"\x21\x01") + 2
    packed[place] = 36  # 1 GiB
    header = packed[12 : 12 + 4 * packed[12]]
    packed[12 + len(header) : 16 + len(header)] = zlib.crc32(header).to_bytes(4, "little")
    with pytest.raises(BadDump, match="more memory to unpack than any listing"):
        unpack(bytes(packed))


def test_an_index_for_whom_it_may_concern() -> None:
    """Zstandard's skippable frames (RFC 8878, 3.1.2), before, between and after."""
    index = b"\x5e\x2a\x4d\x18\x04\x00\x00\x00\x28\xb5\x2f\xfd"
    pack = PACKERS["Zstandard"]
    assert unpack(index + pack(b"one ") + index + pack(b"two") + index) == b"one two"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"plain",
        b"BZh is no word",
        b"\x1f\x8b",
        b"\xfd7zX",
        b"\x28\xb5\x2f",
        b"PK",
        b"%PDF-1.7",
    ],
)
def test_what_is_not_compressed_is_left_alone(data: bytes) -> None:
    assert unpack(data) == data
    assert not is_archive(data)
    assert peek_content(data, 100) == data


def test_how_it_begins(pack: Callable[[bytes], bytes]) -> None:
    data = text(20_000)
    assert peek_content(pack(data), 1000) == data[:1000]
    head = peek_content(pack(data)[: 1 << 20], 1 << 16)
    assert data.startswith(head)
    assert peek_content(pack(data)[:3], 1000) in (b"", pack(data)[:3])


@given(st.sampled_from(sorted(PACKERS)), st.binary(max_size=300))
def test_any_bytes_after_a_beginning(name: str, rest: bytes) -> None:
    packed = PACKERS[name](b"gauges")
    for start in range(4, len(packed), 5):
        data = packed[:start] + rest
        peek_content(data, 100)
        attempt(data)


def attempt(packed: bytes) -> bytes | str:
    """What comes out, or the sentence that says why nothing does."""
    try:
        return unpack(packed)
    except BadDump as wrong:
        sentence = str(wrong)
    assert sentence[-1] == "."
    return sentence
