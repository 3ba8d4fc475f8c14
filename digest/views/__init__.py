"""The pages for reading: papers, digests, the outbox, and the keyword preview."""
