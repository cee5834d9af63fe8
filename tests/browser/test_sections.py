"""A chart is put together in the browser, without JavaScript, and seen as it is sent."""

from __future__ import annotations

import subprocess
import sys

from playwright.sync_api import expect

from tests.browser.conftest import Open, Site
from tests.conftest import ROOT

# Builds and keeps an edition, as the report job does.
BUILD = """
from datetime import timedelta
from django.utils import timezone
from reporter import building
from reporter.models import Edition, Report
from reporter.publishing import new_edition
from reporter.summary import Summary
now = timezone.now()
report, day = Report.objects.get(name="Job activity"), now.date() + timedelta(days=1)
edition = new_edition(report, day, now, why="command", due_at=now)
edition.save()
assert building.claim(edition, now, Summary())
assert building.store(edition, building.build(edition), now, seconds=1)
print(edition.pk)
"""


def test_a_chart_is_made_without_javascript_and_shown_as_it_is_sent(staff: Open, site: Site) -> None:
    window = staff(java_script_enabled=False)
    page = window.page
    window.open("/admin/reporter/report/?q=Job+activity")
    page.locator("#result_list tbody th a").first.click()
    page.fill("#id_intro", "Hello {name}")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator(".field-intro .errorlist")).to_contain_text("“{name}” stands for nothing; these do: {report}")
    page.fill("#id_intro", "Hello {{you}}")
    page.get_by_role("button", name="Save and continue editing").click()
    page.get_by_role("link", name="Add a table, a chart or a text").click()
    page.select_option("#id_kind", "table")
    page.select_option("#id_dataset", "job_activity")
    page.get_by_role("button", name="Save", exact=True).click()
    lines = page.locator(".columns-table tbody tr")
    expect(lines).to_have_count(6)
    lines.nth(1).locator("input[name$=red_value]").fill("3")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(lines.nth(1)).to_contain_text("Choose how it is compared with “3”.")
    lines.nth(1).locator("input[name$=red_value]").fill("")
    for number in (2, 3, 4, 5):
        lines.nth(number).get_by_role("checkbox").first.uncheck()
    lines.nth(1).locator("input[name$=heading]").fill("Times run")
    page.select_option("#id_kind", "bar")
    address = page.url
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#sections-group")).to_contain_text("2 columns.")

    phone = staff(width=390, height=800, is_mobile=True, has_touch=True)
    phone.open(address)
    assert phone.overflow <= 0
    expect(phone.page.get_by_label("Ran: heading")).to_have_value("Times run")

    built = subprocess.run(
        [sys.executable, "-W", "error", "manage.py", "shell", "-v0", "-c", BUILD],
        cwd=ROOT, env=site.environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    window = staff()
    window.open(f"/admin/reporter/edition/{built.stdout.split()[-1]}/change/")
    picture = window.page.frame_locator("iframe").locator("img.chart")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => [image.complete, image.naturalWidth]") == [True, 1280]
    assert "Times run by Job" in (picture.get_attribute("alt") or "")
    expect(window.page.frame_locator("iframe").locator("body")).to_contain_text("Hello {you}")
