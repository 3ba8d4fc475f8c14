"""A corpus as it is counted: acronyms that papers define, and words."""

from digest.models import AcronymDefinition, ShortForm, WordCount


def acronym(short: str, long: str, papers: int = 10, *, capitals: float = 1.0) -> None:
    """A pair that so many papers define; `capitals`: how often the short form is in capitals."""
    key = short.lower()
    AcronymDefinition.objects.create(short=short, key=key, long=long, papers=papers)
    in_capitals = {"papers_any": 100, "papers_capitals": round(100 * capitals)}
    ShortForm.objects.update_or_create(short=key, defaults=in_capitals)


def words(*some: str, papers: int = 10) -> None:
    """Words that so many papers have."""
    WordCount.objects.bulk_create([WordCount(word=word, papers=papers) for word in some])
