from backoffice.jobs.admin import jobs, locks, logs, runs

__all__ = ["jobs", "locks", "logs", "runs"]
