"""Paper rows for one batch of mails after another: most of them speak of the same papers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock

from digest.models import Catalogue, Paper

MOST = 5_000  # rows kept; one with its abstract weighs about 5 kB


@dataclass(frozen=True, slots=True)
class _Held:
    """Rows as they are at this change of the catalogue."""

    change: int
    papers: dict[int, Paper] = field(default_factory=dict)


_held: _Held | None = None
_lock = Lock()


def papers_by_id(ids: Iterable[int]) -> Mapping[int, Paper]:
    """The rows of these papers, and perhaps of others, by their ids; one that was deleted is
    missing. Any change of the catalogue has them read anew."""
    global _held
    wanted, change = set(ids), Catalogue.current().change
    with _lock:
        if _held is None or _held.change != change or len(_held.papers) + len(wanted) > MOST:
            _held = _Held(change)
        held = _held.papers
    if missing := wanted - held.keys():
        held.update(Paper.objects.in_bulk(missing))
    return held
