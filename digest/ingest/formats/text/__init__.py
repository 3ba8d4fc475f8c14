"""Bytes into text, and text, XML, JSON and mails into what they hold."""
