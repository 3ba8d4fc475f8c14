"""The audit log: entries of Django's admin log that say which operator did what, on what, and when.

Acts on the admin's pages are logged in the name of the user who is logged in. Those of management
commands are logged in the name of a user without a password, "command line (NAME)", where NAME is
the user of the operating system.
"""

import os
import pwd
from collections.abc import Sequence

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

NAMED = 10  # rows that the entry of an act on many names
_LONGEST = 200  # characters of LogEntry.object_repr


def log_act(
    user: User, what: str, row: Model | None = None, *, flag: int = CHANGE, shown: str = ""
) -> None:
    """Log one act.

    `row`: what it is about, if it is about one row. It is named by its number, unless `shown`
    names it. `what`: a sentence without addresses and tokens.
    """
    LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(row) if row else None,
        object_id=str(row.pk) if row else None,
        object_repr=(shown or (f"{row._meta.verbose_name} {row.pk}" if row else "-"))[:_LONGEST],
        action_flag=flag,
        change_message=what,
    )


def log_act_on_many(
    user: User, what: str, model: type[Model], ids: Sequence[object], count: int
) -> None:
    """Log one act on `count` rows of a model, of which `ids` are the first ones."""
    names = model._meta.verbose_name, model._meta.verbose_name_plural
    named = ", ".join(map(str, ids[:NAMED]))
    more = f" and {count - NAMED:,} more" if count > NAMED else ""
    LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(model),
        object_id=str(ids[0]) if count == 1 and ids else None,
        object_repr=f"{names[count != 1]} {named}{more}"[:_LONGEST],
        action_flag=CHANGE,
        change_message=what,
    )


def command_line_user() -> User:
    """Return the user in whose name commands on this machine are logged; it cannot log in."""
    user, _ = User.objects.get_or_create(
        username=f"command line ({_system_user()})"[:150],
        defaults={"is_active": False, "password": make_password(None)},
    )
    return user


def _system_user() -> str:
    """The name of the user who started this process: not an environment variable, which anybody
    can set."""
    uid = os.getuid()
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # in a container, of a user without a name
        return f"uid {uid}"
