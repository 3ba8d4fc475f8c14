"""How much one delivery may bring, where nobody looks at it before it is taken.

What arrives in the inbox, a source's folder or mailbox, from the web, by push or by upload is
limited; what an operator hands in with `manage.py ingest` is not.
"""

from dataclasses import dataclass
from typing import IO

from django.conf import settings
from django.db.models import Count, Q, Sum

from digest.models import Dump

from . import bulk
from .formats import BadDump

WAY_OUT = "split it, or hand it in with “manage.py ingest”, which has no such limit."


@dataclass(frozen=True, slots=True)
class Caps:
    """The most records and unpacked bytes of a dump; None for any number.

    `before`: the records of its archive's other files, which count too.
    """

    records: int | None = None
    size: int | None = None
    before: int = 0

    def check_records(self, found: int) -> None:
        """Raises BadDump where a dump of so many records is more than may be taken."""
        if self.records is None or self.before + found <= self.records:
            return
        told = "It holds" if not self.before else "The files of its archive hold"
        raise BadDump(
            f"{told} {self.before + found:,} records or more, over the {self.records:,} allowed "
            f"(MAX_DUMP_RECORDS): {WAY_OUT}"
        )

    def check_size(self, unpacked: int) -> None:
        """Raises BadDump where so many unpacked bytes are more than may be taken."""
        if self.size is not None and unpacked > self.size:
            raise BadDump(
                f"It unpacks to {unpacked:,} bytes or more, over the {self.size:,} allowed "
                f"(MAX_UNPACKED_BYTES): {WAY_OUT}"
            )


NO_CAPS = Caps()


def caps_of(dump: Dump) -> Caps:
    """What holds for this dump."""
    if dump.unlimited:
        return NO_CAPS
    return Caps(settings.MAX_DUMP_RECORDS, settings.MAX_UNPACKED_BYTES, _before(dump))


def part_sizes(stream: IO[bytes], caps: Caps) -> list[int]:
    """How many bytes each of bulk.parts() has. Raises BadDump at the first that is too much."""
    sizes, size, records = [], 0, 0
    for part in bulk.parts(stream):
        sizes.append(len(part))
        size += len(part)
        caps.check_size(size)
        records += sum(not line.isspace() for line in part.splitlines(keepends=True))
        caps.check_records(records)
    return sizes


def _before(dump: Dump) -> int:
    """The records of the other files of its archive; of parts that are not read yet the most."""
    if dump.archive_id is None:
        return 0
    others = Dump.objects.filter(archive=dump.archive_id).exclude(sha256=dump.sha256)
    rows = Dump.objects.filter(sha256__in=others.values("sha256"))
    to_come = Q(total_parts__gt=1, state=Dump.State.RECEIVED)
    found = rows.aggregate(papers=Sum("papers"), parts=Count("pk", filter=to_come))
    return (found["papers"] or 0) + found["parts"] * bulk.PART_LINES
