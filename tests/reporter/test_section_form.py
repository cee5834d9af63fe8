"""What a section shows is chosen in a form: column by column, without code, and without JavaScript."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client

from reporter.datasets import base
from reporter.datasets.base import Table
from reporter.models import Report, ReportSection
from reporter.rendering.shaping import shape
from tests.reporter.conftest import MakeReport, People
from tests.reporter.test_admin import form_of

pytestmark = pytest.mark.django_db


def page_of(section: ReportSection) -> str:
    return f"/admin/reporter/reportsection/{section.pk}/change/"


def client_with(*codenames: str) -> Client:
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def form(section: ReportSection, *lines: dict[str, Any], **values: Any) -> dict[str, Any]:
    """What a browser would send: a line for each column."""
    data = {"kind": section.kind, "dataset": section.dataset, "title": section.title, "sort_column": ""}
    data |= {"columns-TOTAL_FORMS": len(lines), "columns-INITIAL_FORMS": len(lines)}
    for number, line in enumerate(lines):
        data |= {f"columns-{number}-{name}": value for name, value in ({"order": number + 1} | line).items()}
    return data | values


@pytest.fixture
def section(admin_client: Client, make_report: MakeReport) -> ReportSection:
    """A table of ``people``, whose columns are known."""
    section = make_report("Sales").sections.get()
    admin_client.post(page_of(section), form(section, _ask="1"))
    section.refresh_from_db()
    return section


def test_a_stored_report_has_one_link_to_add_a_section(section: ReportSection, admin_client: Client) -> None:
    page = admin_client.get(f"/admin/reporter/report/{section.report_id}/change/").content.decode()
    assert page.count("/reportsection/add/") == 1
    assert 'name="sections-MAX_NUM_FORMS" value="0"' in page  # the script shows no other
    new = admin_client.get("/admin/reporter/report/add/").content.decode()
    assert 'name="sections-MAX_NUM_FORMS" value="1000"' in new


NAME, AMOUNT = {"name": "Name", "is_shown": "on"}, {"name": "Amount", "is_shown": "on"}


def test_the_columns_of_the_dataset_are_offered(section: ReportSection, admin_client: Client, people: People) -> None:
    assert section.seen_columns == ["Name", "Amount"]
    page = admin_client.get(page_of(section)).content.decode()
    assert 'name="columns-1-name" value="Amount"' in page
    assert 'name="columns-TOTAL_FORMS" value="2"' in page
    assert len(people.calls) == 1  # to look at the form asks nothing


def test_what_is_chosen_is_stored_and_shown_again(section: ReportSection, admin_client: Client) -> None:
    rule = {"red_operator": "<", "red_value": "0", "green_operator": ">=", "green_value": "100"}
    amount = AMOUNT | rule | {"order": 1, "heading": "Sum", "format": "whole", "total": "sum", "is_compared": "on"}
    answer = admin_client.post(
        page_of(section),
        form(section, NAME | {"order": 2}, amount, sort_column="Amount", is_descending="on", row_limit=9),
    )
    assert answer["Location"] == f"/admin/reporter/report/{section.report_id}/change/"
    section.refresh_from_db()
    red, green = (
        {"colour": "red", "operator": "<", "value": "0"},
        {"colour": "green", "operator": ">=", "value": "100"},
    )
    assert section.columns == [
        {
            "name": "Amount",
            "heading": "Sum",
            "format": "whole",
            "total": "sum",
            "is_compared": True,
            "rules": [red, green],
        },
        {"name": "Name"},
    ]
    assert (section.sort_column, section.is_descending, section.row_limit) == ("Amount", True, 9)
    page = admin_client.get(page_of(section)).content.decode()
    assert page.index('name="columns-0-name" value="Amount"') < page.index('name="columns-1-name" value="Name"')
    assert 'name="columns-0-red_value" value="0"' in page
    notes = LogEntry.objects.filter(object_id=section.report_id, content_type__model="report")
    assert "Section “People” changed." in notes.values_list("change_message", flat=True)


def test_any_column_can_be_chosen_however_it_is_called(
    section: ReportSection, admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = [" a ", "count(*)\n", "", 'say "<b>"', "x" * 300, *(f"c{number}" for number in range(200))]
    table = Table(odd, [list(range(len(odd)))])
    monkeypatch.setitem(base._registered, "people", base.Dataset("people", "People", lambda period: table))
    admin_client.post(page_of(section), form(section, NAME, _ask="1"))
    section.refresh_from_db()
    assert section.seen_columns[:4] == ["a", "count(*)", "#3", 'say "<b>"']
    page = admin_client.get(page_of(section)).content.decode()
    lines = [{"name": unescape(name)} for name in re.findall(r'columns-\d+-name" value="([^"]*)"', page)]
    assert len(lines) == len(odd) + 1  # and one that is gone
    lines = [line | {"is_shown": "on", "heading": f"H{n}", "format": "", "total": ""} for n, line in enumerate(lines)]
    assert admin_client.post(page_of(section), form(section, *lines[1:])).status_code == 302
    section.refresh_from_db()
    shaped = shape(section, table, "UTC")
    assert (shaped.missing, len(shaped.columns)) == ([], len(odd))


def test_all_columns_as_they_come_stay_all_columns(section: ReportSection, admin_client: Client) -> None:
    admin_client.post(page_of(section), form(section, NAME, AMOUNT))
    section.refresh_from_db()
    assert section.columns == []  # one that the dataset gets tomorrow is shown, too
    admin_client.post(page_of(section), form(section, NAME, AMOUNT | {"is_shown": ""}))
    section.refresh_from_db()
    assert section.columns == [{"name": "Name"}]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ({"red_operator": "<"}, "Give a value to compare with."),
        ({"red_value": "3"}, "Choose how it is compared with “3”."),
        ({"green_operator": ">", "green_value": "much"}, "“much” is not a number."),
        ({"format": "odd"}, "Select a valid choice."),
        ({"order": "x"}, "Enter a whole number."),
        ({"is_shown": ""}, "Show at least one column."),
    ],
)
def test_a_mistake_is_said_where_it_was_made(
    section: ReportSection, admin_client: Client, line: dict[str, str], words: str
) -> None:
    answer = admin_client.post(page_of(section), form(section, AMOUNT | line | {"heading": "kept"}))
    assert answer.status_code == 200
    page = answer.content.decode()
    assert words in page
    assert 'value="kept"' in page  # nothing that was typed is lost
    assert ReportSection.objects.get().columns == []


def test_a_column_that_is_gone_is_marked_and_goes_when_it_is_unticked(
    section: ReportSection, admin_client: Client
) -> None:
    ReportSection.objects.update(columns=[{"name": "Name"}, {"name": "Price"}], sort_column="Price")
    page = admin_client.get(page_of(section)).content.decode()
    assert page.count("not in the data any more") == 1
    gone = {"name": "Price", "is_shown": "on"}
    admin_client.post(page_of(section), form(section, NAME, gone, sort_column="Price"))
    section.refresh_from_db()
    assert section.columns == [{"name": "Name"}, {"name": "Price"}]  # saving something else loses nothing
    admin_client.post(page_of(section), form(section, NAME, gone | {"is_shown": ""}, AMOUNT))
    section.refresh_from_db()
    assert section.columns == []


def test_another_dataset_brings_its_own_columns(section: ReportSection, admin_client: Client) -> None:
    ReportSection.objects.update(columns=[{"name": "Name"}], sort_column="Name")
    answer = admin_client.post(page_of(section), form(section, NAME, dataset="deliveries"))
    assert answer["Location"] == page_of(section)  # there is something new to choose
    section.refresh_from_db()
    assert (section.columns, section.sort_column, section.seen_columns[0]) == ([], "", "Report")


def test_a_dataset_that_fails_is_said_and_the_form_opens(
    section: ReportSection, admin_client: Client, people: People
) -> None:
    people.error = ZeroDivisionError("no sales")
    page = admin_client.post(page_of(section), form(section, NAME, _ask="1"), follow=True).content.decode()
    assert "The columns of “People” could not be asked for: no sales." in page
    assert 'name="columns-0-name" value="Name"' in page


def test_a_section_is_added_step_by_step(admin_client: Client, make_report: MakeReport) -> None:
    report = make_report("Sales", datasets=())
    add = f"/admin/reporter/reportsection/add/?report={report.pk}"
    assert add in admin_client.get(f"/admin/reporter/report/{report.pk}/change/").content.decode()
    assert admin_client.get(add).status_code == 200

    def post(**values: str) -> Any:
        return admin_client.post(add, {"report": report.pk, "title": ""} | values)

    assert "Choose the dataset that the rows come from." in post(kind="bar").content.decode()
    assert "Write the text of this section." in post(kind="text", text=" ").content.decode()
    assert "“{x}” stands for nothing;" in post(kind="text", text="{x}").content.decode()
    assert post(kind="text", text="Hello")["Location"].endswith(f"/report/{report.pk}/change/")
    answer = post(kind="bar", dataset="people")
    chart = report.sections.get(kind="bar")
    assert answer["Location"] == page_of(chart)
    assert (chart.position, chart.seen_columns) == (2, ["Name", "Amount"])


def test_the_page_of_a_report_asks_for_the_columns_of_new_sections_and_of_another_language(
    admin_client: Client, people: People
) -> None:
    data = form_of(Report(name="New"))
    section = {"sections-TOTAL_FORMS": "1", "sections-0-position": "1", "sections-0-kind": "table"}
    admin_client.post("/admin/reporter/report/add/", data | section | {"sections-0-dataset": "deliveries"})
    row = ReportSection.objects.get()
    assert row.seen_columns[:2] == ["Report", "Sent"]
    ReportSection.objects.update(columns=[{"name": "Sent", "total": "sum"}], sort_column="Sent")
    admin_client.post(f"/admin/reporter/report/{row.report_id}/change/", data | {"language": "zh-hans"})
    row.refresh_from_db()
    assert row.columns == [{"name": row.seen_columns[1], "total": "sum"}]
    assert row.sort_column == row.seen_columns[1] != "Sent"


def test_who_may_change_the_report_alone_may_change_its_language(section: ReportSection) -> None:
    client = client_with("view_report", "change_report")
    address = f"/admin/reporter/report/{section.report_id}/change/"
    assert "reportsection/add" not in client.get(address).content.decode()
    assert client.post(address, form_of(section.report, language="zh-hans")).status_code == 302


def test_the_history_of_a_report_tells_what_became_of_its_sections(
    section: ReportSection, admin_client: Client
) -> None:
    admin_client.post(page_of(section).replace("change", "delete"), {"post": "yes"})
    notes = LogEntry.objects.filter(object_id=section.report_id, content_type__model="report")
    assert [entry.change_message for entry in notes.order_by("pk")] == [
        "Section “People” changed.",
        "Section “People” deleted.",
    ]


def test_deleting_a_section_leads_back_to_its_report_and_says_so(section: ReportSection, admin_client: Client) -> None:
    response = admin_client.post(page_of(section).replace("change", "delete"), {"post": "yes"}, follow=True)
    assert response.redirect_chain == [(f"/admin/reporter/report/{section.report_id}/change/", 302)]
    assert "“People” was deleted." in response.content.decode()
    assert not ReportSection.objects.exists()


def test_who_may_only_look_changes_nothing(section: ReportSection) -> None:
    client = client_with("view_report", "view_reportsection")
    page = client.get(page_of(section))
    assert page.status_code == 200
    assert "_ask" not in page.content.decode()
    assert "All columns." in page.content.decode()
    assert client.post(page_of(section), form(section, NAME)).status_code == 403
    assert client.get(f"/admin/reporter/reportsection/add/?report={section.report_id}").status_code == 403
    assert client.get("/admin/reporter/reportsection/")["Location"] == "/admin/reporter/report/"
    assert client.post(page_of(section).replace("change", "delete"), {"post": "yes"}).status_code == 403


def test_who_may_not_see_what_the_report_tells_neither_changes_nor_deletes_a_section(
    section: ReportSection, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_with("view_report", "view_reportsection", "change_reportsection", "delete_reportsection")
    deleting = page_of(section).replace("change", "delete")
    assert client.get(deleting).status_code == 200
    secret = base.Dataset("people", "People", people, permission="reporter.use_sql")
    monkeypatch.setitem(base._registered, "people", secret)
    assert client.post(page_of(section), form(section, NAME)).status_code == 403
    assert client.post(deleting, {"post": "yes"}).status_code == 403
