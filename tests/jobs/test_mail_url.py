"""EMAIL_URL: what can be written, and that what is wrong is named without repeating the password."""

from __future__ import annotations

from pathlib import Path

import django
import pytest

from backoffice.mail import MailServer, mail_settings, parse_mail_url


def server(url: str) -> tuple[str, int, bool, bool]:
    found = parse_mail_url(url)
    return found.host, found.port, found.use_tls, found.use_ssl


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.org", ("mail.example.org", 25, False, False)),
        ("smtp://mail.example.org/", ("mail.example.org", 25, False, False)),
        ("smtp://mail.example.org:2525", ("mail.example.org", 2525, False, False)),
        ("smtp://mail.example.org:587/?tls=True", ("mail.example.org", 587, True, False)),
        ("smtp://mail.example.org:587?tls=yes", ("mail.example.org", 587, True, False)),
        ("smtp://mail.example.org/?tls=off", ("mail.example.org", 25, False, False)),
        ("submission://mail.example.org", ("mail.example.org", 587, True, False)),
        ("submission://mail.example.org:2587", ("mail.example.org", 2587, True, False)),
        ("smtps://mail.example.org", ("mail.example.org", 465, False, True)),
        ("smtps://mail.example.org/?tls=true", ("mail.example.org", 465, False, True)),
        ("SMTPS://mail.example.org", ("mail.example.org", 465, False, True)),
        ("smtp://[::1]:1025", ("::1", 1025, False, False)),
        ("smtp://localhost", ("localhost", 25, False, False)),
    ],
)
def test_what_a_url_means(url: str, expected: tuple[str, int, bool, bool]) -> None:
    assert server(url) == expected


@pytest.mark.parametrize(
    ("user_info", "username", "password"),
    [
        ("user:secret@", "user", "secret"),
        ("user@", "user", ""),
        ("", "", ""),
        ("me%40example.org:p%40ss%2Fw%3Ar%23d%3F@", "me@example.org", "p@ss/w:r#d?"),
        ("me@example.org:p@ss@", "me@example.org", "p@ss"),  # the last @ divides
        ("user:%E5%AF%86%E7%A0%81@", "user", "密码"),
        ("$user:$ecret+plus@", "$user", "$ecret+plus"),
    ],
)
def test_user_and_password(user_info: str, username: str, password: str) -> None:
    found = parse_mail_url(f"smtp://{user_info}mail.example.org")
    assert (found.username, found.password, found.host) == (username, password, "mail.example.org")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mail.example.org", "must begin with"),
        ("mail.example.org:25", "must begin with"),
        ("http://mail.example.org", "must begin with"),
        ("smtp:", "names no host"),
        ("smtp://", "names no host"),
        ("smtp://user:hunter2@", "names no host"),
        ("smtp://:25", "names no host"),
        ("smtp://user:hunter2@mail example.org", "names no host"),
        ("smtp://mail.example.org:port", "cannot be read"),
        ("smtp://mail.example.org:99999", "cannot be read"),
        ("smtp://[::1", "cannot be read"),
        ("smtp://user:hunter2/more@mail.example.org", "percent-encoded"),
        ("smtp://user:hunter2#more@mail.example.org", "percent-encoded"),
        ("smtp://user:hunter2?more@mail.example.org", "percent-encoded"),
        ("smtp://user:25/hunter2@mail.example.org", "percent-encoded"),
        ("smtp://mail.example.org/?tls=maybe", "true or false"),
        ("smtp://mail.example.org/?tls=", "true or false"),
        ("smtp://mail.example.org/?ssl=true", "not known"),
        ("smtp://mail.example.org/inbox", "behind its host"),
    ],
)
def test_what_is_wrong_is_named_without_the_password(url: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        parse_mail_url(url)
    assert "hunter2" not in str(caught.value)
    assert "more" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_without_a_url_mail_goes_into_files(tmp_path: Path) -> None:
    settings = mail_settings("", tmp_path)
    assert (settings["MAIL_SERVER"], settings["MAIL_PROBLEM"]) == (None, "")
    if django.VERSION >= (6, 1):
        assert settings["MAILERS"]["default"]["OPTIONS"] == {"file_path": str(tmp_path)}
    else:
        assert settings["EMAIL_FILE_PATH"] == str(tmp_path)


def test_a_url_sets_the_mail_server(tmp_path: Path) -> None:
    settings = mail_settings("submission://user:secret@mail.example.org", tmp_path)
    assert settings["MAIL_SERVER"] == MailServer("mail.example.org", 587, "user", "secret", True, False)
    if django.VERSION >= (6, 1):
        assert settings["MAILERS"]["default"]["BACKEND"].endswith("smtp.EmailBackend")
        assert settings["MAILERS"]["default"]["OPTIONS"]["use_tls"] is True
    else:
        assert settings["EMAIL_BACKEND"].endswith("smtp.EmailBackend")
        assert settings["EMAIL_HOST_USER"] == "user"
        assert settings["EMAIL_USE_TLS"] is True


def test_a_url_that_does_not_parse_is_kept_as_a_problem(tmp_path: Path) -> None:
    settings = mail_settings("smtp://", tmp_path)
    assert settings["MAIL_SERVER"] is None
    assert settings["MAIL_PROBLEM"] == "it names no host"
