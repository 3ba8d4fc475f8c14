"""How much may come out of a compressed file or an archive."""

from dataclasses import dataclass

from digest.ingest.formats import BadDump

# So few bytes are never a bomb, whatever they were compressed to.
_HARMLESS = 1 << 20


@dataclass(frozen=True, slots=True)
class UnpackLimits:
    """The most that is unpacked. Real listings compress to a fifth, the most uniform to a
    hundredth.

    Bulk files do not count towards `total` if the caller says so: they are read in parts, never
    held.
    """

    one: int  # bytes of one file
    total: int  # bytes of all files of an archive
    ratio: int = 200  # times the packed bytes
    files: int = 2000  # entries of an archive, folders and links included

    def check_ratio(self, unpacked: int, packed: int) -> None:
        """Raise BadDump if that many bytes out of so few are a decompression bomb."""
        if unpacked > max(_HARMLESS, self.ratio * packed):
            raise BadDump(
                f"It unpacks from {packed:,} bytes to at least {unpacked:,}, over {self.ratio:,} "
                "times as much. No listing does that, so it is not unpacked. Submit its contents "
                "unpacked."
            )

    def check_one(self, unpacked: int) -> None:
        """Raise BadDump if a file is too large, once unpacked, to be read at once."""
        if unpacked > self.one:
            raise BadDump(
                f"It unpacks to at least {unpacked:,} bytes; the limit is {self.one:,}. Split "
                "it, or raise MAX_DUMP_BYTES. Only JSON files with one paper per line may have "
                "any size."
            )

    def check_total(self, unpacked: int) -> None:
        """Raise BadDump if the files of an archive are too large together."""
        if unpacked > self.total:
            raise BadDump(
                f"Its files have {unpacked:,} bytes together; the limit is {self.total:,}. Pack "
                "them into several archives, or unpack it and submit the files."
            )

    def check_files(self, count: int) -> None:
        """Raise BadDump if an archive has too many entries."""
        if count > self.files:
            raise BadDump(
                f"It contains at least {count:,} files; the limit is {self.files:,}. Pack them "
                "into several archives."
            )
