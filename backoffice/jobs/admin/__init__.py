from backoffice.jobs.admin import jobs, locks, logs, pauses, runs

__all__ = ["jobs", "locks", "logs", "pauses", "runs"]
