"""`make run`: set-up, demo, web server and scheduler, as real processes on a real port."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.contrib.auth.hashers import make_password

import manage as manage_py
from backoffice.serving import PortTaken, listen
from tests import migrated
from tests.conftest import ROOT, ManagePy
from tests.services import free_port

# Seconds in which things have to happen that take a few.
PATIENCE = 60

# What the demo sends: two reports, and of the shop two for today and each of the seven days before. A third tells of
# stock that runs out, on the days on which some does.
EIGHT_DAYS = 8
MAILS = 2 + 2 * EIGHT_DAYS

# What the promise says about the end.
SECONDS_TO_END = 10

Start = Callable[..., "subprocess.Popen[str]"]


def outbox(environment: dict[str, str]) -> list[str]:
    return sorted(path.name for path in Path(environment["DATA_DIR"], "outbox").glob("*.eml"))


def password(output: str) -> str:
    found = re.search(r"Password +(\S+) ", output)
    assert found, output
    return found[1]


def wait_for(what: Callable[[], object], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert process.poll() is None, f"it ended with exit status {process.poll()}"
        assert time.monotonic() < deadline, "it did not come in time"
        time.sleep(0.1)


def is_answering(port: int) -> bool:
    try:
        with closing(urllib.request.urlopen(f"http://127.0.0.1:{port}/admin/login/", timeout=10)) as answer:
            return answer.status == 200 and "csrfmiddlewaretoken" in answer.read().decode()
    except OSError:
        return False


def processes_in(data_dir: str) -> dict[int, str]:
    """The processes that work on this data folder, by id, with their command lines."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
            if f"DATA_DIR={data_dir}".encode() in environment:
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:  # it has just ended
            continue
    return found


