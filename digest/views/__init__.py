"""Pages of papers, digests and the outbox, the keyword preview, the API and webhooks."""
