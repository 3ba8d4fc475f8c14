"""How popular a paper is: shared by the models and the matcher, neither of which imports the other
for it."""

from typing import NamedTuple


class Popularity(NamedTuple):
    """Counts of one paper, 0 where no source has any.

    Compared as tuples: by upvotes, then comments, then the number of sources that listed it (1 or
    more).
    """

    upvotes: int = 0
    comments: int = 0
    sources: int = 1

    @property
    def is_counted(self) -> bool:
        """Whether any count is above its minimum."""
        return self.upvotes > 0 or self.comments > 0 or self.sources > 1

    def __str__(self) -> str:
        """The count that decides: "87 upvotes", "12 comments", "listed by 3 sources"."""
        if self.upvotes > 0:
            return _counted(self.upvotes, "upvote")
        if self.comments > 0:
            return _counted(self.comments, "comment")
        return f"listed by {_counted(self.sources, 'source')}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
