"""Subscribers as CSV files: import and export."""
