"""The page of a job's timetable: what is typed is told in words, and nothing of it is lost."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from backoffice.jobs.control import reschedule
from backoffice.jobs.models import Job, JobTimetableChange
from backoffice.jobs.timetable import Timetable
from backoffice.jobs.words import describe
from tests.jobs.staff import logged_in

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)  # a Monday

TYPED = {"kind": "times", "times": "08:00", "zone": "UTC"}


@pytest.fixture(autouse=True)
def _frozen() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def job() -> Job:
    Job.objects.all().delete()
    return make_job("shop.tidy")


def make_job(code: str, **values: Any) -> Job:
    defaults = {"class_path": f"{code}.Job", "is_listed": True, "timetable_data": {"every_minutes": 5}}
    return Job.objects.create(code=code, next_due_at=NOW, interval_anchor=NOW, claimed_at=NOW, **(defaults | values))


@pytest.fixture
def client() -> Client:
    return logged_in("Job manager")


def address(job: Job) -> str:
    return f"/admin/jobs/job/{job.pk}/timetable/"


def answer(client: Client, job: Job, *, step: str = "preview", **typed: Any) -> str:
    response = client.post(address(job), TYPED | {"step": step} | typed)
    return unescape(response.content.decode()) if response.status_code == 200 else f"{response.status_code}"


def preview(client: Client, job: Job, **typed: Any) -> str:
    response = client.post(address(job), TYPED | typed, headers={"HX-Request": "true"})
    assert response.status_code == 200
    return unescape(response.content.decode())


def words(page: str) -> str:
    found = re.search(r'<p class="words">(.*?)</p>', page)
    return found[1] if found else ""


def moments(page: str) -> list[str]:
    return re.findall(r"<time>(.*?)</time>", page)


def errors(page: str, field: str) -> str:
    found = re.search(rf'<div id="errors-{field}"[^>]*>(.*?)</div>', page, re.DOTALL)
    assert found
    return re.sub(r"<[^>]+>", "", found[1])


# --- While one types ---


def test_it_says_what_is_typed_and_when_the_next_ten_come(client: Client, job: Job) -> None:
    page = preview(client, job, times="8：00， 18:30", weekdays=["0", "4"])
    assert words(page) == "At 08:00 and 18:30 on Monday and Friday (UTC)"
    assert moments(page)[:4] == ["2026-03-02 08:00", "2026-03-02 18:30", "2026-03-06 08:00", "2026-03-06 18:30"]
    assert len(moments(page)) == 10
    third = NOW.replace(minute=3)  # an interval goes on in its steps
    Job.objects.update(next_slot_at=third, interval_anchor=third)
    assert moments(preview(client, job, kind="code"))[:2] == ["2026-03-02 07:03", "2026-03-02 07:08"]
    assert "The first time in 60 min." in page
    assert "<html" not in page


def test_other_kinds_days_and_zones_are_told_as_well(client: Client, job: Job) -> None:
    assert moments(preview(client, job, kind="every", every_minutes="90"))[0] == "2026-03-02 08:30"
    page = preview(client, job, kind="cron", cron="0 9 * * *", country="CN", zone="Asia/Shanghai")
    assert words(page) == "At 09:00 on working days of China (Asia/Shanghai)"
    assert moments(page)[0] == "2026-03-03 09:00"
    assert "Tue 01:00" in page  # by the viewer's clock
    page = preview(client, job, month_days="31, last day", first_date="2026-04-01", last_date="2026-05-31")
    assert moments(page) == ["2026-04-30 08:00", "2026-05-31 08:00"]
    assert "These are the last" in page
    assert '<option value="BY">' in preview(client, job, country="DE")


def test_what_belongs_to_another_kind_is_not_read(client: Client, job: Job) -> None:
    assert words(preview(client, job, cron="nonsense", every_minutes="x")) == "At 08:00 (UTC)"
    assert words(preview(client, job, country="", subdivision="BY")) == "At 08:00 (UTC)"
    assert words(preview(client, job, kind="code", times="nonsense", zone="Mars")) == "Every 5 minutes"


def test_it_warns_of_clock_changes_of_clashes_and_where_nothing_comes(client: Client, job: Job) -> None:
    make_job("shop.count", timetable_data={"times": ["02:30"], "zone": "Europe/Berlin"})
    make_job("shop.never_together", timetable_data={"times": ["02:31"], "zone": "Europe/Berlin"})
    page = preview(client, job, times="02:30", zone="Europe/Berlin")
    assert "on 2026-03-29: 02:30 does not exist on that night; it runs at 03:30." in page
    assert "on 2026-10-25: 02:30 comes twice on that night" in page
    assert "In the same minute as shop.count (2026-03-03 01:30)." in page
    assert "it does not come due any more" in preview(client, job, last_date="2026-03-05")
    assert "It does not come due any more" in preview(client, job, last_date="2026-03-01")


def test_every_mistake_stands_at_its_field_and_all_at_once(client: Client, job: Job) -> None:
    typed = {"kind": "cron", "cron": "0 25 * * *", "zone": "Berlin", "month_days": "32", "spread_minutes": "-1"}
    typed |= {"country": "DE", "subdivision": "XX", "first_date": "soon"}
    for page in (preview(client, job, **typed), answer(client, job, step="check", **typed)):
        assert errors(page, "cron").startswith("The hour, “25”, cannot be read.")
        assert errors(page, "zone") == "There is no time zone “Berlin”. Is Europe/Berlin meant?"
        assert errors(page, "month_days").startswith("“32” is no day of the month.")
        assert errors(page, "subdivision").startswith("Germany has no part “XX”.")
        assert errors(page, "first_date") == "“soon” is not a date. Write it such as 2026-12-31."
        assert errors(page, "spread_minutes").startswith("“-1” is not a number of minutes")
        assert words(page) == ""
    for value in ("0 25 * * *", "Berlin", "32", "XX", "soon", "-1"):
        assert f'value="{value}"' in page  # nothing that was typed is lost


def test_mistakes_are_said_in_the_language_of_the_person(client: Client, job: Job) -> None:
    client.cookies["django_language"] = "zh-hans"
    page = preview(client, job, times="")
    assert errors(page, "times")
    assert not re.search("[A-Za-z]{3}", errors(page, "times"))
    assert "中国" in errors(preview(client, job, country="CN", subdivision="BY"), "subdivision")
    assert words(preview(client, job, weekdays=["0"])) == "每逢星期一 08:00（UTC）"


def test_what_no_day_fits_is_refused(client: Client, job: Job) -> None:
    page = answer(client, job, step="check", kind="cron", cron="0 8 1 * *", month_days="2")
    assert "No day fits all of this" in page
    assert not JobTimetableChange.objects.exists()


# --- Saving ---


def test_it_is_saved_after_it_was_shown_with_what_was_before(client: Client, job: Job) -> None:
    page = answer(client, job, step="check", times="9:00", zone="")
    assert '<dd class="before">As in the code: every 5 minutes</dd>' in page
    assert '<dd class="after">At 09:00 (UTC)</dd>' in page
    assert not JobTimetableChange.objects.exists()
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    assert "At 09:00" not in answer(client, job, step="edit", **hidden).split("<form")[0]  # back, with what was typed
    assert answer(client, job, step="save", **hidden, reason="Later is better") == "302"
    job.refresh_from_db()
    assert describe(job.timetable) == "at 09:00 (UTC)"
    assert (job.timetable_changes.get().reason, job.next_due_at) == ("Later is better", NOW.replace(hour=9))
    page = unescape(client.get(f"/admin/jobs/job/{job.pk}/change/").content.decode())
    assert "As in the code: every 5 minutes" in page


def test_an_earlier_one_is_put_back_from_the_page(client: Client, job: Job) -> None:
    first = reschedule(job, Timetable.from_data({"times": ["09:00"]}), NOW)
    second = reschedule(job, Timetable.from_data({"times": ["10:00"]}), NOW)
    page = unescape(client.get(address(job)).content.decode())
    assert f'<a href="?version={second.pk}">Put back “at 09:00 (UTC)”</a>' in page
    page = unescape(client.get(address(job), {"version": second.pk}).content.decode())
    assert '<dd class="after">At 09:00 (UTC)</dd>' in page
    data = {"version": str(second.pk), "step": "save", "reason": "Better so", "seen": str(second.pk)}
    assert client.post(address(job), data).status_code == 302
    job.refresh_from_db()
    assert describe(job.timetable) == "at 09:00 (UTC)"
    data |= {"version": str(first.pk), "seen": str(job.timetable_changes.latest("pk").pk)}
    assert client.post(address(job), data).status_code == 302
    job.refresh_from_db()
    assert job.own_timetable is None
    assert client.get(address(job), {"version": "77777"}).status_code == 404


def test_a_change_of_somebody_else_meanwhile_is_told_and_nothing_typed_is_lost(client: Client, job: Job) -> None:
    reschedule(job, Timetable.from_data({"times": ["09:00"]}), NOW)
    page = answer(client, job, step="save", times="10:00", seen="0")
    assert "has changed this timetable meanwhile" in page
    assert 'value="10:00"' in page
    job.refresh_from_db()
    assert describe(job.timetable) == "at 09:00 (UTC)"
    seen = re.search(r'name="seen" value="(\d+)"', page)
    assert seen
    assert answer(client, job, step="save", times="10:00", seen=seen[1]) == "302"


def test_the_one_that_it_has_already_is_not_saved_again(client: Client, job: Job) -> None:
    assert answer(client, job, step="check", kind="code") == "302"
    page = client.get(f"/admin/jobs/job/{job.pk}/change/").content.decode()
    assert "The timetable stays as it is: " in page
    assert not JobTimetableChange.objects.exists()


# --- Who may, and what it costs ---


def test_it_needs_the_permission_and_looking_changes_nothing(client: Client, job: Job) -> None:
    viewer = logged_in("Viewer")
    assert viewer.get(address(job)).status_code == 403
    assert viewer.post(address(job), TYPED | {"step": "save"}).status_code == 403
    assert b"Change the timetable" not in viewer.get(f"/admin/jobs/job/{job.pk}/change/").content
    before = Job.objects.values().get()
    assert b"Change the timetable" in client.get(f"/admin/jobs/job/{job.pk}/change/").content
    assert client.get(address(job)).status_code == 200
    assert client.get(address(job), TYPED | {"step": "save"}).status_code == 200
    assert client.get("/admin/jobs/job/77777/timetable/").status_code == 404
    assert (Job.objects.values().get(), JobTimetableChange.objects.count()) == (before, 0)


def test_who_may_reschedule_but_not_see_jobs_is_refused(job: Job) -> None:
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="reschedule_job"))
    client = Client()
    client.force_login(clerk)
    assert client.get(address(job)).status_code == 403


def test_what_was_typed_is_shown_escaped(client: Client, job: Job) -> None:
    response = client.post(address(job), TYPED | {"times": "<script>x</script>", "step": "check"})
    assert b"<script>x" not in response.content


def test_an_answer_costs_the_same_with_any_number_of_jobs(
    client: Client, job: Job, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        make_job(f"shop.job{number}")
    with django_assert_max_num_queries(9):
        page = preview(client, job)
    assert "and 17 more" in page


@pytest.mark.parametrize(
    ("language", "first", "then"), [("en", "China", "Germany"), ("zh-hans", "德国", "中国")], ids=["en", "zh-hans"]
)
def test_countries_have_names_in_the_readers_language_and_stand_where_they_are_looked_for(
    client: Client, job: Job, language: str, first: str, then: str
) -> None:
    """Chinese ones by their sound: déguó, zhōngguó."""
    client.cookies["django_language"] = language
    page = client.get(address(job)).content.decode()
    assert page.index(f"{first}</option>") < page.index(f"{then}</option>")
