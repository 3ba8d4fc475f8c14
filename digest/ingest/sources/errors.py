"""What goes wrong when something is fetched, as a sentence an operator can act on.

In a module of its own because every module of this package raises it, the lowest ones included.
"""

from datetime import timedelta


class CannotFetch(Exception):
    """Nothing usable was fetched; the message says why.

    `may_retry`  the failure may pass, so another try soon is worth while
    `wait`       how long the server asked to be left alone (Retry-After), if it did
    `refused`    the server answered, but not with papers
    `missing`    the server says that there is no such page (404, 410); implies `refused`
    """

    def __init__(
        self,
        sentence: str,
        *,
        may_retry: bool = False,
        wait: timedelta | None = None,
        refused: bool = False,
        missing: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.may_retry, self.wait = may_retry, wait
        self.refused, self.missing = refused or missing, missing
