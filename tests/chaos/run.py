"""`python -m tests.chaos.run`: one simulation in the environment it is started in; prints the
result as JSON. `python -m tests.chaos` makes the environment."""

import os

import django

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "digest.settings"
    django.setup()
    from .simulation import main

    main()
