"""The runner behind `manage.py up`: starts the services, restarts them, stops them in order.

It knows processes, sockets and folders, and no model.
"""
