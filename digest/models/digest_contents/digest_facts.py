"""What a digest says besides its papers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Self

from .digest_entries import VERSION, Stored, read_day


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """The dumps since the digest before: `state` is "fresh", "empty", "failed" or "late" (see
    digest.selection.source_status), `failed` how many could not be read."""

    state: str = "fresh"
    newest_listing: date | None = None
    failed: int = 0

    @classmethod
    def from_json(cls, stored: Stored) -> Self:
        newest = read_day(stored.get("newest_listing"))
        return cls(stored.get("state", "fresh"), newest, stored.get("failed", 0))

    def to_json(self) -> dict[str, object]:
        return {"state": self.state} | _filled(
            newest_listing=_iso(self.newest_listing), failed=self.failed
        )


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A paper that no keyword hit though one came close. `says`: the paper's own words; `widen`:
    the wider keyword that hits it, "" for none."""

    paper: int
    keyword: str
    says: str = ""
    widen: str = ""

    @classmethod
    def from_json(cls, stored: Stored) -> Self:
        says, widen = stored.get("says") or "", stored.get("widen") or ""
        return cls(stored["paper"], stored["keyword"], says, widen)

    def to_json(self) -> dict[str, object]:
        own: dict[str, object] = {"paper": self.paper, "keyword": self.keyword}
        return own | _filled(says=self.says, widen=self.widen)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A paper that is close to what a keyword brings, though no keyword hit it."""

    paper: int
    keyword: str

    @classmethod
    def from_json(cls, stored: Stored) -> Self:
        return cls(stored["paper"], stored["keyword"])

    def to_json(self) -> dict[str, object]:
        return {"paper": self.paper, "keyword": self.keyword}


@dataclass(frozen=True, slots=True)
class QuietNotice:
    """A time without a mail: its days, the papers read in it, the day of the last mail with a
    paper that a keyword hit, and at most three near misses."""

    days: int = 7
    read: int = 0
    last_hit: date | None = None
    near: tuple[NearMiss, ...] = ()

    @classmethod
    def from_json(cls, stored: Stored) -> Self:
        near = tuple(map(NearMiss.from_json, stored.get("near") or ()))
        days, read = stored.get("days", 7), stored.get("read", 0)
        return cls(days, read, read_day(stored.get("last_hit")), near)

    def to_json(self) -> dict[str, object]:
        near = [miss.to_json() for miss in self.near]
        days: dict[str, object] = {"days": self.days}
        return days | _filled(read=self.read, last_hit=_iso(self.last_hit), near=near)


@dataclass(frozen=True, slots=True)
class LookBack:
    """What a sample covers: the last 7 days or, where nothing was listed in them (`quiet_week`),
    the newest listing, of that day if there is one."""

    quiet_week: bool = False
    newest_day: date | None = None

    @classmethod
    def from_json(cls, stored: Stored) -> Self:
        return cls(stored.get("quiet_week", False), read_day(stored.get("newest_day")))

    def to_json(self) -> dict[str, object]:
        week: dict[str, object] = {"quiet_week": self.quiet_week}
        return week | _filled(newest_day=_iso(self.newest_day))


@dataclass(frozen=True, slots=True)
class WordingOffer:
    """Other wordings that a keyword can find, if its reader wants: the id of the Subscription, the
    keyword as typed, and the wordings as people read them."""

    subscription: int
    keyword: str
    others: tuple[str, ...]

    @classmethod
    def from_json(cls, stored: Stored) -> Self:
        return cls(stored["subscription"], stored["keyword"], tuple(stored["others"]))

    def to_json(self) -> dict[str, object]:
        return {"subscription": self.subscription, "keyword": self.keyword, "others": self.others}


@dataclass(frozen=True, slots=True)
class DigestFacts:
    """What a digest says besides its papers, as of the time it was composed.

    since: local date of the digest before, None for somebody's first; not known, as of old rows,
        unless `since_known`.
    catch_up: why the window is longer than a normal one: "pause", "unknown", "missed" (an earlier
        digest was not sent), "outage" (this one is late; in old rows also a missed one) or "".
    doubtful_day: local date of a mail that may have arrived and whose papers are in this one too.
    papers_matched, trending_of: papers that a keyword hit; trending papers that were asked for.
    by_day, by_keyword: weekly digests only. Day of listing (ISO), and keyword as typed, to the
        number of papers that a keyword hit.
    source, quiet, sample: see their classes; `quiet` only of a quiet notice, `sample` only of a
        sample and of its copies.
    change: the papers' change counter up to which follow-ups have been sent; None if not known.
    copied_day: the local date of the digest that this one is a copy of.
    offer: other wordings that this mail, and no other, names.
    is_personal: whether what the reader rated changed the order of the papers.
    neighbours: at most three, the closest first, for people who asked for them.
    """

    since: date | None = None
    since_known: bool = False
    catch_up: str = ""
    doubtful_day: date | None = None
    papers_matched: int = 0
    trending_of: int = 0
    by_day: Mapping[str, int] = field(default_factory=dict)
    by_keyword: Mapping[str, int] = field(default_factory=dict)
    source: SourceStatus = SourceStatus()
    quiet: QuietNotice | None = None
    sample: LookBack | None = None
    change: int | None = None
    copied_day: date | None = None
    offer: WordingOffer | None = None
    is_personal: bool = False
    neighbours: tuple[Neighbour, ...] = ()

    @classmethod
    def from_json(cls, stored: Stored) -> Self:
        get = stored.get
        source, quiet, sample, offer = get("source"), get("quiet"), get("sample"), get("offer")
        return cls(
            since=read_day(get("since")),
            since_known="since" in stored,
            catch_up=get("catch_up") or "",
            doubtful_day=read_day(get("doubtful_day")),
            papers_matched=get("papers_matched", 0),
            trending_of=get("trending_of", 0),
            by_day=get("by_day") or {},
            by_keyword=get("by_keyword") or {},
            source=SourceStatus.from_json(source) if source else SourceStatus(),
            quiet=QuietNotice.from_json(quiet) if quiet else None,
            sample=LookBack.from_json(sample) if sample else None,
            change=get("change"),
            copied_day=read_day(get("copied_day")),
            offer=WordingOffer.from_json(offer) if offer else None,
            is_personal=get("is_personal", False),
            neighbours=tuple(map(Neighbour.from_json, get("neighbours") or ())),
        )

    def to_json(self) -> dict[str, object]:
        """Its JSON object; {} if nothing is known."""
        stored = _filled(
            catch_up=self.catch_up,
            doubtful_day=_iso(self.doubtful_day),
            papers_matched=self.papers_matched,
            trending_of=self.trending_of,
            by_day=self.by_day,
            by_keyword=self.by_keyword,
            quiet=self.quiet and self.quiet.to_json(),
            sample=self.sample and self.sample.to_json(),
            copied_day=_iso(self.copied_day),
            offer=self.offer and self.offer.to_json(),
            is_personal=self.is_personal,
            neighbours=[each.to_json() for each in self.neighbours],
        )
        if self.since_known:
            stored["since"] = _iso(self.since)
        if self.source != SourceStatus():
            stored["source"] = self.source.to_json()
        if self.change is not None:
            stored["change"] = self.change
        return {"v": VERSION, **stored} if stored else stored


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _filled(**values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if value}
