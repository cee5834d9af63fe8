from backoffice.jobs.models.choices import MissedPolicy, RunStatus, RunTrigger
from backoffice.jobs.models.job import Job
from backoffice.jobs.models.lease import Lease
from backoffice.jobs.models.run import Run

__all__ = ["Job", "Lease", "MissedPolicy", "Run", "RunStatus", "RunTrigger"]
