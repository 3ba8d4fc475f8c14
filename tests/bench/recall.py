"""Precision and recall of realistic keywords over judged papers, and what each one misses."""

from collections.abc import Iterator, Sequence

from tests.matching import samples
from tests.matching.recall import judged_sets, metrics
from tests.matching.recall.judged_sets import JudgedSet
from tests.matching.recall.metrics import Average, Result

from .table import publish, table, verdict

MIN_PRECISION, MIN_RECALL = 0.97, 0.85
_MOST_IDS = 12


def run() -> None:
    """Two tables a set: by kind, and the keywords that miss papers or find false ones."""
    _publish(judged_sets.invented())
    if samples.LISTED.exists():
        _publish(judged_sets.listed())
    else:
        print(f"skipped recall of listed papers: no sample at {samples.LISTED}")
    same, looked = judged_sets.agreement()
    print(f"Labels judged a second time, unseen: {same} of {looked} agree.\n")


def _publish(judged: JudgedSet) -> None:
    results = metrics.evaluate(judged)
    every = metrics.average("all", results)
    rows = [_row(each) for each in metrics.by_kind(results)]
    rows.append([*_row(every)[:2], *_judged(every)])
    title = f"Precision and recall, {len(judged.papers):,} {judged.name} papers"
    kinds = table(title, ["kind", "keywords", "precision", "recall"], rows)
    head = ["keyword", "relevant", "found", "missed", "false"]
    keywords = table(
        f"Missed and false, {judged.name} papers", head, list(_faults(judged, results))
    )
    publish(f"recall_{judged.name}", f"{kinds}\n{keywords}")


def _row(average: Average) -> list[object]:
    return [average.name, average.keywords, f"{average.precision:.3f}", f"{average.recall:.3f}"]


def _judged(average: Average) -> list[object]:
    """Both averages with the limits that they must keep."""
    limits = ((average.precision, MIN_PRECISION), (average.recall, MIN_RECALL))
    return [f"{value:.3f} {verdict(value, limit, at_least=True)}" for value, limit in limits]


def _faults(judged: JudgedSet, results: Sequence[Result]) -> Iterator[list[object]]:
    for each in results:
        if each.missed or each.false:
            ids = [_ids(judged, each.missed), _ids(judged, each.false)]
            yield [each.keyword.text, len(each.keyword.relevant), len(each.found), *ids]


def _ids(judged: JudgedSet, papers: list[int]) -> str:
    """How many papers, and the ids of the first."""
    shown = " ".join(judged.ids[number] for number in papers[:_MOST_IDS])
    return f"{len(papers)}: {shown}{' …' if len(papers) > _MOST_IDS else ''}" if papers else ""
