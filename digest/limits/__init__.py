"""Limits for anonymous clients: `url_limits` lists every URL with what it allows."""
