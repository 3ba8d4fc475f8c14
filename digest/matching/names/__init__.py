"""Names of authors: one person is found whichever way the name is written.

A name is read in all orders that it allows (`readings`), and two names agree if a reading of one
agrees with a reading of the other (`agreement`).
"""

from .agreement import TypedName
from .listed import ListedName, listed_name, name_rows

__all__ = ["ListedName", "TypedName", "listed_name", "name_rows"]
