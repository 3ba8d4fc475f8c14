"""Builds ZIP and tar archives, and unpacks them."""

import gzip
import io
import tarfile
import zipfile

from digest.ingest.archives import Member, UnpackLimits, members, unpacked

LIMITS = UnpackLimits(one=1_000_000, total=2_000_000, files=20)

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


def open_all(packed: bytes, limits: UnpackLimits = LIMITS) -> tuple[Files, dict[str, str]]:
    """Return the files of an archive, and the reasons for those that are left out."""
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
