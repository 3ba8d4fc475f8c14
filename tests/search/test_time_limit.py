"""Statements of a search are stopped when its time is over; faults are not taken for that."""

import pytest
from django.db import OperationalError, ProgrammingError, connection, transaction

from digest.search.full_text import TimeUp, time_limit

pytestmark = pytest.mark.django_db
ENDLESS = """
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000)
    SELECT count(*) FROM n
"""


def run(statement: str, seconds: float) -> None:
    with time_limit(seconds), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_statement_that_takes_too_long_is_stopped() -> None:
    with pytest.raises(TimeUp), transaction.atomic():
        run(ENDLESS, 0.05)


def test_a_fault_of_the_database_is_one() -> None:
    with pytest.raises((OperationalError, ProgrammingError), match="nowhere"), transaction.atomic():
        run("SELECT 1 FROM nowhere", 60)
