"""Run now where no scheduler lives: one is started, answers for what is queued, and outlives the web server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore

from backoffice.jobs.models import Job, Run, RunStatus, SchedulerProcess
from tests import services
from tests.jobs.core.fixture_jobs import Quick, Waits
from tests.jobs.core.processes import ROOT, Place, ended, seen, wait_until

WEB = (
    "import sys, waitress; from backoffice.wsgi import application; waitress.serve(application, port=int(sys.argv[1]))"
)
CSRF = "a" * 32


class Stay(HTTPRedirectHandler):
    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


class Web:
    """A web server without a scheduler, and somebody who is logged in there."""

    def __init__(self, place: Place) -> None:
        self.port = services.free_port()
        self.process = subprocess.Popen(
            [sys.executable, "-c", WEB, str(self.port)],
            cwd=ROOT,
            env=place.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._session = session_of(User.objects.create_superuser("ann"))
        services.wait_until_listening(self.port, self.process)

    def run_now(self, job: Job) -> int:
        """The status of the answer."""
        url = f"http://localhost:{self.port}/admin/jobs/job/run-now/"
        data = urlencode({"job": job.pk, "reason": "prices changed", "csrfmiddlewaretoken": CSRF}).encode()
        request = Request(url, data, {"Cookie": f"csrftoken={CSRF}; sessionid={self._session}"})
        try:
            return int(build_opener(Stay).open(request, timeout=20).status)
        except HTTPError as answer:
            return answer.code

    def kill(self) -> None:
        """With all that is in its session, as the end of a terminal does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def session_of(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def test_run_now_starts_a_scheduler_where_none_lives_and_the_run_outlives_the_web_server(place: Place) -> None:
    waits, quick = place.job(Waits), place.job(Quick)
    place.environment["SECRET_KEY"] = settings.SECRET_KEY
    web = Web(place)
    try:
        assert web.run_now(waits) == 302
        place.noted("waits")
        assert SchedulerProcess.objects.count() == 1
        scheduler = SchedulerProcess.objects.get()
        assert web.run_now(quick) == 302
        assert ended(Run.objects.get(job=quick)).status == RunStatus.SUCCEEDED
        assert SchedulerProcess.objects.get() == scheduler, "one is enough"
    finally:
        web.kill()

    run = Run.objects.get(job=waits)
    assert (seen(run).status, seen(run).requested_by) == (RunStatus.RUNNING, User.objects.get())
    assert scheduler.pid in place.alive()
    place.tell("end")
    assert ended(run).status == RunStatus.SUCCEEDED
    wait_until(lambda: not place.alive(), "the scheduler to end when there is nothing left to do")
    assert not SchedulerProcess.objects.exists()
