"""Settings of `lintmigrations`: migrations must not break a release that still runs.

Those from before the linter are left alone: they have been applied.
"""

from pathlib import Path

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "django_migration_linter"]
_FIRST = {"digest": "0022", "subscriptions": "0013"}
_ROOT = Path(__file__).resolve().parent.parent
MIGRATION_LINTER_OPTIONS = {
    "include_apps": list(_FIRST),
    "no_cache": True,
    "quiet": ["ignore", "ok"],
    # SQLite rebuilds a table for each new column, which the linter takes for one that older code
    # cannot fill; tests/test_migrations.py looks at the columns themselves.
    "exclude_migration_tests": ["NOT_NULL"],
    "ignore_name": [
        path.stem
        for app, first in _FIRST.items()
        for path in (_ROOT / app / "migrations").glob("[0-9]*.py")
        if path.stem < first
    ],
}
