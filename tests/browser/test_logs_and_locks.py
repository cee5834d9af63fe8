"""The log exported, and locks cleared and refused, in a real browser, under the strict policy."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SAMPLE_LOCKS, Open, Site
from tests.browser.test_pages import PHONE
from tests.conftest import ROOT


@pytest.fixture(scope="module", autouse=True)
def locks(site: Site) -> None:
    command = [sys.executable, "-W", "error", "manage.py", "shell", "-v0", "-c", SAMPLE_LOCKS]
    subprocess.run(command, cwd=ROOT, env=site.environment, check=True)


def open_clearing(page: Page, code: str) -> None:
    """From the list of locks, as staff do it."""
    page.goto("/admin/jobs/lease/")
    page.get_by_role("row").filter(has_text=code).locator("input.action-select").check()
    page.select_option("select[name=action]", "clear_lock")
    page.click("button[name=index]")


def test_the_failures_of_yesterday_are_exported_as_they_stand_on_the_screen(staff: Open, tmp_path: Path) -> None:
    page = staff().page
    page.goto("/admin/django_cron/cronjoblog/")
    page.locator("#changelist-filter").get_by_role("link", name="Failed").click()
    page.locator("#changelist-filter").get_by_role("link", name="Yesterday").click()
    page.wait_for_url("**start_time__range__gte=*")
    on_screen = page.locator("#result_list tbody .field-job").all_inner_texts()
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Export CSV").click()
    downloading.value.save_as(tmp_path / "log.csv")
    with (tmp_path / "log.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["Job"] for row in csv.DictReader(file)] == on_screen == ["shop.failed_1"]
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Export XLSX").click()
    assert downloading.value.suggested_filename.endswith(".xlsx")


@pytest.mark.parametrize("width", [1280, PHONE])
def test_the_lock_of_a_living_holder_is_refused(staff: Open, width: int) -> None:
    window = staff(width=width)
    page = window.page
    open_clearing(page, "shop.alive")
    expect(page.locator("form.ask")).to_contain_text("It counts as alive")
    expect(page.get_by_role("link", name="Cancel the run instead")).to_be_visible()
    assert window.overflow <= 0
    page.fill("input[name=reason]", "it takes so long")
    page.get_by_role("button", name="Clear the lock").click()
    expect(page.locator(".messagelist")).to_contain_text("Not cleared: the lock is held by shop.alive")


def test_the_lock_of_a_dead_holder_is_cleared_without_javascript_too(staff: Open) -> None:
    page = staff(java_script_enabled=False).page
    page.goto("/admin/jobs/job/?q=shop.dead")
    page.locator("#result_list").get_by_role("link", name="Clear the lock").click()
    expect(page.locator("form.ask")).to_contain_text("host-b")
    expect(page.locator("form.ask")).to_contain_text("django-cron's own table")
    page.fill("input[name=reason]", "host-b burnt down")
    page.get_by_role("button", name="Clear the lock").click()
    expect(page.locator(".messagelist")).to_contain_text("was cleared")
    page.goto("/admin/jobs/job/?q=shop.dead")
    expect(page.locator("#result_list").get_by_role("link", name="Clear the lock")).to_have_count(0)