@pytest.fixture
def start(clean_environment: dict[str, str]) -> Iterator[Start]:
    """``start("quickstart", port)``: a server as people start it; whatever is left of it is killed at the end."""
    started: list[subprocess.Popen[str]] = []

    def run(command: str, port: int) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "manage.py", command],
            cwd=ROOT,
            env=clean_environment | {"PORT": str(port)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
    for pid in processes_in(clean_environment["DATA_DIR"]):  # would hold the output open
        os.kill(pid, signal.SIGKILL)
    for process in started:
        process.communicate()


@pytest.fixture
def quickstarted(clean_environment: dict[str, str]) -> str:
    """In a data folder in which ``quickstart --no-serve`` has been: what it said."""
    data_dir = Path(clean_environment["DATA_DIR"])
    migrated.copy_quickstarted_site_to(data_dir)
    # What would come due while the test is at work is not sent then.
    soon, later = "next_due_at < datetime('now', '+1 hours')", "datetime(next_due_at, '+2 days')"
    query(data_dir / "db.sqlite3", f"UPDATE reporter_report SET next_due_at = {later} WHERE {soon}")
    return migrated.quickstarted_site()[1]


def test_without_serving_the_demo_is_sent_and_says_so() -> None:
    folder, said = migrated.quickstarted_site()
    mails = outbox({"DATA_DIR": str(folder)})
    assert MAILS <= len(mails) <= MAILS + EIGHT_DAYS
    assert "Sent:" in said
    assert re.search(r"Open +http://\S+, after: manage\.py serve\n", said)
    for mail in mails:
        assert str(folder / "outbox" / mail) in said
    assert "alex@example.com" in said


def test_a_second_time_nothing_is_sent_again(
    quickstarted: str, manage: ManagePy, clean_environment: dict[str, str]
) -> None:
    first, mails = quickstarted, outbox(clean_environment)
    second = manage("quickstart", "--no-serve").stdout
    assert outbox(clean_environment) == mails
    assert "Nothing new was sent" in second
    assert "Sent:" not in second
    assert password(second) == password(first)


@pytest.fixture
def database(clean_environment: dict[str, str]) -> Path:
    """With all tables, which is half of what setting up takes."""
    path = Path(clean_environment["DATA_DIR"], "db.sqlite3")
    migrated.copy_sqlite_to(path)
    return path


def query(database: Path, text: str, *values: str) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        return connection.execute(text, values).fetchall()


@pytest.mark.usefixtures("quickstarted")
def test_mail_that_cannot_be_sent_is_said_and_is_a_failure(manage: ManagePy, clean_environment: dict[str, str]) -> None:
    database = Path(clean_environment["DATA_DIR"], "db.sqlite3")
    query(database, "UPDATE reporter_delivery SET state = 'pending', sent_at = NULL WHERE edition_id = 1")
    query(database, "UPDATE reporter_edition SET state = 'sending' WHERE id = 1")
    query(database, "UPDATE jobs_job SET next_due_at = interval_anchor, next_slot_at = interval_anchor")
    result = manage("quickstart", "--no-serve", check=False, EMAIL_URL=f"smtp://127.0.0.1:{free_port()}")
    assert result.returncode == 1
    assert "reporter.send_daily_reports_job: failed." in result.stdout
    assert "127.0.0.1" in result.stdout
    assert "Sent:" not in result.stdout


def test_what_somebody_changed_stays_changed_and_the_first_password_is_for_its_owner_alone(
    quickstarted: str, manage: ManagePy, clean_environment: dict[str, str]
) -> None:
    first, database = quickstarted, Path(clean_environment["DATA_DIR"], "db.sqlite3")
    file = Path(clean_environment["DATA_DIR"], "first-login.txt")
    assert password(first) in file.read_text()
    if os.name != "nt":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    query(database, "UPDATE reporter_report SET name = 'Ours' WHERE id = 1")
    query(database, "UPDATE auth_user SET password = ? WHERE username = 'admin'", make_password("another 4 me"))

    second = manage("quickstart", "--no-serve").stdout
    assert "Nothing new was sent" in second
    names = [name for (name,) in query(database, "SELECT name FROM reporter_report ORDER BY id")]
    assert names[0] == "Ours"
    assert "Job activity" not in names
    assert password(first) not in second
    assert "as you set it" in second


def test_a_taken_port_is_one_clear_line(manage: ManagePy, clean_environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        for command in ("quickstart", "serve"):
            result = manage(command, PORT=port, check=False)
            assert result.returncode == 1
            assert port in result.stderr
            assert result.stderr.endswith(f"PORT={int(port) + 1}\n")
            assert len(result.stderr.strip().splitlines()) == 1
    assert not Path(clean_environment["DATA_DIR"], "first-login.txt").exists(), "it looks before it begins anything"


@pytest.mark.parametrize(
    ("url", "says"), [("", "Run first: manage.py migrate"), ("sqlite:////nowhere/x", "unable to open database file")]
)
def test_a_database_that_cannot_be_served_is_one_clear_line(manage: ManagePy, url: str, says: str) -> None:
    result = manage("serve", PORT=str(free_port()), DATABASE_URL=url, check=False, timeout=60)
    assert result.returncode == 1
    assert says in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", ["runcrons", "run_cron_jobs", "cronloop --repeat 1", "runqueue", "jobs list"])
def test_a_database_without_tables_is_one_clear_line_for_whatever_looks_for_jobs(
    manage: ManagePy, command: str
) -> None:
    result = manage(*command.split(), check=False)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "CommandError: The database is not up to date. Run first: manage.py migrate\n"


def test_a_port_that_there_cannot_be_is_one_sentence() -> None:
    with pytest.raises(PortTaken, match=r"0-65535\. Choose another: PORT=8000$"):
        listen(70000)


def test_ctrl_c_before_anything_has_begun_ends_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(arguments: list[str]) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("django.core.management.execute_from_command_line", interrupted)
    with pytest.raises(SystemExit) as end:
        manage_py.main()
    assert end.value.code == 130


@pytest.mark.skipif(os.name == "nt", reason="a process cannot be sent Ctrl-C from outside on Windows")
def test_it_serves_sends_the_demo_and_ends_with_nothing_left_running(
    start: Start, clean_environment: dict[str, str]
) -> None:
    port = free_port()
    process = start("quickstart", port)
    wait_for(lambda: is_answering(port), process)
    wait_for(lambda: len(outbox(clean_environment)) >= MAILS, process)
    output = ended(process, signal.SIGINT)
    assert f"http://localhost:{port}" in output
    assert password(output)
    assert processes_in(clean_environment["DATA_DIR"]) == {}


@pytest.mark.skipif(os.name == "nt", reason="a process cannot be sent Ctrl-C from outside on Windows")
def test_a_second_one_serves_sends_nothing_again_and_ends_with_nothing_left_running(
    quickstarted: str, start: Start, clean_environment: dict[str, str]
) -> None:
    port, mails = free_port(), outbox(clean_environment)
    database = Path(clean_environment["DATA_DIR"], "db.sqlite3")
    process = start("quickstart", port)
    wait_for(lambda: is_answering(port) and query(database, "SELECT * FROM jobs_schedulerprocess"), process)
    assert password(ended(process, signal.SIGTERM)) == password(quickstarted)
    assert outbox(clean_environment) == mails
    assert processes_in(clean_environment["DATA_DIR"]) == {}


def ended(process: subprocess.Popen[str], stop: signal.Signals) -> str:
    """Asked to stop, it has, in time and without complaint: what it said."""
    process.send_signal(stop)
    output, _nothing = process.communicate(timeout=SECONDS_TO_END)
    assert process.returncode == 0
    assert "Traceback" not in output
    return output


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are looked up in /proc")
@pytest.mark.usefixtures("database")
def test_neither_of_the_two_outlives_the_other(start: Start, clean_environment: dict[str, str]) -> None:
    data_dir, port = clean_environment["DATA_DIR"], free_port()
    process = start("serve", port)
    wait_for(lambda: is_answering(port) and len(processes_in(data_dir)) > 1, process)
    process.kill()
    process.wait()
    deadline = time.monotonic() + SECONDS_TO_END
    while processes_in(data_dir):
        assert time.monotonic() < deadline, "the scheduler has outlived the web server"
        time.sleep(0.1)

    process = start("serve", port)
    wait_for(lambda: is_answering(port) and scheduler_of(process), process)
    os.kill(scheduler_of(process), signal.SIGKILL)
    output, _nothing = process.communicate(timeout=SECONDS_TO_END)
    assert process.returncode == 1
    assert "The scheduler ended" in output


def scheduler_of(process: subprocess.Popen[str]) -> int:
    """The id of the child that ticks; 0 if it is not there yet."""
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            if f"\nPPid:\t{process.pid}\n" in status.read_text():
                return int(status.parent.name)
        except OSError:
            continue
    return 0
