"""Backups: one folder with the database, the raw bytes of dumps, keys, settings and journals.

manifest.json     what is in it, with SHA-256, and the release and migrations it was made with
database          a copy of the SQLite file, or pg_dump's custom format
dumps/ inbox/     raw bytes of dumps, and files that were not read yet
replies/          journals of replies
keys/ env         keys that are files, and .env
"""


class BackupError(Exception):
    """A backup cannot be made, verified or restored; the sentence says what to do."""
