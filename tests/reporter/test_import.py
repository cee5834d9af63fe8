"""Recipients from a file: looked at first, then written once."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from django.test import Client

from reporter import control
from reporter.control import importing
from reporter.models import GroupSubscription, Recipient, RecipientGroup, Tag
from tests.reporter.test_admin import client_with
from tests.reporter.test_groups import closed  # noqa: F401

PAGE = "/admin/reporter/recipient/import/"

pytestmark = pytest.mark.django_db


def upload(client: Client, content: bytes, name: str = "people.csv") -> str:
    return client.post(PAGE, {"file": SimpleUploadedFile(name, content)}).content.decode()


def press_import(client: Client, page: str) -> str:
    fields = dict(re.findall(r'name="(text|file_name|seen)" value="([^"]*)"', page))
    return client.post(PAGE, {key: unescape(value) for key, value in fields.items()}, follow=True).content.decode()


def problems(client: Client, text: str) -> list[tuple[int, str]]:
    rows = re.findall(r"<tr><td>(\d+)</td><td>([^<]*)</td></tr>", upload(client, text.encode()))
    return [(int(number), unescape(said)) for number, said in rows]


FILE = """姓名,邮箱,语言,标签,组,电话
李晓明,xiaoming@example.com,中文,"华北，销售",North,123
"Lovelace, Ada",ADA@example.com,,math,North,
Bob,bob@example.com,en,,,
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_file_is_shown_first_then_written_and_a_second_time_changes_nothing(
    encoding: str, admin_client: Client
) -> None:
    Recipient.objects.create(name="Ada", address="ada@example.com", language="en")
    Recipient.objects.create(name="Bob", address="bob@example.com", language="en")
    north = RecipientGroup.objects.create(name="North")
    page = upload(admin_client, FILE.encode(encoding))
    for said in ("1 new", "1 changed", "1 unchanged", "The column “电话” is not read.", "name: Ada → Lovelace, Ada"):
        assert said in page
    assert "line with a problem" not in page
    assert ("GB18030" in page) == (encoding == "gb18030")
    assert Recipient.objects.count() == 2
    assert not Tag.objects.exists()

    done = press_import(admin_client, page)
    assert "Recipients: 1 added, 1 changed, 1 unchanged." in done
    new = Recipient.objects.get(address="xiaoming@example.com")
    assert (new.name, new.language) == ("李晓明", "zh-hans")
    assert sorted(tag.name for tag in new.tags.all()) == ["华北", "销售"]
    ada = Recipient.objects.get(address="ada@example.com")
    assert (ada.name, ada.language) == ("Lovelace, Ada", "en")  # what a cell leaves empty stays
    assert set(north.members.all()) == {new, ada}
    notes = " ".join(LogEntry.objects.values_list("change_message", flat=True))
    assert "Imported from people.csv. name: Ada → Lovelace, Ada." in notes

    again = upload(admin_client, FILE.encode(encoding))
    assert "3 unchanged" in again
    assert "There is nothing to import." in again
    assert LogEntry.objects.count() == 2


