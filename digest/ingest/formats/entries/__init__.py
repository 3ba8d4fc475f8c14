"""Entries that several formats share, as records."""
