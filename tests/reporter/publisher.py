"""A process of its own that publishes: ``python -m tests.reporter.publisher prepare|publish|nursery …``.

``publish NOW`` says *ready*, waits for a line on its input, so that several begin together, and publishes.
``nursery`` forks a child for each line of its input, a moment, which publishes; it says the child's process id, and
its exit status when it has ended. To start an interpreter for each of many children would take a second apiece.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime

import django


def prepare(reports: int, recipients: int, due: datetime) -> None:
    from django.contrib.auth.models import User

    from reporter.models import Recipient, Report, ReportSection, Subscription

    owner = User.objects.create_user("owner", is_superuser=True)
    people = Recipient.objects.bulk_create(
        Recipient(name=f"Person {n}", address=f"person{n}@example.com") for n in range(recipients)
    )
    for number in range(reports):
        report = Report.objects.create(name=f"Report {number}", owner=owner, zone="UTC", next_due_at=due)
        ReportSection.objects.create(report=report, dataset="deliveries")
        Subscription.objects.bulk_create(Subscription(report=report, recipient=person) for person in people)


def publish(now: datetime) -> None:
    from django.db import connection

    from reporter.publishing import publish as publish_reports

    connection.ensure_connection()
    print("ready", flush=True)
    sys.stdin.readline()
    print(publish_reports(now).text(), flush=True)


def nursery() -> None:
    from django.db import connections

    from reporter.publishing import publish as publish_reports

    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            publish_reports(datetime.fromisoformat(line.strip()))
            connections.close_all()
            os._exit(0)
        print(pid, flush=True)
        print(os.waitpid(pid, 0)[1], flush=True)


if __name__ == "__main__":
    django.setup()
    if sys.argv[1] == "nursery":
        nursery()
        sys.exit()
    moment = datetime.fromisoformat(sys.argv[-1])
    if sys.argv[1] == "prepare":
        prepare(int(sys.argv[2]), int(sys.argv[3]), moment)
    else:
        publish(moment)
