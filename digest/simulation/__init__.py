"""Days of the service tried on invented people: `manage.py simulate`.

Ingesting, planning, matching, sending and the workers are the program's own. Invented are the
people and the papers, the clock, which jumps from one due instant to the next, and the mail server,
which takes everything. The site's own database is never opened.
"""
