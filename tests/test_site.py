"""The site as a whole: dashboard, languages, headers, and who may open it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from backoffice.jobs import control, lifecycle
from backoffice.jobs.models import Job, Run, RunStatus, RunTrigger, SchedulerProcess
from backoffice.serving import listen

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer() -> Client:
    user = User.objects.create_user("vera", is_staff=True)
    user.groups.add(Group.objects.get(name="Viewer"))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def job() -> Job:
    Job.objects.all().delete()
    later = timezone.now() + timedelta(minutes=5)
    return Job.objects.create(code="shop.tidy", class_path="shop.cron.Tidy", is_listed=True, next_due_at=later)


def dashboard(client: Client) -> str:
    return client.get(reverse("admin:index")).content.decode()


def link_of_failures(page: str) -> str:
    found = re.search(r'href="([^"]*state=trouble&amp;[^"]*)"', page)
    return unescape(found[1]) if found else ""


def runs_behind(client: Client, link: str) -> set[int]:
    return {run.pk for run in client.get(link).context["cl"].result_list}


def ended_run(job: Job, status: RunStatus, *, hours_ago: float) -> Run:
    at = timezone.now() - timedelta(hours=hours_ago)
    values = {"due_at": at, "queued_at": at, "started_at": at, "ended_at": at}
    return Run.objects.create(job=job, status=status, trigger=RunTrigger.SLOT, **values)


def test_the_dashboard_says_so_when_all_is_well(viewer: Client, job: Job) -> None:
    ended_run(job, RunStatus.SUCCEEDED, hours_ago=1)
    ended_run(job, RunStatus.FAILED, hours_ago=25)
    page = dashboard(viewer)
    assert "no run failed in the last 24 hours" in page
    assert "attention-bad" not in page


def test_the_dashboard_counts_recent_failures_and_runs_whose_process_is_gone(viewer: Client, job: Job) -> None:
    ended_run(job, RunStatus.FAILED, hours_ago=1)
    ended_run(job, RunStatus.INTERRUPTED, hours_ago=23)
    ended_run(job, RunStatus.RUNNING, hours_ago=2)  # without a lease
    page = dashboard(viewer)
    assert "3 runs failed or were interrupted</a> in the last 24 hours: shop.tidy</li>" in page


def test_what_the_dashboard_counts_is_what_its_link_opens(viewer: Client, job: Job) -> None:
    ended_run(job, RunStatus.FAILED, hours_ago=500)
    assert link_of_failures(dashboard(viewer)) == ""
    wanted = {ended_run(job, RunStatus.FAILED, hours_ago=0).pk, ended_run(job, RunStatus.INTERRUPTED, hours_ago=23).pk}
    assert runs_behind(viewer, link_of_failures(dashboard(viewer))) == wanted
    wanted.add(ended_run(job, RunStatus.RUNNING, hours_ago=90).pk)  # without a lease, and nothing has ticked since
    assert runs_behind(viewer, link_of_failures(dashboard(viewer))) == wanted


def test_the_dashboard_names_the_five_jobs_that_failed_most(viewer: Client, job: Job) -> None:
    for number in range(6):
        other = Job.objects.create(code=f"job.{number}", class_path=f"x.Y{number}", is_listed=True)
        for _time in range(10 - number):
            ended_run(other, RunStatus.FAILED, hours_ago=1)
    assert ": job.0, job.1, job.2, job.3, job.4, …</li>" in dashboard(viewer)


def test_the_dashboard_names_jobs_that_cannot_run_or_whose_time_came_and_went(viewer: Client, job: Job) -> None:
    Job.objects.create(code="shop.broken", class_path="x.Y", is_listed=True, problem="It cannot be imported.")
    Job.objects.filter(pk=job.pk).update(next_due_at=timezone.now() - timedelta(hours=1))
    page = dashboard(viewer)
    assert "1 job cannot run</a>: shop.broken" in page
    assert "1 job is overdue</a>: shop.tidy" in page


def started(job: Job) -> Run:
    run = control.run_now(job, timezone.now(), by=User.objects.get(username="vera"))
    assert lifecycle.start(run, lifecycle.Holder("host-a", 77, 78))
    return run


def test_the_dashboard_says_what_runs_what_failed_last_and_what_comes_next(viewer: Client, job: Job) -> None:
    User.objects.get(username="vera").user_permissions.add(Permission.objects.get(codename="run_job"))
    failed = [ended_run(job, RunStatus.FAILED, hours_ago=hours) for hours in (3, 2)]
    Run.objects.update(summary="no <such> account")
    Job.objects.update(failures_in_a_row=2)
    other = Job.objects.create(code="shop.other", class_path="x.Y", is_listed=True)
    ended_run(other, RunStatus.FAILED, hours_ago=1)
    running = started(other)
    page = dashboard(viewer)
    cards = {card.title: card for card in viewer.get(reverse("admin:index")).context["dashboard"].cards}
    assert [row.controls for row in cards["Running now"].rows] == [()], "she may not cancel it"
    assert f"shop.other #{running.pk}" in page
    assert "started by: vera" in page
    assert f"shop.tidy #{failed[1].pk}" in page
    assert f"shop.tidy #{failed[0].pk}" not in page, "of each job its latest failure"
    assert "no &lt;such&gt; account" in page
    assert "succeeded since" in page, "of the job that has no failure to its name any more"
    assert "in 5 min" in page


def test_the_dashboard_costs_the_same_whatever_runs_waits_and_failed(viewer: Client, job: Job) -> None:
    counts = []
    for number in (1, 30):
        for _time in range(number):
            other = Job.objects.create(code=f"x{number}.{_time}", class_path="x.Y", is_listed=True)
            ended_run(other, RunStatus.FAILED, hours_ago=1)
            assert lifecycle.start(control.run_now(other, timezone.now()), lifecycle.Holder("host-a", 77, 78))
            control.run_now(other, timezone.now())
            control.pause(other, timezone.now(), reason="x")
        with CaptureQueriesContext(connection) as queries:
            dashboard(viewer)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 22


def test_the_dashboard_says_whether_a_scheduler_lives(viewer: Client, job: Job) -> None:
    assert "No scheduler lives, and none has started anything yet." in dashboard(viewer)
    Job.objects.update(claimed_at=timezone.now() - timedelta(minutes=10))
    assert "The last time that one started something was 10 min ago." in dashboard(viewer)
    SchedulerProcess.objects.beat("host-a", 77)
    assert "The scheduler lives, on host-a." in dashboard(viewer)


def test_the_dashboard_warns_of_runs_that_nobody_takes_out_of_the_queue(viewer: Client, job: Job) -> None:
    run = control.run_now(job, timezone.now())
    assert "Runs wait in the queue" not in dashboard(viewer)
    Run.objects.filter(pk=run.pk).update(queued_at=timezone.now() - timedelta(minutes=6))
    assert "Runs wait in the queue" in dashboard(viewer)


def test_a_job_that_is_switched_off_is_not_overdue(viewer: Client, job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(next_due_at=timezone.now() - timedelta(hours=1), is_enabled=False)
    assert "attention-bad" not in dashboard(viewer)


def test_who_may_not_see_runs_is_told_nothing_of_them(client: Client, job: Job) -> None:
    ended_run(job, RunStatus.FAILED, hours_ago=1)
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    assert "attention" not in dashboard(client)


def addresses(patterns: Iterable[URLPattern | URLResolver], before: str) -> Iterator[str]:
    """The address of each page that has a name, of things that need not exist."""
    for pattern in patterns:
        route = before + re.sub("<int:[^>]+>", "1", re.sub("<(str|path|slug):[^>]+>", "x", str(pattern.pattern)))
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        elif pattern.name and pattern.name not in ("login", "logout", "app_list"):
            yield route


@pytest.mark.parametrize("is_known", [False, True])
def test_everybody_else_is_asked_to_log_in_on_every_page(client: Client, is_known: bool) -> None:
    """Also who has every permission, and is no member of the staff any more."""
    if is_known:
        client.force_login(User.objects.create_user("root", is_superuser=True))
    pages = [page for page in addresses(get_resolver().url_patterns, "/") if page.startswith(reverse("admin:index"))]
    assert len(pages) > 100
    for page in pages:
        for answer in (client.get(page), client.post(page)):
            assert answer.get("Location", "").startswith(reverse("admin:login")), page


def test_the_language_is_switched_by_a_form_and_kept(viewer: Client) -> None:
    home = reverse("admin:index")
    assert '<html lang="en"' in dashboard(viewer)
    answer = viewer.post(reverse("set_language"), {"language": "zh-hans", "next": home})
    assert answer.status_code == 302
    assert '<html lang="zh-hans"' in dashboard(viewer)


def test_the_language_can_be_switched_before_logging_in(client: Client) -> None:
    page = client.get(reverse("admin:login")).content.decode()
    assert reverse("set_language") in page
    assert 'value="zh-hans"' in page


def test_nothing_inline_and_nothing_foreign_is_allowed_to_run(client: Client) -> None:
    policy = client.get(reverse("admin:login"))["Content-Security-Policy"]
    assert "script-src 'self';" in f"{policy};"
    assert "style-src 'self';" in f"{policy};"
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


def test_the_menu_begins_with_jobs_and_runs(viewer: Client) -> None:
    apps = viewer.get(reverse("admin:index")).context["app_list"]
    assert [app["app_label"] for app in apps][:3] == ["jobs", "django_cron", "reporter"]
    assert [model["object_name"] for model in apps[0]["models"]] == ["Job", "Run", "Lease", "Pause"]


def test_browsers_that_ask_for_the_icon_by_its_old_name_get_it(client: Client) -> None:
    assert client.get("/favicon.ico")["Location"].endswith("/static/backoffice/icon.svg")


def test_what_is_not_there_or_not_allowed_is_said_with_a_way_home(viewer: Client) -> None:
    for address, status, words in (
        ("/admin/nothing/here/", 404, "There is no such page"),
        (reverse("admin:auth_user_changelist"), 403, "You may not see this page"),
    ):
        answer = viewer.get(address)
        assert answer.status_code == status
        page = answer.content.decode()
        assert words in page
        assert f'href="{reverse("admin:index")}"' in page
        assert "style=" not in page


def test_only_this_machine_reaches_the_web_server() -> None:
    with listen(0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
