"""Identifiers and addresses of papers: arXiv ids, DOIs and links, in any spelling."""
