"""Raw bytes of dumps past their retention period. The rows stay: papers derive from them."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from digest.ingest import raw_storage
from digest.ingest.dump_lease import DumpLease, acquire_lease
from digest.models import Dump

from .retention_periods import RetentionPeriods

_FILES_PER_BATCH = 100
_PARSED, _QUARANTINED = Dump.State.PARSED, Dump.State.QUARANTINED
_WITHDRAWN = Dump.State.WITHDRAWN


def dumps_with_expired_bytes(periods: RetentionPeriods, at: datetime) -> QuerySet[Dump]:
    """Return the dumps whose raw bytes have expired; of a file in parts, the first.

    All parts of the file and all files unpacked from it have been read, and all parts are past
    their retention period.
    """
    old = Q(state=_PARSED, received_at__lt=at - periods.of("parsed"))
    old |= Q(state__in=(_QUARANTINED, _WITHDRAWN), received_at__lt=at - periods.of("quarantined"))
    needed = Dump.objects.exclude(old)
    unread = Dump.objects.filter(archive=OuterRef("pk")).exclude(
        state__in=(_PARSED, _QUARANTINED, _WITHDRAWN)
    )
    return Dump.objects.filter(
        old,
        ~Exists(needed.filter(sha256=OuterRef("sha256"))),
        ~Exists(unread),
        part=0,
        raw_deleted_at__isnull=True,
    )


def delete_expired_bytes(periods: RetentionPeriods, at: datetime) -> int:
    """Delete the raw bytes of one batch; return how many files were deleted."""
    done = 0
    oldest = dumps_with_expired_bytes(periods, at).order_by("pk").values_list("sha256", flat=True)
    for sha256 in list(oldest[:_FILES_PER_BATCH]):
        with acquire_lease(sha256) as lease:
            if lease:
                done += _delete(periods, at, lease)
    return done


def _delete(periods: RetentionPeriods, at: datetime, lease: DumpLease) -> int:
    """The bytes of one, unless it is to be read anew by now. If this is cut short between them and
    the row, they are found, and not missed, the next time."""
    with lease.transaction():
        if not dumps_with_expired_bytes(periods, at).filter(sha256=lease.sha256).exists():
            return 0
        Dump.objects.filter(sha256=lease.sha256).update(raw_deleted_at=at)
        raw_storage.delete(lease.sha256)
    return 1
