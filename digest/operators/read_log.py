"""The read log: entries of the admin log that say who read whose mail, without addresses."""

from datetime import timedelta

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone

READ = 4  # beside Django's ADDITION, CHANGE and DELETION
# A page and the frame in it count as one reading.
_ONE_READING = timedelta(minutes=1)


def operator_of(request: HttpRequest) -> User:
    """Return the operator who is logged in."""
    assert isinstance(request.user, User)
    return request.user


def log_reading(request: HttpRequest, row: Model, what: str) -> None:
    """Log that the operator read what belongs to a row, at most once a minute."""
    kind = ContentType.objects.get_for_model(row)
    _log(request, kind, str(row.pk), f"{row._meta.verbose_name} {row.pk}", what)


def log_list_reading(request: HttpRequest, model: type[Model], what: str) -> None:
    """Log that the operator read all rows of a model, at most once a minute."""
    names = model._meta.verbose_name_plural
    _log(request, ContentType.objects.get_for_model(model), "", f"all {names}", what)


def log_file_reading(request: HttpRequest, name: str, what: str) -> None:
    """Log that the operator read a file, at most once a minute."""
    _log(request, None, name, f"file {name}", what)


def _log(request: HttpRequest, kind: ContentType | None, named: str, shown: str, what: str) -> None:
    of_it = LogEntry.objects.filter(user=operator_of(request), content_type=kind, object_id=named)
    recent = timezone.now() - _ONE_READING
    if of_it.filter(action_flag=READ, action_time__gt=recent).exists():
        return
    LogEntry.objects.create(
        user=operator_of(request),
        content_type=kind,
        object_id=named,
        object_repr=shown,
        action_flag=READ,
        change_message=what,
    )
