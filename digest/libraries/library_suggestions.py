"""Keywords that a library suggests: what is frequent in it and not in the papers of the index.

Dunning's log-likelihood ratio compares how many papers of the library have a phrase in title or
keywords with how many papers of the index have it in the title. The work is bounded: MAX_TITLES
titles are read, and WORK_STEPS spent on looking up authors.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from digest.matching.index import PaperIndex
from digest.matching.query import Keyword, KeywordError, parse
from digest.matching.query.atoms import Author, Phrase
from digest.matching.statistics.likelihood import SIGNIFICANT, log_likelihood
from digest.matching.work_budget import TooBroad, WorkBudget

from .library import Counted, Library
from .phrases import LONGEST

MAX_KEYWORDS, MAX_AUTHORS = 30, 15  # that are suggested
MAX_TITLES = 4_000  # of the index that are read, evenly spread over it
WORK_STEPS = 400_000  # for looking up authors: about a tenth of a second
# Papers without any of the phrases, counted with those of the index: a small index is no evidence
# that a phrase is rare, and an empty one leaves the order to the library.
_PRIOR_PAPERS = 200


@dataclass(frozen=True, slots=True)
class SuggestedKeywords:
    """Keywords, and authors as keywords, best first; each can be used as it is."""

    keywords: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()


def suggest_keywords(library: Library, index: PaperIndex) -> SuggestedKeywords:
    """Return the keywords that tell the topics of a library from those of the index."""
    topics = [(each, text) for each in library.phrases if (text := _phrase_text(each))]
    authors = [(each, text) for each in library.authors if (text := _author_text(each))]
    ids = index.ids(index.everything())
    titles = ids[:: -(-len(ids) // MAX_TITLES) or 1]
    counts = _titles_with([each.words for each, _ in topics], index, titles)
    of_topics = [counts[each.words] for each, _ in topics]
    of_authors = list(_papers_by([text for _, text in authors], index))
    return SuggestedKeywords(
        _best(library.papers, topics, of_topics, len(titles))[:MAX_KEYWORDS],
        _best(library.papers, authors, of_authors, len(ids))[:MAX_AUTHORS],
    )


def _best(
    papers: int,
    found: Sequence[tuple[Counted, str]],
    others: Sequence[int | None],
    other_papers: int,
) -> tuple[str, ...]:
    """Return the texts of those that the library has more often than the index, best first.

    `others`: in how many papers of the index each occurs, None if that was not counted.
    """
    ratios: dict[str, float] = {}
    for (counted, text), other in zip(found, others, strict=True):
        if other is not None:
            ratio = log_likelihood(counted.papers, papers, other, other_papers + _PRIOR_PAPERS)
            if ratio >= SIGNIFICANT:
                ratios.setdefault(text, ratio)
    return tuple(sorted(ratios, key=lambda text: (-ratios[text], text)))


def _titles_with(
    phrases: Sequence[tuple[str, ...]], index: PaperIndex, ids: Sequence[int]
) -> Counter[tuple[str, ...]]:
    """Count in how many titles of these papers each phrase occurs."""
    wanted, starts = set(phrases), {phrase[0] for phrase in phrases}
    counts: Counter[tuple[str, ...]] = Counter()
    for paper_id in ids:
        title, _ = index.terms(paper_id)
        here = set()
        for start, word in enumerate(title):
            if word in starts:
                for end in range(start + 1, min(start + LONGEST, len(title)) + 1):
                    here.add(tuple(title[start:end]))
        counts.update(here & wanted)
    return counts


def _papers_by(texts: Sequence[str], index: PaperIndex) -> Iterator[int | None]:
    """Yield how many papers of the index each author wrote; None where the budget is spent."""
    work = WorkBudget(WORK_STEPS)
    for text in texts:
        try:
            yield index.evaluate(parse(text), work).bit_count()
        except TooBroad:
            yield None


def _phrase_text(counted: Counted) -> str:
    """Return the phrase as a keyword of just these words; "" if there is none."""
    for text in (counted.text, " ".join(counted.words)):
        keyword = _parsed(text)
        tree = keyword.tree if keyword else None
        if isinstance(tree, Phrase) and tuple(part.word for part in tree.parts) == counted.words:
            return text
    return ""


def _author_text(counted: Counted) -> str:
    """Return the keyword for an author: of the exact name, or with an initial in any order."""
    name = counted.text.replace('"', " ").strip()
    is_initial = len(name.partition(" ")[0].strip(".")) == 1
    text = f"author:({name})" if is_initial else f'author:"{name}"'
    keyword = _parsed(text)
    return text if keyword and isinstance(keyword.tree, Author) else ""


def _parsed(text: str) -> Keyword | None:
    """Return the keyword; None if it cannot be used, or not be read as it stands."""
    try:
        keyword = parse(text)
    except KeywordError:
        return None
    return None if keyword.notes or keyword.excludes else keyword
