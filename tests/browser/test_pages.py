"""Every page in a real browser: under the strict policy, on a desk and on a phone, in both languages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.conftest import Open, Site, Watched

PHONE = 390


def lists_in_the_menu(window: Watched) -> list[str]:
    links = window.page.locator("#content-main th a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    return [link for link in links if link.count("/") > 3]


def test_no_page_is_stopped_by_the_policy_or_complains(staff: Open) -> None:
    window = staff()
    lists = lists_in_the_menu(window)
    assert len(lists) >= 10
    for url in lists:
        window.open(url)
        assert (window.overflow, window.cut_off) <= (0, 0), url
        page = window.page
        first = page.locator("#result_list tbody tr th a").first
        add = page.locator(".object-tools a.addlink").first
        addresses = [link.get_attribute("href") for link in (first, add) if link.count()]
        for address in addresses:
            window.open(f"{address}")
            assert window.overflow <= 0, address
            for further in page.locator(".historylink, .deletelink").evaluate_all("all => all.map(a => a.href)"):
                window.open(further)
    window.open("/admin/password_change/")


def test_calendar_clock_and_completion_work_under_the_policy(staff: Open) -> None:
    window = staff()
    page = window.page
    window.open("/admin/auth/user/1/change/")
    page.locator(".datetimeshortcuts a").first.click()
    page.wait_for_function("document.querySelector('[name=last_login_0]').value.startsWith('20')")
    page.locator(".clock-icon").first.click()
    page.locator(".clockbox .timelist a").first.click()
    window.open("/admin/reporter/subscription/add/")
    for select in page.locator(".select2-selection").all():
        select.click()
        page.keyboard.press("Escape")


def test_the_failure_of_yesterday_is_two_clicks_away(staff: Open) -> None:
    window = staff()
    page = window.page
    window.open("/admin/django_cron/cronjoblog/")
    page.locator("#changelist-filter").get_by_role("link", name="Failed").click()
    page.locator("#changelist-filter").get_by_role("link", name="Yesterday").click()
    page.wait_for_url("**start_time__range__gte=*")
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    page.get_by_role("link", name="shop.failed_1").click()
    expect(page.locator("pre.output")).to_contain_text("failed <b>badly</b>")


def test_a_range_of_days_is_typed_into_the_browsers_own_fields(staff: Open) -> None:
    window = staff()
    page = window.page
    day = (timezone.localdate() - timedelta(days=1)).isoformat()
    window.open("/admin/django_cron/cronjoblog/?result=failed")
    page.fill("input[name=start_time__range__gte]", day)
    page.fill("input[name=start_time__range__lte]", day)
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    assert page.input_value("input[name=start_time__range__lte]") == day
    page.get_by_role("link", name="Any date").click()
    expect(page.locator("#result_list tbody tr").filter(has_text="shop.failed")).to_have_count(3)


@pytest.mark.parametrize("has_script", [True, False])
def test_the_language_is_switched_with_and_without_javascript(site: Site, watched: Open, has_script: bool) -> None:
    window = watched(base_url=site.url, java_script_enabled=has_script)
    page = window.page
    window.open("/admin/")
    assert page.locator("html").get_attribute("lang") == "en"
    page.get_by_role("button", name="简体中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    page.fill("#id_username", "admin")
    page.fill("#id_password", site.password)
    page.click("input[type=submit]")
    expect(page.locator("#site-name")).to_have_text("后台管理")
    page.get_by_role("button", name="English").click()
    expect(page.locator("#site-name")).to_have_text("Back office")


def test_no_page_is_wider_than_a_phone(site: Site, watched: Open, staff: Open) -> None:
    login = watched(base_url=site.url, width=PHONE, is_mobile=True, has_touch=True)
    login.open("/admin/login/")
    assert login.overflow <= 0
    window = staff(width=PHONE, height=800, is_mobile=True, has_touch=True)
    assert window.overflow <= 0
    for url in lists_in_the_menu(window):
        window.open(url)
        assert (window.overflow, window.cut_off) <= (0, 0), url
        first = window.page.locator("#result_list tbody tr th a").first
        if first.count():
            window.open(f"{first.get_attribute('href')}")
            assert window.overflow <= 0, window.page.url


@pytest.mark.parametrize("width", [1280, PHONE])
def test_a_long_word_in_a_name_or_a_reason_makes_no_page_wider(staff: Open, width: int) -> None:
    window = staff(width=width)
    page, word = window.page, f"{width}" + "W" * 110
    window.open("/admin/reporter/report/add/")
    page.fill("#id_name", word)
    page.click("[name=_continue]")
    report = page.url.removesuffix("change/")
    window.open("/admin/reporter/report/")
    assert max(window.overflow, window.cut_off) <= 0
    for further in ("change/", "history/", "past/", "preview/", "delete/"):
        window.open(report + further)
        assert word in page.locator("#content, .breadcrumbs").all_inner_texts()[0], further
        assert window.overflow <= 0, further
    page.click("#content input[type=submit]")  # of the last, which deletes it


def test_on_a_phone_what_was_done_has_the_whole_width(staff: Open) -> None:
    window = staff(width=PHONE)
    window.open("/admin/auth/user/1/change/")
    window.page.fill("#id_first_name", "Ada")
    window.page.click("[name=_save]")
    window.open("/admin/auth/user/1/history/")
    box = window.page.locator("#change-history td:last-child").first.bounding_box()
    assert box
    assert box["width"] > PHONE / 2


def test_a_wrong_password_is_said_and_lets_nobody_in(site: Site, watched: Open) -> None:
    window = watched(base_url=site.url)
    window.open("/admin/")
    window.page.fill("#id_username", "admin")
    window.page.fill("#id_password", "not it")
    window.page.click("input[type=submit]")
    assert "correct username and password" in window.page.locator(".errornote").inner_text()
    assert window.page.locator("#user-tools").count() == 0


def test_on_a_phone_each_cell_of_a_list_says_what_it_is(staff: Open) -> None:
    window = staff(width=PHONE, height=800, is_mobile=True, has_touch=True)
    window.open("/admin/reporter/delivery/")
    cell = window.page.locator("#result_list .field-shown_state").first
    assert cell.get_attribute("data-label") == "State"
    assert "State" in cell.evaluate("cell => getComputedStyle(cell, '::before').content")


def test_an_address_on_a_button_stays_as_it_is(staff: Open) -> None:
    window = staff()
    window.open("/admin/reporter/report/")
    window.page.locator("#result_list tbody th a").first.click()
    for button in (".object-tools a", ".submit-row .default"):
        assert window.page.locator(button).first.evaluate("it => getComputedStyle(it).textTransform") == "none"


def test_what_is_not_there_is_said_on_a_page_that_leads_home(staff: Open) -> None:
    window = staff()
    answer = window.page.goto("/admin/nothing/here/")
    assert answer is not None
    assert answer.status == 404
    window.page.get_by_role("link", name="To the first page").click()
    expect(window.page.locator("#site-name")).to_be_visible()
    window.complaints.clear()  # of the browser, about the 404
