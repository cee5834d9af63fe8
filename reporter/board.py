"""The morning board: every due moment of a day, of every report, and what has become of it. Four queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Count, Min, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice.jobs.timetable import UNREADABLE, Slot
from reporter.models import Delivery, DeliveryState, Edition, EditionState, Report, Why
from reporter.models.choices import UNBUILT, UNDECIDED, UNFINISHED
from reporter.zones import zoned

# The job comes every five minutes: what has not begun by then is late.
LATE_AFTER = timedelta(minutes=15)

# Due moments of one report that have no edition yet and that a day shows; one that comes more often says so.
MOST_SLOTS = 50

# How long after an outage an edition is looked for that stands for the moments of its days.
LONGEST_OUTAGE = timedelta(days=31)


class State(models.TextChoices):
    """What a line says, in one word; each has a colour of its own."""

    FAILED = "failed", gettext_lazy("failed")
    UNKNOWN = "unknown", gettext_lazy("unknown")
    PARTLY = "partly", gettext_lazy("partly sent")
    LATE = "late", gettext_lazy("late")
    WAITING = "waiting", gettext_lazy("waiting")
    TO_COME = "to_come", gettext_lazy("to come")
    SENT = "sent", gettext_lazy("sent")
    SKIPPED = "skipped", gettext_lazy("skipped")


@dataclass(frozen=True)
class Line:
    report: Report
    at: datetime  # by the clock of the report
    state: State
    words: str
    edition: Edition | None = None
    is_put_off: bool = False  # the mail server did not take it: it is tried again
    is_missed: bool = False  # another edition stands for it: its own can be sent later


@dataclass
class Counts:
    """The deliveries of one edition."""

    by_state: Counter[str] = field(default_factory=Counter)
    waiting_since: datetime | None = None
    put_off_why: str = ""  # what the mail server said, of one that is tried again
    next_attempt_at: datetime | None = None

    @property
    def total(self) -> int:
        return self.by_state.total()


def board(day: date, now: datetime) -> list[Line]:
    """The lines of ``day``, which is each report's own, by the clock; problems keep their place among the others."""
    editions = _editions(day)
    counts = counts_of(editions, now)
    lines = [_line(edition, counts.get(edition.pk, Counts()), now) for edition in editions]
    had = {(edition.report_id, edition.slot) for edition in editions}
    covering = _covering(day)
    for report in Report.objects.filter(is_enabled=True).select_related("paused_by").order_by("name"):
        try:
            lines += _without_edition(report, day, now, had, covering.get(report.pk, []))
        except UNREADABLE as error:
            text = _("Its timetable cannot be read: %(reason)s") % {"reason": error}
            midnight = datetime.combine(day, time.min, tzinfo=UTC)
            lines.append(Line(report, midnight, State.FAILED, text))
    return sorted(lines, key=lambda line: (line.at, line.report.name))


def tally(lines: list[Line]) -> list[tuple[State, int]]:
    """How many lines are in each state, the worst first."""
    count = Counter(line.state for line in lines)
    return [(state, count[state]) for state in State if count[state]]


# --- Moments that have an edition ---


def _editions(day: date) -> list[Edition]:
    """Those due on ``day`` by the clock of their report: no zone is further from UTC than 14 hours."""
    start = datetime.combine(day, time.min, tzinfo=UTC)
    near = Edition.objects.for_readers().filter(
        due_at__gte=start - timedelta(hours=14), due_at__lt=start + timedelta(hours=38)
    )
    rows = near.select_related("report", "requested_by").defer("html", "text")
    return [edition for edition in rows if zoned(edition.due_at, edition.zone).date() == day]


def counts_of(editions: list[Edition], now: datetime) -> dict[int, Counts]:
    """The deliveries of ``editions`` by state: one query."""
    found: dict[int, Counts] = {}
    put_off = Q(state=DeliveryState.PENDING, due_at__lte=now, next_attempt_at__gt=now) & ~Q(server_reply="")
    rows = (
        Delivery.objects.standing()
        .filter(edition__in=[edition.pk for edition in editions])
        .order_by()
        .values_list("edition", "state")
        .annotate(
            Count("pk"),
            Min("due_at"),
            put_off_why=Min("server_reply", filter=put_off),
            again_at=Min("next_attempt_at", filter=put_off),
        )
    )
    for edition, state, count, first_due, why, next_attempt_at in rows:
        counts = found.setdefault(edition, Counts())
        counts.by_state[state] += count
        if state in UNDECIDED:
            counts.waiting_since = min(counts.waiting_since or first_due, first_due)
        if next_attempt_at:
            counts.put_off_why, counts.next_attempt_at = why, next_attempt_at
    return found


def _line(edition: Edition, counts: Counts, now: datetime) -> Line:
    state, words = state_of(edition, counts, now)
    if edition.why != Why.TIMETABLE:
        words = " · ".join(filter(None, (edition.get_why_display(), words)))
    is_put_off = counts.next_attempt_at is not None and not edition.hold
    return Line(edition.report, zoned(edition.due_at, edition.zone), state, words.strip(), edition, is_put_off)


