"""Commands. Those of django-cron's names must stand in an app before ``django_cron`` to take their place."""
