"""What a withdrawal did, in numbers, as the row of its dump keeps it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from digest.models import Dump
from digest.models.dumps import DumpQuerySet


@dataclass(slots=True)
class WithdrawalCounts:
    """kept: papers that other dumps list; gone: papers that only this one listed; sent: those of
    them that were mailed, in so many `mails`; readers: of the most sent ones, how many mails had
    each, by paper id.
    """

    dump: int
    kept: int = 0
    gone: int = 0
    sent: int = 0
    mails: int = 0
    readers: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, dump: Dump) -> Self:
        """Return what the dump's row has."""
        return cls._read(dump.pk, Dump.objects.values_list("withdrawal", flat=True).get(pk=dump.pk))

    @classmethod
    def total(cls, dumps: DumpQuerySet) -> Self:
        """Return the sums of what the rows have: of mails, for each row its own."""
        rows = dumps.filter(withdrawal__isnull=False).values_list("pk", "withdrawal")
        found = cls(0)
        for pk, stored in rows.iterator():
            counts = cls._read(pk, stored)
            found.kept += counts.kept
            found.gone += counts.gone
            found.sent += counts.sent
            found.mails += counts.mails
            found.readers |= counts.readers
        return found

    @classmethod
    def _read(cls, pk: int, stored: Mapping[str, Any] | None) -> Self:
        known = stored or {}
        numbers = {name: int(known.get(name, 0)) for name in ("kept", "gone", "sent", "mails")}
        readers = {int(paper): mails for paper, mails in known.get("readers", {}).items()}
        return cls(pk, **numbers, readers=readers)

    def store(self) -> None:
        """Write them to the row."""
        values = asdict(self)
        Dump.objects.filter(pk=values.pop("dump")).update(withdrawal=values)

    def sentence(self) -> str:
        """Return what was done, in sentences."""
        gone = self.gone - self.sent
        said = [f"{gone:,} {'paper is' if gone == 1 else 'papers are'} gone."]
        if self.kept:
            said.append(f"{self.kept:,} stay, because other dumps list them.")
        if self.sent:
            mails = "1 e-mail" if self.mails == 1 else f"{self.mails:,} e-mails"
            said.append(f"{self.sent:,} had been sent, in {mails}; their pages say so.")
        return " ".join(said)
