"""The papers of a digest, and what became of papers sent before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self

VERSION = 1
Wordings = tuple[tuple[str, str], ...]  # terms of a keyword, each with another wording
Stored = Mapping[str, Any]  # an object as the JSON column holds it


def read_day(stored: object) -> date | None:
    """A day as JSON has it ("2026-11-20"); None for none."""
    return date.fromisoformat(stored) if isinstance(stored, str) and stored else None


@dataclass(frozen=True, slots=True)
class DigestEntry:
    """One paper of a digest, as it stood when the digest was composed.

    keywords: those that hit it, as typed; none for a trending paper. pairs: keyword -> the other
    wordings it had then (term and wording), of those that had some. why: what it was ranked by,
    in words. code: whether code was known of; comments: how many there were; both None where an
    old row does not say. updated: it had got a new number after its first listing. versions: those
    known of it, "preprint", "journal" or "both"; None if none are, or an old row does not say.
    """

    paper: int
    keywords: tuple[str, ...] = ()
    why: str = ""
    code: bool | None = False
    comments: int | None = 0
    updated: bool = False
    versions: str | None = None
    pairs: Mapping[str, Wordings] = field(default_factory=dict, hash=False)

    def wordings(self) -> list[tuple[str, Wordings]]:
        """Each keyword with its other wordings."""
        return [(text, self.pairs.get(text, ())) for text in self.keywords]

    @classmethod
    def from_json(cls, stored: Stored) -> Self:
        get = stored.get
        keywords, why, updated = tuple(get("keywords", ())), get("why", ""), get("updated", False)
        known = (False, 0) if "v" in stored else (None, None)
        code, comments = get("code", known[0]), get("comments", known[1])
        versions, pairs = get("versions"), get("pairs") or {}
        read = {text: tuple((one, other) for one, other in some) for text, some in pairs.items()}
        return cls(stored["paper"], keywords, why, code, comments, updated, versions, read)

    def to_json(self) -> dict[str, object]:
        """Its JSON object; with paper, keywords and why, which older releases count on."""
        stored: dict[str, object] = {"paper": self.paper, "keywords": self.keywords}
        stored["why"] = self.why
        if self.updated:
            stored["updated"] = True
        if self.pairs:
            stored["pairs"] = self.pairs
        if self.versions is not None:
            stored["versions"] = self.versions
        if self.code is None or self.comments is None:  # read from an old row, and left as it was
            known = {"code": self.code, "comments": self.comments}
            return stored | {name: value for name, value in known.items() if value is not None}
        if self.code:
            stored["code"] = True
        if self.comments:
            stored["comments"] = self.comments
        stored["v"] = VERSION
        return stored


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What became of a paper that was sent: `fact` is "withdrawn", "published" (the preprint was
    sent), "preprint" (the reverse), "code" or "discussed"; the day of the mail with the paper is
    None where an old row does not say."""

    paper: int
    fact: str
    sent_on: date | None

    @classmethod
    def from_json(cls, stored: Stored) -> Self:
        return cls(stored["paper"], stored["fact"], read_day(stored.get("sent_on")))

    def to_json(self) -> dict[str, object]:
        sent = {"sent_on": self.sent_on.isoformat()} if self.sent_on else {}
        return {"v": VERSION, "paper": self.paper, "fact": self.fact, **sent}
