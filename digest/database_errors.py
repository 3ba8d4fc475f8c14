"""What an error of the database means: it failed, or it refused the values it was given."""

from django.db import DataError, Error, IntegrityError

# What the database says of values that it cannot hold; all else it says of itself.
REFUSED_VALUES = (DataError, IntegrityError)


def has_failed(wrong: BaseException) -> bool:
    """Whether the database itself failed, so that the same may succeed later."""
    return isinstance(wrong, Error) and not isinstance(wrong, REFUSED_VALUES)
