"""gunicorn's logs, without tokens and addresses."""

from typing import Any

from gunicorn.glogging import Logger

from digest.logs import REDACTING


class RedactingLogger(Logger):
    """Redacts requests, referrers and errors, whatever the format and wherever they are written."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            log.addFilter(REDACTING)
