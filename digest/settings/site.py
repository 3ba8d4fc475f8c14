"""Where the data is kept, and the address of the site."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from digest.environment import (
    is_loopback,
    port_number,
    setting,
    site_url,
    writable_folder,
    yes_or_no,
)
from digest.environment.env_file import read_env_file

BASE_DIR = Path(__file__).resolve().parent.parent.parent
read_env_file(BASE_DIR / ".env", os.environ)

DATA_DIR = setting("DATA_DIR", str(BASE_DIR / "var"), writable_folder, "a writable folder")
PORT = setting("PORT", "8000", port_number, "a port, 1 to 65535")
BIND = setting("BIND", "127.0.0.1", str, "an address of this machine")
SITE_URL = setting(
    "SITE_URL", f"http://localhost:{PORT}", site_url, "like https://digest.example.org"
)
SITE_HOST = urlsplit(SITE_URL).hostname or "localhost"
PUBLIC_SITE = not is_loopback(SITE_HOST)
# A site may be under a path of its host; every address that Django makes begins with it.
SITE_PATH = urlsplit(SITE_URL).path
SITE_ORIGIN = SITE_URL.removesuffix(SITE_PATH)
FORCE_SCRIPT_NAME = SITE_PATH or None
INBOX_DIR = DATA_DIR / "inbox"
OUTBOX_DIR = DATA_DIR / "outbox"
DUMPS_DIR = DATA_DIR / "dumps"
JOURNAL_DIR = DATA_DIR / "replies"
DEBUG = setting("DEBUG", "no", yes_or_no, "yes or no")
KEYWORD_EXPANSIONS = setting("KEYWORD_EXPANSIONS", "yes", yes_or_no, "yes or no")
