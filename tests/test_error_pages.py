"""What people read when something is broken or refused: what happened, and what to do next. In both languages."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as project
from django.contrib.auth.models import Group, User
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

pytestmark = pytest.mark.django_db

BROKEN = "Something went wrong"
LOG_IN = {"username": "root", "password": "x"}
NOT_ACCEPTED = "This was not accepted"


@pytest.fixture
def home() -> str:
    return reverse("admin:index")


@pytest.fixture
def visitor() -> Client:
    """Somebody who meets what people meet: pages, not the error itself."""
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("root"))
    return client


def fails(*_arguments: Any, **_options: Any) -> None:
    raise OperationalError("the database is gone")


def in_language(code: str, text: str) -> str:
    with translation.override(code):
        return gettext(text)


def is_one_of_ours(page: str) -> bool:
    """It looks as our pages do, leads home, and has nothing that the content security policy stops."""
    has_look = "backoffice/public.css" in page and f'href="{reverse("admin:index")}"' in page
    return has_look and "style=" not in page and "<style" not in page and "<script" not in page


def test_a_page_that_breaks_says_what_to_do_next(visitor: Client, home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backoffice.site.attention", fails)
    answer = visitor.get(home)
    page = answer.content.decode()
    assert answer.status_code == 500
    assert is_one_of_ours(page)
    assert "if not, try again" in page
    assert "tell whoever runs the back office what you did, and that it was at <time>20" in page
    assert "the database is gone" not in page


def test_a_page_that_breaks_is_readable_in_every_language_whoever_was_here_before(visitor: Client, home: str) -> None:
    """The language of the reader is not known where the mistake is made before it is looked for."""
    for left_on in ("en", "zh-hans"):
        translation.activate(left_on)
        with connection.execute_wrapper(fails):
            page = visitor.get(home).content.decode()
        for code, _name in project.LANGUAGES:
            assert f'<section lang="{code}">\n<h1>{in_language(code, BROKEN)}</h1>' in page
            assert in_language(code, BROKEN) in page.partition("</title>")[0]


def test_without_a_database_there_is_still_a_page(visitor: Client, home: str) -> None:
    with connection.execute_wrapper(fails):
        logging_in = Client(raise_request_exception=False).post(reverse("admin:login"), LOG_IN)
        for answer in (visitor.get(home), logging_in):
            assert answer.status_code == 500
            assert is_one_of_ours(answer.content.decode())


@pytest.mark.parametrize("code", ["en", "zh-hans"])
def test_a_form_that_is_too_old_changes_nothing_and_says_so(visitor: Client, code: str) -> None:
    address = reverse("admin:auth_group_add")
    answer = visitor.post(address, {"name": "Night shift"}, headers={"Accept-Language": code})
    page = answer.content.decode()
    assert answer.status_code == 403
    assert is_one_of_ours(page)
    assert f'<html lang="{code}">' in page
    assert f"<h1>{in_language(code, NOT_ACCEPTED)}</h1>" in page
    assert in_language(code, "Nothing was changed. Go back, reload the page and try again.") in page
    assert "CSRF" not in page
    assert not Group.objects.filter(name="Night shift").exists()


def test_who_logs_in_without_cookies_is_told_of_them() -> None:
    answer = Client(enforce_csrf_checks=True).post(reverse("admin:login"), LOG_IN)
    assert answer.status_code == 403
    assert "your browser keeps no cookies" in answer.content.decode()


@pytest.mark.parametrize("code", ["en", "zh-hans"])
def test_a_name_that_the_site_does_not_know_is_no_bare_page(visitor: Client, home: str, code: str) -> None:
    answer = visitor.get(home, headers={"Host": "intranet.example.com", "Accept-Language": code})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert is_one_of_ours(page)
    assert f"<h1>{in_language(code, 'The site cannot take this')}</h1>" in page
    assert "ALLOWED_HOSTS" in page


def test_a_form_with_more_than_the_site_takes_is_no_bare_page(client: Client, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 1
    answer = client.post(reverse("admin:login"), LOG_IN)
    assert answer.status_code == 400
    assert "try again with less" in answer.content.decode()


def test_the_address_of_the_log_out_button_leads_home_and_logs_nobody_out(visitor: Client, home: str) -> None:
    assert visitor.get(reverse("admin:logout"))["Location"] == home
    assert visitor.get(home).status_code == 200
