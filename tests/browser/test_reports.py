"""From an empty page to a sent report, and to one who did not get it, in a real browser under the strict policy."""

from __future__ import annotations

import subprocess
import sys

from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, Site
from tests.browser.test_pages import PHONE
from tests.conftest import ROOT

# Run in the site: the mail of one of the two did not go out.
FAIL = """
from reporter.models import Delivery, Edition
edition = Edition.objects.get(report__name="Shop today", why="person")
ben = edition.deliveries.filter(address="ben@example.com")
ben.update(state="failed", server_reply="550 no such user", sent_at=None)
Edition.objects.filter(pk=edition.pk).update(state="partly_sent")
"""


def in_site(site: Site, code: str) -> None:
    command = [sys.executable, "-W", "error", "manage.py", "shell", "-v0", "-c", code]
    subprocess.run(command, cwd=ROOT, env=site.environment, check=True)


def add_recipient(page: Page, name: str) -> None:
    page.goto("/admin/reporter/recipient/add/")
    page.get_by_label("Name:").fill(name)
    page.get_by_label("E-mail address:").fill(f"{name.lower()}@example.com")
    page.get_by_role("button", name="Save", exact=True).click()


def make_report(page: Page, *people: str) -> None:
    page.goto("/admin/reporter/report/add/")
    page.get_by_label("Name:", exact=True).fill("Shop today")
    page.get_by_text("Add another Section").click()
    page.locator("select[name='sections-0-dataset']").select_option("deliveries")
    for number, name in enumerate(people):
        page.get_by_role("button", name="Add another Subscription", exact=True).click()
        page.locator(f"#subscriptions-{number} .select2-selection").click()
        page.locator(".select2-search__field").last.fill(name)
        page.locator(".select2-results__option", has_text=name.lower()).click()
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator(".messagelist .success").first).to_contain_text("Shop today")


def test_from_an_empty_page_to_a_sent_report(site: Site, staff: Open) -> None:
    page = staff().page
    page.goto("/admin/auth/user/1/change/")
    page.get_by_label("Email address:").fill("admin@example.com")
    page.get_by_role("button", name="Save", exact=True).click()
    for name in ("Ann", "Ben"):
        add_recipient(page, name)
    make_report(page, "Ann", "Ben")

    # Look at it first
    page.get_by_role("link", name="Preview and test").click()
    frame = page.frame_locator("iframe.preview")
    expect(frame.locator("h1")).to_have_text("Shop today")
    page.locator("#id_recipient").fill("ben@example.com")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(".preview-head")).to_contain_text("<ben@example.com>")
    page.get_by_role("link", name="As on a phone").click()
    assert page.locator("iframe.preview").bounding_box()["width"] == PHONE  # type: ignore[index]
    page.get_by_role("link", name="Plain text").click()
    expect(page.locator("pre.output")).to_contain_text("Shop today")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="the whole mail").click()
    assert downloading.value.suggested_filename.endswith(".eml")
    page.get_by_role("button", name="Test to me").click()
    expect(page.locator(".messagelist")).to_contain_text("A test will be sent to admin@example.com")

    # Send it, and watch
    page.get_by_role("link", name="Send now").click()
    expect(page.locator("form.ask")).to_contain_text("2 people")
    expect(page.locator("form.ask")).to_contain_text("It has not been sent yet.")
    page.get_by_label("Reason:").fill("the boss asked")
    page.get_by_role("button", name="Send now").click()
    expect(page.locator("#progress .state")).to_have_text("sent")
    expect(page.locator("#progress")).to_contain_text("2 of 2 people")
    expect(page.locator(".field-reason .readonly")).to_have_text("the boss asked")

    # The whole page has followed, not only the state
    expect(page.locator(".field-subject .readonly")).to_contain_text("Shop today")
    expect(page.locator("#deliveries-group")).to_contain_text("ben@example.com")
    expect(page.get_by_role("link", name="Send a correction")).to_be_visible()
    expect(page.get_by_role("link", name="Hold it")).to_have_count(0)

    # Read the board, and send again what failed
    in_site(site, FAIL)
    page.goto("/admin/reporter/report/board/")
    row = page.get_by_role("row").filter(has_text="Shop today").filter(has_text="partly sent")
    row.get_by_role("link", name="Send again to those who failed").click()
    expect(page.locator("form.ask")).to_contain_text("550 no such user")
    page.get_by_role("button", name="Send again").click()
    expect(page.locator("#progress .state")).to_have_text("sent")
    phone = staff(width=PHONE, height=800, is_mobile=True, has_touch=True)
    edition = page.url
    for url in (
        "/admin/reporter/report/board/",
        "/admin/reporter/report/week/",
        edition,
        edition.replace("change", "correct"),
    ):
        phone.open(url)
        assert phone.overflow <= 0, url
