"""The Django project: settings, the admin site, and the ``jobs`` app."""
