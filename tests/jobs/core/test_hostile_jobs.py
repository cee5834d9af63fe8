"""Jobs that ruin their own process: each leaves an honest log, and the one after it runs as if nothing had been."""

from __future__ import annotations

from backoffice.jobs.models import RunStatus
from tests.jobs.core import hostile_jobs as jobs
from tests.jobs.core.processes import Place, ended, statuses

FAILED, INTERRUPTED, SUCCEEDED = RunStatus.FAILED, RunStatus.INTERRUPTED, RunStatus.SUCCEEDED

# How each ends, and what its log says of it.
ENDS = {
    jobs.PrintsALot: (SUCCEEDED, "printed"),
    jobs.ReturnsALot: (SUCCEEDED, "characters left out"),
    jobs.ClosesStreams: (SUCCEEDED, "closed"),
    jobs.ClosesEverything: (FAILED, "in mid-run with exit status"),
    jobs.DiesOverItsAnswer: (INTERRUPTED, "signal 9"),
    jobs.LeavesDaemon: (FAILED, "in mid-run with exit status 3"),
    jobs.ReturnsTwice: (SUCCEEDED, "the job"),
    jobs.IgnoresSignals: (FAILED, "longer than its time limit of 1 second"),
    jobs.KillsItsGroup: (INTERRUPTED, "signal 15"),
    jobs.Crashes: (FAILED, "before the crash"),
    jobs.ExitsAtOnce: (FAILED, "exit status 7"),
    jobs.LeavesTransaction: (SUCCEEDED, "left open"),
    jobs.LeavesAlarm: (SUCCEEDED, "left an alarm"),
    jobs.LeavesThread: (SUCCEEDED, "left a thread"),
    jobs.LeavesBomb: (SUCCEEDED, "left a bomb"),
    jobs.LeavesSilence: (SUCCEEDED, "left silence"),
}


def test_no_job_can_spoil_its_own_log_or_the_next_run(place: Place) -> None:
    runs = {}
    followers = []
    for cls in ENDS:
        runs[cls] = place.queue(cls)
        followers.append(place.queue(jobs.PrintsAndUsesDatabase))

    # One place: each follows the other in the same child, if that is still of use.
    scheduler = place.start("cronloop", JOBS_POOL_SIZE="1", JOBS_POOL_MAX="1", JOBS_LEASE_SECONDS="30")
    ends = {}
    for cls, run in runs.items():
        after = ended(run)
        message = after.log.message if after.log else "no log"
        says = ENDS[cls][1]
        ends[cls] = (after.status, says if says in message else message[-300:])

    assert ends == ENDS
    assert [ended(run).summary for run in followers] == ["undisturbed"] * len(followers)
    assert statuses(followers) == [SUCCEEDED] * len(followers)

    scheduler.terminate()
    assert scheduler.wait(10) == 0
    assert place.alive() == {place.noted("daemon")}
