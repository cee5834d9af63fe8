"""A timetable is changed in a real browser: it answers while one types, asks before it saves, and puts back."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Open

WORDS = "#timetable-preview .words"
JOB = "/admin/jobs/job/"


def open_page(page: Page) -> None:
    page.goto(JOB)
    page.get_by_role("link", name="reporter.send_daily_reports_job").first.click()
    page.get_by_role("link", name="Change the timetable").click()


def test_a_timetable_is_typed_with_its_meaning_beside_it_saved_and_put_back(staff: Open) -> None:
    page = staff().page
    open_page(page)
    expect(page.locator(WORDS)).to_have_text("Every 5 minutes")
    expect(page.locator("[name=times]")).to_be_hidden()
    expect(page.locator("[name=zone]")).to_be_hidden()  # nothing but the code says it
    expect(page.get_by_role("button", name="Preview")).to_have_count(0)

    page.get_by_label("At set times").check()
    expect(page.locator("[name=cron]")).to_be_hidden()
    page.locator("[name=times]").fill("25:00, 18:00")
    expect(page.locator("#errors-times")).to_contain_text("“25:00” is no time of the day")
    page.locator("[name=times]").fill("2:30, 18:00")
    page.locator("[name=zone]").fill("Europe/Berlin")
    page.locator("[name=country]").select_option("DE")
    expect(page.locator(WORDS)).to_have_text("At 02:30 and 18:00 on working days of Germany (Europe/Berlin)")
    expect(page.locator("#errors-times")).to_be_empty()
    expect(page.locator("#subdivisions option[value=BY]")).to_have_count(1)
    expect(page.locator(".moments tbody tr")).to_have_count(10)

    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".before-and-after .before")).to_have_text("As in the code: every 5 minutes")
    page.get_by_role("button", name="Back").click()
    expect(page.locator("[name=times]")).to_have_value("2:30, 18:00")
    page.locator("[name=times]").press("Enter")  # as the button Continue
    page.locator("[name=reason]").fill("Nobody reads it at noon")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".messagelist")).to_contain_text("The timetable is: at 02:30 and 18:00 on working days of")

    page.get_by_role("link", name="Change the timetable").click()
    expect(page.locator(".timetable-changes")).to_contain_text("Nobody reads it at noon")
    page.get_by_role("link", name="Put back “as in the code: every 5 minutes”").click()
    page.get_by_role("button", name="Put it back").click()
    expect(page.locator(".messagelist")).to_contain_text("The timetable is: as in the code: every 5 minutes")


def test_without_javascript_and_on_a_phone_it_works_too(staff: Open) -> None:
    window = staff(width=390, height=800, java_script_enabled=False)
    page = window.page
    open_page(page)
    page.get_by_label("Every so many minutes").check()
    page.locator("[name=every_minutes]").fill("7")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(WORDS)).to_have_text("Every 7 minutes")
    page.locator("[name=every_minutes]").fill("x")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("#errors-every_minutes")).to_contain_text("“x” is not a number of minutes")
    expect(page.locator("[name=every_minutes]")).to_have_value("x")
