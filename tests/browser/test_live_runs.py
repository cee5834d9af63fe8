"""Runs followed live, cancelled and paused in a real browser, under the strict policy, with real processes."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Open


def run_now(page: Page, code: str, reason: str) -> None:
    """From the row of the job, as staff do it; ends on the page of the run."""
    page.goto(f"/admin/jobs/job/?q={code}")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=code, exact=True))
    row.get_by_role("link", name="Run now").click()
    expect(page.locator("form.ask")).to_contain_text("Its timetable does not move.")
    page.fill("input[name=reason]", reason)
    page.get_by_role("button", name="Run now").click()
    page.wait_for_url("**/admin/jobs/run/*/change/")


def test_a_job_is_run_now_and_its_run_is_watched_until_it_ends(staff: Open) -> None:
    window = staff()
    page = window.page
    run_now(page, "shop.counting", "prices changed")
    watch = page.locator("#watch")
    expect(watch).to_contain_text("of 10 numbers")
    expect(watch.locator("progress")).to_be_visible()
    expect(page.locator(".field-where .readonly")).to_contain_text(", process ")
    expect(page.locator("#output")).to_contain_text("counting <b>2</b>")
    expect(page.locator("#output")).to_contain_text("counting <b>1</b>\ncounting <b>2</b>")
    expect(watch.locator(".badge")).to_have_text("succeeded")
    expect(watch).to_contain_text("counted to 10")
    assert "hx-get" not in page.content(), "it has ended: nothing is asked any more"
    expect(page.locator(".field-cause .readonly")).to_have_text("admin")
    expect(page.locator(".field-reason .readonly")).to_have_text("prices changed")
    watch.get_by_role("link", name="Its log").click()
    expect(page.locator(".field-result .badge")).to_have_text("succeeded")


def test_a_running_job_is_cancelled_and_what_it_said_is_kept(staff: Open) -> None:
    window = staff()
    page = window.page
    run_now(page, "shop.counting_on", "to see")
    run = page.url
    expect(page.locator("#output")).to_contain_text("counting")
    page.goto("/admin/")
    card = page.locator(".card").filter(has_text="Running now")
    card.get_by_role("listitem").filter(has_text="shop.counting_on").get_by_role("link", name="Cancel the run").click()
    expect(page.locator("form.ask")).to_contain_text("It is asked to stop, and ended by force if it does not.")
    page.fill("input[name=reason]", "wrong prices")
    page.get_by_role("button", name="Cancel the run").click()
    page.wait_for_url(run)
    expect(page.locator("#watch .watch-state .badge")).to_have_text("cancelled")
    expect(page.locator("#watch .watch-did")).to_contain_text("Cancelled by admin. wrong prices")
    expect(page.locator("#output")).to_contain_text("counting <b>1</b>")
    page.get_by_role("link", name="Run again").click()
    expect(page.get_by_role("heading", name="Run this again?")).to_be_visible()


def test_without_javascript_a_job_is_paused_until_tomorrow_resumed_and_followed(staff: Open) -> None:
    window = staff(java_script_enabled=False, width=390)
    page = window.page
    page.goto("/admin/jobs/job/?q=shop.counting_on")
    row = page.locator("#result_list tbody tr")
    row.get_by_role("link", name="Pause").click()
    page.fill("input[name=reason]", "the shop moves")
    page.get_by_label("until tomorrow 08:00").check()
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".field-state .badge")).to_have_text("paused")
    for url in ("/admin/jobs/job/?q=shop.counting_on", "/admin/"):
        page.goto(url)
        expect(page.locator("#content")).to_contain_text("paused by admin from")
        expect(page.locator("#content")).to_contain_text("the shop moves")
        assert window.overflow <= 0, url
    page.get_by_role("link", name="Resume").click()
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".messagelist")).to_contain_text("Resumed: shop.counting_on.")

    run_now(page, "shop.counting", "the page loads anew by itself")
    expect(page.locator("#watch .watch-state .badge")).to_have_text("succeeded")
    assert window.overflow <= 0
