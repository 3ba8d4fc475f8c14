"""Changes that subscribers make to what they get, each of which can be undone.

Each function is idempotent and returns the `Change` that it made, for `undo`. A change is written
into a signed link, so it holds primary keys and no text.
"""

from .change import Change, ChangeRefused, Kind, LastKeyword
from .delivery import (
    SCHEDULE_FIELDS,
    drop_trending,
    pause,
    reschedule,
    resume,
    save_preferences,
)
from .keyword_rows import left_without_papers, meaning_key, selects_papers, usable_keywords
from .single_keywords import drop, edit, exclude, keep, widen, wider
from .undoing import is_in_force, is_of, keyword_of, undo
from .whole_lists import Added, add, merge_keywords, move
from .wordings import choose_wordings, known_wordings, resolve_wordings

__all__ = [
    "SCHEDULE_FIELDS",
    "Added",
    "Change",
    "ChangeRefused",
    "Kind",
    "LastKeyword",
    "add",
    "choose_wordings",
    "drop",
    "drop_trending",
    "edit",
    "exclude",
    "is_in_force",
    "is_of",
    "keep",
    "keyword_of",
    "known_wordings",
    "left_without_papers",
    "meaning_key",
    "merge_keywords",
    "move",
    "pause",
    "reschedule",
    "resolve_wordings",
    "resume",
    "save_preferences",
    "selects_papers",
    "undo",
    "usable_keywords",
    "widen",
    "wider",
]
