from backoffice.jobs.models.choices import MissedPolicy, OverlapPolicy, RunStatus, RunTrigger
from backoffice.jobs.models.history import JobTimetableChange
from backoffice.jobs.models.job import Job
from backoffice.jobs.models.lease import Lease
from backoffice.jobs.models.output import RunOutput
from backoffice.jobs.models.pause import Pause
from backoffice.jobs.models.run import Run
from backoffice.jobs.models.scheduler_process import SchedulerProcess

__all__ = [
    "Job",
    "JobTimetableChange",
    "Lease",
    "MissedPolicy",
    "OverlapPolicy",
    "Pause",
    "Run",
    "RunOutput",
    "RunStatus",
    "RunTrigger",
    "SchedulerProcess",
]
