"""Atom feeds: of a search, and of one subscriber's digests."""
