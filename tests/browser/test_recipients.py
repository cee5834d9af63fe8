"""Recipients without JavaScript: from a file into the list, and out again by the link of a mail."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Open, Site


def unsubscribe_link(site: Site) -> str:
    """That of a mail that the demo has sent, on the port of this site."""
    mails = Path(site.environment["DATA_DIR"], "outbox").glob("*.eml")  # also those that this site has sent since
    link = re.compile(rb"^List-Unsubscribe: <http://localhost:8000/([^>]+)>", re.MULTILINE)
    found = next(filter(None, (link.search(mail.read_bytes()) for mail in mails)))
    return f"{site.url}/{found[1].decode()}"


def test_people_come_in_from_a_file_are_handed_over_and_leave_by_their_link(
    staff: Open, watched: Open, site: Site
) -> None:
    window = staff(java_script_enabled=False, width=390)
    page = window.page
    window.open("/admin/reporter/recipient/import/")
    text = "姓名,邮箱\n刘洋,yang@example.com\n周杰,zhou@example.com\nBob,bob at home\n"
    page.set_input_files(
        "input[type=file]", {"name": "p.csv", "mimeType": "text/csv", "buffer": text.encode("gb18030")}
    )
    page.click("input.default")
    expect(page.get_by_text("“bob at home” is no e-mail address.")).to_be_visible()
    assert window.overflow <= 0
    page.get_by_role("button", name="Import 2, leave the others out").click()
    expect(page.get_by_text("Recipients: 2 added")).to_be_visible()

    page.get_by_role("link", name="刘洋").click()
    page.get_by_role("link", name="Hand over to a successor").click()
    page.fill("#id_to", "zhou@example.com")
    page.get_by_role("button", name="See what would move").click()
    assert window.overflow <= 0
    page.get_by_role("button", name="Hand over").click()
    expect(page.get_by_text("周杰 has taken over from 刘洋")).to_be_visible()

    stranger = watched(java_script_enabled=False, width=390)
    stranger.open(unsubscribe_link(site))
    assert stranger.overflow <= 0
    stranger.page.locator("main button").click()
    expect(stranger.page.locator("main button")).to_have_text("Subscribe again")
