"""How much work it takes to evaluate a keyword: counted in steps, so that it can be bounded.

A step is one look-up in a table, one operation on the bits of a block, or one word of a text that
has to be read; each takes about a quarter of a microsecond. Steps depend on the papers and the
keyword alone, not on the machine.
"""

CHARACTERS = 256  # of a text, searched in one step


class TooBroad(Exception):
    """Evaluating a keyword would take more steps than it may."""


class WorkBudget:
    """Counts steps. `spend` raises TooBroad once `limit` is passed; None: never."""

    __slots__ = ("limit", "spent")

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit
        self.spent = 0

    def spend(self, steps: int) -> None:
        """Count `steps`, before or right after they are done."""
        self.spent += steps
        if self.limit is not None and self.spent > self.limit:
            raise TooBroad


class UnlimitedBudget(WorkBudget):
    """Counts nothing and ends nothing."""

    __slots__ = ()

    def spend(self, steps: int) -> None:
        pass


UNLIMITED = UnlimitedBudget()