def test_each_line_that_is_wrong_is_named_with_what_to_do_and_the_others_come_in(admin_client: Client) -> None:
    text = "\n".join(
        [
            "name;address;language;groups",  # 1
            "Ada;ada@example.com;en;",
            "Bob;bob at example.com;;",
            ";cleo@example.com;;",
            '"Eve\nBcc: all@example.com";eve@example.com;;',  # 5 and 6
            "Ada again;ADA@example.com;;",
            "Fred;fred@example.com;klingon;",
            "Gus;gus@example.com;;Nowhere",
            "Hal;;;",
            "",
            f"{'x' * 121};long@example.com;;",  # 12
            f"Long;{'x' * 250}@example.com;;",
            "Nul\x00;nul@example.com;;",
            "Comma;comma@example.com;;;;more",
            "李;li@例子.example;中文;",
            "Wide;wide＠example.com;;",
            '"Ann" Lee;ann@example.com;;',  # 18
            "Zoe;zoe@example.com;;",
        ]
    )
    said = problems(admin_client, text)
    assert [number for number, _text in said] == [3, 4, 5, 7, 8, 9, 10, 12, 13, 14, 15, 18]
    words = dict(said)
    assert words[3] == "“bob at example.com” is no e-mail address. Write it like ada@example.com."
    assert "A name is one line" in words[5]
    assert words[7] == "The address stands in line 2 already. Keep one of them."
    assert "Write en or zh-hans" in words[8]
    assert words[9] == "There is no group “Nowhere”. Correct the name, or make the group first."
    assert words[12].startswith("name: Ensure this value has at most 120 characters")
    assert "at most 254 characters" in words[13]
    assert "comma in a name" in words[15]
    assert "quotation mark" in words[18]
    page = upload(admin_client, text.encode())
    assert "Import 3, leave the others out" in page
    press_import(admin_client, page)
    written = set(Recipient.objects.values_list("address", flat=True))
    assert written == {"ada@example.com", "li@例子.example", "wide@example.com"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The submitted file is empty."),
        (b"ada@example.com,Ada\nbob@example.com,Bob\n", "The first line has to name the columns"),
        (b"address,E-Mail\na@b.example,b@b.example\n", "There are two columns “E-Mail”."),
        (b"name,address\n\n", "there is nothing in the file"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\xff\xff\xff", "This is no text."),
        (b"name,address\n" + b"x" * 30_000_000, "The file has 30.0 MB; at most 1 MB are read."),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_at_the_field(content: bytes, said: str, admin_client: Client) -> None:
    page = upload(admin_client, content)
    assert said in unescape(page).replace("The file is empty.", "The submitted file is empty.")
    assert 'class="errorlist"' in page


def test_what_is_imported_is_what_was_looked_at(admin_client: Client) -> None:
    page = upload(admin_client, FILE.replace("North", "").encode())
    Recipient.objects.create(name="Bobby", address="bob@example.com")
    shown_again = press_import(admin_client, page)
    assert "Nothing was imported" in shown_again
    assert Recipient.objects.count() == 1
    press_import(admin_client, shown_again)
    assert Recipient.objects.get(address="bob@example.com").name == "Bob"


def test_what_somebody_else_imports_in_the_same_moment_is_looked_at_anew(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_late(*arguments: Any) -> None:
        raise IntegrityError("the address is there")

    monkeypatch.setattr(importing, "_write", too_late)
    page = upload(admin_client, b"name,address\nAda,ada@example.com\n")
    assert "Somebody has changed recipients meanwhile. Nothing was imported" in press_import(admin_client, page)
    assert not Recipient.objects.exists()


def test_a_thousand_lines_cost_few_queries_and_allowed_domains_hold(
    settings: Any, django_user_model: Any, django_assert_max_num_queries: Any
) -> None:
    root = django_user_model.objects.create_superuser("root")
    lines = "".join(f"P{number},p{number}@example.com,tag{number % 7}\n" for number in range(1000))
    content = control.read(f"name,address,tags\n{lines}Eve,eve@elsewhere.com,\n")
    settings.REPORT_ALLOWED_DOMAINS = ["example.com"]
    plan = control.look_at(content, root)
    [problem] = plan.problems
    assert (problem.number, "example.com only" in problem.text) == (1002, True)
    with django_assert_max_num_queries(25):
        control.import_recipients(content, root, plan.digest, "p.csv")
    assert Recipient.objects.filter(tags__name="tag3").count() == 143


def test_importing_needs_its_permission_and_gives_nobody_what_one_may_not_see(closed: Any) -> None:  # noqa: F811
    north = RecipientGroup.objects.create(name="North")
    GroupSubscription.objects.create(report=closed, group=north)
    client = client_with("view_recipient")
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {"seen": "x"}).status_code == 403
    assert PAGE not in client.get("/admin/reporter/recipient/").content.decode()
    with pytest.raises(PermissionDenied):
        control.look_at(control.read("address\na@example.com"), User.objects.get(username="staff"))
    User.objects.get(username="staff").delete()
    client = client_with("view_recipient", "import_recipients")
    assert PAGE in client.get("/admin/reporter/recipient/").content.decode()
    [(number, text)] = problems(client, "name,address,groups\nAda,ada@example.com,north\n")
    assert number == 2
    assert "You may not see the data of “Sales”" in text


def test_an_exported_file_is_harmless_and_comes_in_again_unchanged(admin_client: Client) -> None:
    evil = Recipient.objects.create(name="=cmd|' /C calc'!A0", address="+ada@example.com", language="en")
    evil.tags.add(Tag.objects.create(name="-minus"), Tag.objects.create(name="plain"))
    Recipient.objects.create(name="李, 晓明", address="li@example.com")
    data = {"action": "export_csv", "_selected_action": [each.pk for each in Recipient.objects.all()]}
    content = admin_client.post("/admin/reporter/recipient/", data).content
    assert "'=cmd|' /C calc'!A0,'+ada@example.com,en,\"'-minus, plain\"," in content.decode()
    assert "2 unchanged" in upload(admin_client, content)
    Recipient.objects.all().delete()
    press_import(admin_client, upload(admin_client, content))
    assert Recipient.objects.get(address="+ada@example.com").name == evil.name
    assert "export_csv" not in client_with("view_recipient").get("/admin/reporter/recipient/").content.decode()
