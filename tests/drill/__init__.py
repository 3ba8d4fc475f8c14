"""The drill: a whole service with its servers, and one failure after the other.

Worker and scheduler are the program's own under the program's own supervisor; only their times are
shortened (`times.py`). PostgreSQL, Redis and the relay are the drill's, on ports of their own. Each
failure gives a row: whether mail went on without help, which papers were lost and which
mails doubled, and whether `doctor` saw it while it lasted.
"""