def state_of(edition: Edition, counts: Counts, now: datetime) -> tuple[State, str]:
    """What the board says of an edition, and the words that go with it."""
    if edition.state in UNFINISHED:
        return _unfinished(edition, counts, now)
    if counts.by_state[DeliveryState.UNKNOWN]:
        return State.UNKNOWN, _tally(counts)
    match edition.state:
        case EditionState.SENT:
            return State.SENT, _tally(counts)
        case EditionState.SKIPPED:
            return State.SKIPPED, edition.outcome or edition.problem or _tally(counts)
        case EditionState.PARTLY_SENT:
            return State.PARTLY, _tally(counts)
    return State.FAILED, _tally(counts) if counts.total else edition.problem


def _unfinished(edition: Edition, counts: Counts, now: datetime) -> tuple[State, str]:
    if edition.hold:
        return State.WAITING, edition.hold_reason
    if edition.state in UNBUILT:
        since = edition.due_at if edition.why == Why.TIMETABLE else edition.created_at
        words = edition.problem or _("It is being built, or waits for it.")
    else:
        since = counts.waiting_since or now
        words = "\n".join(filter(None, (_tally(counts), _put_off_words(edition, counts))))
    return (State.LATE if since < now - LATE_AFTER else State.WAITING), words


def _put_off_words(edition: Edition, counts: Counts) -> str:
    if counts.next_attempt_at is None:
        return ""
    at = zoned(counts.next_attempt_at, edition.zone)
    return _("To be tried again at %(time)s: %(reason)s") % {"time": f"{at:%H:%M}", "reason": counts.put_off_why}


def _tally(counts: Counts) -> str:
    sent, total = counts.by_state[DeliveryState.SENT], counts.total
    parts = [
        ngettext("%(sent)d of %(count)d person", "%(sent)d of %(count)d people", total) % {"sent": sent, "count": total}
    ]
    for state in DeliveryState:
        if state != DeliveryState.SENT and (number := counts.by_state[state]):
            parts.append(f"{state.label}: {number}")
    return " · ".join(parts)


# --- Moments that have none ---


def _covering(day: date) -> dict[int, list[Edition]]:
    """Editions that stand for several due moments, of which ``day`` may have some."""
    start = datetime.combine(day, time.min, tzinfo=UTC) - timedelta(hours=14)
    rows = Edition.objects.filter(due_at__gte=start, due_at__lt=start + LONGEST_OUTAGE, slots_covered__gt=1)
    found: dict[int, list[Edition]] = {}
    for edition in rows.defer("html", "text"):
        found.setdefault(edition.report_id, []).append(edition)
    return found


def _without_edition(
    report: Report, day: date, now: datetime, had: set[tuple[int, str | None]], covering: list[Edition]
) -> Iterator[Line]:
    free = (slot for slot in slots_of(report, day) if (report.pk, slot.key) not in had)
    lines = (line for slot in free if (line := _line_of_slot(report, slot, now, covering)))
    yield from islice(lines, MOST_SLOTS)
    if further := next(lines, None):
        text = _("It is due further times on this day: no more than %(count)d are shown.")
        yield Line(report, further.at, further.state, text % {"count": MOST_SLOTS})


def _line_of_slot(report: Report, slot: Slot, now: datetime, covering: list[Edition]) -> Line | None:
    """None for a moment at which the report was off, or had another timetable."""
    at = zoned(slot.at, report.zone)
    for edition in covering:
        if edition.covers_from and edition.covers_from <= slot.at < edition.due_at:
            text = _("Nothing was running. The edition of %(day)s stands for it.")
            words = text % {"day": edition.local_date.isoformat()}
            return Line(report, at, State.SKIPPED, words, is_missed=True)
    if report.paused_at and report.paused_until and report.paused_at <= slot.at < report.paused_until:
        return Line(report, at, State.SKIPPED, _pause_words(report))
    if report.next_due_at is None or slot.at < report.next_due_at:
        return None
    if slot.at > now:
        return Line(report, at, State.TO_COME, "")
    if slot.at > now - LATE_AFTER:
        return Line(report, at, State.WAITING, _("It is due, and will be taken up within minutes."))
    return Line(report, at, State.LATE, _("It is due, and nothing has taken it up. Is the scheduler running?"))


def _pause_words(report: Report) -> str:
    text = _("Paused by %(person)s until %(moment)s. %(reason)s")
    until = zoned(report.paused_until, report.zone) if report.paused_until else None
    person = report.paused_by.get_username() if report.paused_by else "–"
    values = {"person": person, "moment": f"{until:%Y-%m-%d %H:%M}", "reason": report.paused_reason}
    return (text % values).strip()


def slots_of(report: Report, day: date) -> Iterator[Slot]:
    """The due moments of ``day`` by the report's clock. Raises one of UNREADABLE."""
    zone = ZoneInfo(report.zone)
    start = datetime.combine(day, time.min, tzinfo=zone) - timedelta.resolution
    end = datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone)
    return takewhile(lambda slot: slot.at < end, report.timetable.upcoming(start))
