"""The work of evaluating a keyword, counted in steps so that it can be bounded.

A step is one look-up in a table, one operation on the bits of a block, or one word of a text that
is read; each takes about a quarter of a microsecond. The number of steps depends only on the papers
and the keyword, not on the machine.
"""

CHARACTERS = 256  # of a text that are searched in one step


class TooBroad(Exception):
    """Evaluating a keyword takes more steps than its limit."""


class WorkBudget:
    """Counts steps up to a limit, or without one if `limit` is None."""

    __slots__ = ("limit", "spent")

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit
        self.spent = 0

    def spend(self, steps: int) -> None:
        """Count steps, before or right after they are done. Raises TooBroad beyond the limit."""
        self.spent += steps
        if self.limit is not None and self.spent > self.limit:
            raise TooBroad


class UnlimitedBudget(WorkBudget):
    """A budget that counts nothing, for callers that set no limit."""

    __slots__ = ()

    def spend(self, steps: int) -> None:
        pass


UNLIMITED = UnlimitedBudget()
