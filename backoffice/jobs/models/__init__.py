from backoffice.jobs.models.choices import MissedPolicy, RunStatus, RunTrigger
from backoffice.jobs.models.history import JobTimetableChange
from backoffice.jobs.models.job import Job
from backoffice.jobs.models.lease import Lease
from backoffice.jobs.models.run import Run

__all__ = ["Job", "JobTimetableChange", "Lease", "MissedPolicy", "Run", "RunStatus", "RunTrigger"]
