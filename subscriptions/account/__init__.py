"""What takes a link that was mailed just now: change of address, export and deletion. And the link
to the private feed, which any link to the preferences may make."""
