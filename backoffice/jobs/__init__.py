"""Any django-cron job, managed from the browser. Knows nothing of reports."""
