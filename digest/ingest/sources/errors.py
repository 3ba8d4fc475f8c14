"""What goes wrong when something is fetched, as a sentence an operator can act on."""

from datetime import timedelta


class CannotFetch(Exception):
    """Nothing usable came; the message says why.

    `again`: it may pass, so another try soon is worth while. `wait`: how long the other side asked
    to be left alone. `refused`: it did answer, but not with papers. `missing`: it says that there
    is no such page.
    """

    def __init__(
        self,
        sentence: str,
        *,
        again: bool = False,
        wait: timedelta | None = None,
        refused: bool = False,
        missing: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.again, self.wait = again, wait
        self.refused, self.missing = refused or missing, missing
