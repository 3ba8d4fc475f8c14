"""What Django's debug pages (DEBUG=yes) hide of the settings, besides what they hide anyway."""

import re

from django.views.debug import SafeExceptionReporterFilter


class SettingsFilter(SafeExceptionReporterFilter):
    """Hides addresses too: they may hold a password."""

    hidden_settings = re.compile(
        f"{SafeExceptionReporterFilter.hidden_settings.pattern}|_URL|WEBHOOKS", re.IGNORECASE
    )
