"""How much space dumps take, and how much is left."""

import shutil

from django.conf import settings
from django.db.models import Sum

from digest.models import Dump


def dump_bytes() -> int:
    """Return the size of the raw bytes of dumps that are kept."""
    kept = Dump.objects.filter(raw_deleted_at__isnull=True).order_by()
    return kept.aggregate(total=Sum("size"))["total"] or 0


def free_bytes() -> int:
    """Return the space left on this machine, in the file system of DATA_DIR."""
    return shutil.disk_usage(settings.DATA_DIR).free
