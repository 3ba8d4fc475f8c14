"""Pages of subscribers: sign-up, preferences, and what links in mails change."""
