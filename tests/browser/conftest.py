"""A real site and a real browser. Every page is watched: what the content security policy stops fails the test."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests import migrated
from tests.conftest import ROOT
from tests.environment import fresh_environment
from tests.services import free_port

# Seconds in which the site has to be there.
PATIENCE = 60

# Milliseconds: a run begins and ends within seconds, but machines may be busy.
expect.set_options(timeout=60_000)

# Run in the site: jobs that the demo does not have; failures and successes of three days, of which only yesterday's
# failure is looked for.
SAMPLES = """
from datetime import timedelta
from django.utils import timezone
from django_cron.models import CronJobLog
from backoffice.jobs import registry
registry.sync(timezone.now())
for days_ago in range(3):
    at = timezone.now() - timedelta(days=days_ago)
    for is_success, word in ((True, "fine"), (False, "failed")):
        CronJobLog.objects.create(code=f"shop.{word}_{days_ago}", start_time=at, end_time=at,
            is_success=is_success, message=f"{word} <b>badly</b>\\n" * 3)
"""

# Two jobs that are not in CRON_CLASSES: the holder of one lock died, that of the other lives. The dead one is not
# a run of ours, which the scheduler would free by itself before anybody came.
SAMPLE_LOCKS = """
import uuid
from datetime import timedelta
from django.db import transaction
from django.utils import timezone
from django_cron.models import CronJobLock
from backoffice.jobs import control, lifecycle
from backoffice.jobs.models import Job, Lease
now = timezone.now()
dead, alive = (
    Job.objects.create(code=code, class_path=f"shop.cron.{name}")
    for code, name in (("shop.dead", "Dead"), ("shop.alive", "Alive"))
)
past = now - timedelta(hours=1)
Lease.objects.create(key=dead.code, job=dead, token=uuid.uuid4(), host="host-b", pid=79, heartbeat_at=past,
    expires_at=past)
CronJobLock.objects.create(job_name=dead.class_path, locked=True)
with transaction.atomic():  # or else the site's own scheduler may start the run first
    run = control.run_now(alive, now)
    assert lifecycle.start(run, lifecycle.Holder("host-a", 77, 78))
    Lease.objects.filter(run=run).update(expires_at=now + timedelta(days=1))
"""


# The report job of the demo, and two that take their time.
JOBS = [
    "reporter.cron.SendDailyReportsCronJob",
    "tests.browser.sample_jobs.Counting",
    "tests.browser.sample_jobs.CountingOn",
]


@dataclass(frozen=True)
class Site:
    url: str
    password: str
    environment: dict[str, str]


@dataclass
class Watched:
    """A page, and what went wrong on it."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def open(self, url: str) -> None:
        answer = self.page.goto(url)
        assert answer is not None
        assert answer.ok, f"{url}: {answer.status}"

    @property
    def overflow(self) -> int:
        """Pixels by which the page is wider than the window."""
        self.page.wait_for_load_state()
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))

    @property
    def cut_off(self) -> int:
        """Pixels by which the list is wider than the room that the page has for it."""
        boxes = self.page.locator("#changelist .results")
        return max(boxes.evaluate_all("all => all.map(box => box.scrollWidth - box.clientWidth)"), default=0)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, chromium_path: str) -> Iterator[Site]:
    """What `make run` serves, with a few more jobs and logs."""
    port, data_dir = free_port(), tmp_path_factory.mktemp("site")
    migrated.copy_quickstarted_site_to(data_dir)
    environment = fresh_environment(data_dir) | {"CRON_CLASSES": ",".join(JOBS), "PORT": str(port)}
    manage = [sys.executable, "-W", "error", "manage.py"]
    subprocess.run([*manage, "shell", "-v0", "-c", SAMPLES], cwd=ROOT, env=environment, check=True)
    password = (data_dir / "first-login.txt").read_text(encoding="utf-8").split()[1]
    server = subprocess.Popen([*manage, "serve"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        url = f"http://localhost:{port}"
        _wait_until_it_answers(f"{url}/admin/login/", server)
        yield Site(url, password, environment)
    finally:
        server.terminate()
        server.wait(PATIENCE)


def _wait_until_it_answers(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10):
                return
        except OSError:
            assert server.poll() is None, f"the site ended with exit status {server.poll()}"
            assert time.monotonic() < deadline, "the site does not answer"
            time.sleep(0.1)


@pytest.fixture(scope="package")
def program(chromium_path: str) -> Iterator[Browser]:
    """Closed before other tests: while it is open, Django believes to be in an event loop."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=chromium_path, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield chromium
        chromium.close()


Open = Callable[..., Watched]


@pytest.fixture
def watched(program: Browser) -> Iterator[Open]:
    """``watched(width=390, java_script_enabled=False)``: a new window. At the end nothing may have gone wrong in it."""
    opened: list[tuple[BrowserContext, Watched]] = []

    def open_window(width: int = 1280, height: int = 900, **options: object) -> Watched:
        context = program.new_context(viewport={"width": width, "height": height}, **options)  # type: ignore[arg-type]
        window = Watched(context.new_page())
        context.expose_binding("complain", lambda _source, text: window.complaints.append(text))
        context.add_init_script(
            "document.addEventListener('securitypolicyviolation', e =>"
            " window.complain(`${location.pathname}: ${e.violatedDirective} stopped ${e.blockedURI} ${e.sample}`))"
        )
        window.page.on("console", lambda message: _note(window, message.type, message.text))
        window.page.on("pageerror", lambda error: window.complaints.append(f"{window.page.url}: {error}"))
        opened.append((context, window))
        return window

    yield open_window
    complaints = [complaint for _context, window in opened for complaint in window.complaints]
    for context, _window in opened:
        context.close()
    assert complaints == []


def _note(window: Watched, kind: str, text: str) -> None:
    if kind in ("error", "warning"):
        window.complaints.append(f"{window.page.url}: {text}")


@pytest.fixture(scope="session")
def cookies() -> list[Any]:
    """Those of ``admin``, once somebody has logged in."""
    return []


@pytest.fixture
def staff(site: Site, watched: Open, cookies: list[Any]) -> Open:
    """A window in which ``admin`` has logged in."""

    def open_window(**options: object) -> Watched:
        window = watched(base_url=site.url, **options)
        if cookies:
            window.page.context.add_cookies(cookies)
            window.open("/admin/")
        else:
            log_in(window, site.password)
            cookies.extend(window.page.context.cookies())
        return window

    return open_window


def log_in(window: Watched, password: str) -> None:
    window.open("/admin/")
    window.page.fill("#id_username", "admin")
    window.page.fill("#id_password", password)
    window.page.click("input[type=submit]")
    window.page.wait_for_selector("#user-tools")
    window.page.wait_for_load_state()  # the rest of the page may still be on its way
