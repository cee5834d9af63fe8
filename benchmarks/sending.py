"""A report to many people over one SMTP connection: ours, Django's own mails, and the floor.

The floor hands over bytes that are there already. Django's mails are written one by one, as ours are, but nothing is
kept of them: who has got one is not known when the process is killed. All three send mails of the same size to the
same server, which throws them away.
"""

from __future__ import annotations

import contextlib
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks.processes import run

PEOPLE = 1_000
ROUNDS = 5

PREPARE = f"""
from datetime import UTC, datetime
from django.contrib.auth.models import User
from reporter.models import Recipient, Report, ReportSection, Subscription
due = datetime(2026, 3, 2, 8, tzinfo=UTC)
owner = User.objects.create_superuser("bench")
people = Recipient.objects.bulk_create(
    Recipient(name=f"Person {{n}}", address=f"person{{n}}@example.com") for n in range({PEOPLE})
)
report = Report.objects.create(name="Bench", owner=owner, zone="UTC", next_due_at=due)
ReportSection.objects.create(report=report, dataset="deliveries")
Subscription.objects.bulk_create(Subscription(report=report, recipient=person) for person in people)
"""

# Each says how many seconds it took, without its imports.
OURS = f"""
import time
from reporter.models import Report
from reporter.publishing import publish
due = Report.objects.get().next_due_at
began = time.perf_counter()
assert publish(due).sent == {PEOPLE}
print(time.perf_counter() - began)
"""
MAIL = """
import time
from django.conf import settings
from reporter.messages import attachments_of, message_for
from reporter.models import Delivery
delivery = Delivery.objects.select_related("edition").first()
edition, files = delivery.edition, attachments_of(delivery.edition)
server = settings.MAIL_SERVER
"""
DJANGO = f"""
{MAIL}
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend
backend = EmailBackend(server.host, server.port)
backend.open()
began = time.perf_counter()
for number in range({PEOPLE}):
    to = [f"Person {{number}} <person{{number}}@example.com>"]
    mail = EmailMultiAlternatives(edition.subject, edition.text, "a@example.com", to)
    mail.attach_alternative(edition.html, "text/html")
    for file in files:
        mail.attach(file.name, file.content, "text/csv")
    assert backend.send_messages([mail]) == 1
print(time.perf_counter() - began)
"""
FLOOR = f"""
{MAIL}
import smtplib
from django.utils import timezone
content = message_for(delivery, files, timezone.now()).content
with smtplib.SMTP(server.host, server.port) as connection:
    began = time.perf_counter()
    for number in range({PEOPLE}):
        connection.sendmail("a@example.com", [f"person{{number}}@example.com"], content)
    print(time.perf_counter() - began)
"""


def measure() -> None:
    """Print the medians: milliseconds for each mail, and ratios to the floor."""
    run("from django.core.management import call_command; call_command('migrate', verbosity=0)")
    run(PREPARE)
    times: dict[str, list[float]] = {OURS: [], DJANGO: [], FLOOR: []}
    with _mail_server() as url:
        for _round in range(ROUNDS):
            for code, taken in times.items():
                taken.append(float(run(code, EMAIL_URL=url)))
    floor, ours, stock = (statistics.median(times[code]) for code in (FLOOR, OURS, DJANGO))
    print(f"\nA report to {PEOPLE:,} people over one connection; medians, floor = 1\n")
    print(f"{'floor':>12} {'ours':>8} {'Django, which keeps nothing':>28}")
    print(f"{floor / PEOPLE * 1000:>9.2f} ms {ours / floor:>8.2f} {stock / floor:>28.2f}")


@contextlib.contextmanager
def _mail_server() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}", "-c", "aiosmtpd.handlers.Sink"]
    server = subprocess.Popen(command)
    try:
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        yield f"smtp://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()
