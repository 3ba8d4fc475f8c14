"""The time at which the tests of the account are run, and what is typed there."""

from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NEW = "new@example.org"
EVIL = ["", " ", "x" * 60_000, "a\x00b@example.org", "😀", "\u202egro.elpmaxe@ada", "<script>",
        "ada@example.org\r\nBcc: b@example.org"]  # fmt: skip
