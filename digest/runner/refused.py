class Refused(Exception):
    """Why nothing was started: a sentence that names the cure."""
