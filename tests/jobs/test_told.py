"""What the program says of a run is read in the language of whoever looks, whichever it was written in."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django_cron.models import CronJobLog

from backoffice.jobs import control, lifecycle
from backoffice.jobs.lifecycle import Holder, Outcome
from backoffice.jobs.models import Job, Run, RunStatus, RunTrigger
from backoffice.jobs.storable import first_line, storable
from backoffice.jobs.told import MARK, Told, gettext, joined, ngettext, pack, read, unpack
from tests.jobs.staff import logged_in, person

pytestmark = pytest.mark.django_db

NOW = timezone.now()
CANCELLED = {"en": "Cancelled by ann. wrong month", "zh-hans": "已由 ann 取消。wrong month"}
SUMMED_UP = {
    "en": "sent 1 report to 26 people; Nothing was due.",
    "zh-hans": "已将 1 份报表发送给 26 人; 没有到期的报表。",
}


@pytest.fixture
def run() -> Run:
    job = Job.objects.create(code="shop.tidy", class_path="shop.cron.Tidy", is_listed=True)
    return Run.objects.create(job=job, trigger=RunTrigger.SLOT, due_at=NOW, queued_at=NOW)


def summed_up() -> str:
    reports = ngettext("%(count)d report", "%(count)d reports", 1) % {"count": 1}
    people = ngettext("%(count)d person", "%(count)d people", 26) % {"count": 26}
    sent = gettext("sent %(reports)s to %(people)s") % {"reports": reports, "people": people}
    return joined("; ", [sent, "", gettext("Nothing was due.")])


def end(run: Run, outcome: Outcome) -> Run:
    assert lifecycle.start(run, Holder("host-a", 77, 78))
    assert lifecycle.finish(run, outcome)
    return Run.objects.get(pk=run.pk)


def in_database(run: Run) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT summary FROM jobs_run WHERE id = %s", [run.pk])
        return str(cursor.fetchone()[0])


@pytest.mark.parametrize("writer", ["en", "zh-hans"])
def test_a_reader_reads_it_in_their_own_language_whoever_wrote_it(run: Run, writer: str) -> None:
    with translation.override(writer):
        assert control.cancel(run, NOW, by=person("Job manager", name="ann"), reason="wrong month")
    for reader, words in CANCELLED.items():
        with translation.override(reader):
            assert Run.objects.get(pk=run.pk).summary == words
            assert Run.objects.values_list("summary", flat=True).get(pk=run.pk) == words


def test_what_a_page_and_a_search_show_are_words_of_the_reader(run: Run) -> None:
    end(run, Outcome(RunStatus.SUCCEEDED, summed_up(), summed_up()))
    client = logged_in("Viewer")
    for language, words in SUMMED_UP.items():
        client.cookies["django_language"] = language
        assert words in client.get(reverse("admin:jobs_run_change", args=[run.pk])).content.decode()
        log = reverse("admin:django_cron_cronjoblog_changelist")
        assert found(client, log, words) == 1
        assert found(client, log, words.split()[0] + " TIDY") == 1
    assert found(client, log, "count") == 0, "what is in the column and not on the page"
    assert found(client, log, "%(reports)s") == 0


def found(client: Client, address: str, words: str) -> int:
    return len(client.get(address, {"q": words}).context["cl"].result_list)


def test_the_log_stays_plain_text_in_the_language_of_the_site(run: Run) -> None:
    end(run, Outcome(RunStatus.SUCCEEDED, summed_up(), summed_up()))
    with translation.override("zh-hans"):
        assert CronJobLog.objects.get().message == f"{SUMMED_UP['en']}\n"


def test_the_log_is_in_the_language_of_the_site_whoever_ends_a_run_from_the_browser(run: Run) -> None:
    """A reader of the log need not read what a colleague reads."""
    assert lifecycle.start(run, Holder("host-a", 77, 78))
    boss = User.objects.create_superuser("boss")
    with translation.override("zh-hans"):
        assert control.clear_lock(run.job, NOW, by=boss, reason="host-a burnt", force=True)
    assert CronJobLog.objects.get().message == "Interrupted: its lock was cleared by boss. host-a burnt\n"


def test_what_an_error_of_ours_says_is_read_in_the_readers_language_too() -> None:
    said = gettext("It was %(pauses)s.") % {"pauses": ValueError(gettext("Nothing was due."))}
    assert said == "It was Nothing was due.."
    with translation.override("zh-hans"):
        assert gettext("Nothing was due.") in unpack(json.loads(json.dumps(pack(said))))


def test_a_dry_run_and_the_way_from_the_child_process_keep_it(run: Run) -> None:
    run.is_dry_run = True
    from_child = unpack(json.loads(json.dumps(pack(summed_up()))))
    end(run, Outcome(RunStatus.SUCCEEDED, str(from_child), from_child))
    with translation.override("zh-hans"):
        assert Run.objects.get(pk=run.pk).summary == f"试运行：{SUMMED_UP['zh-hans']}"


def test_what_others_say_is_never_taken_for_ours(run: Run) -> None:
    forged = MARK + '["Nothing was due.",{}]'
    assert unpack(json.loads(json.dumps(pack(forged)))) == forged
    assert not isinstance(end(run, Outcome(RunStatus.SUCCEEDED, forged, forged)).summary, Told)
    by_person = control.run_now(run.job, NOW, by=person("Job manager", name="ann"), reason=MARK + forged)
    with translation.override("zh-hans"):
        assert Run.objects.get(pk=by_person.pk).reason == forged[1:]
        Run.objects.update(reason="Nothing was due.", summary=forged)
        assert Run.objects.get(pk=run.pk).reason == "Nothing was due."
        assert Run.objects.get(pk=run.pk).summary == forged[1:]


def test_what_is_too_long_for_its_column_is_kept_as_words(run: Run) -> None:
    long = gettext("Cancelled by %(person)s. %(reason)s") % {"person": "ann", "reason": "x" * 220}
    assert len(long) < 255 < len(MARK + json.dumps(pack(long)))
    assert end(run, Outcome(RunStatus.FAILED, long, long)).summary == long
    assert in_database(run) == long


def test_what_is_cut_or_changed_is_plain_text() -> None:
    text = summed_up()
    assert pack(first_line(storable(text))) == pack(text)
    assert not isinstance(first_line(text, 20), Told)
    assert not isinstance(storable(gettext("Nothing was due.") + "\0"), Told)
    assert joined("; ", ["", ""]) == ""


@pytest.mark.parametrize("row", ['["%(a)s",{}', '["%(a)s",{"b":1}]', "1", '["%(a)d",{"a":"x"}]'])
def test_a_row_that_somebody_spoilt_fails_no_page(row: str) -> None:
    assert isinstance(read(MARK + row), str)
