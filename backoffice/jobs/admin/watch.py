"""A run's page while it goes on: how far it is, how long it usually takes, and what it says, as it comes.

The page asks every two seconds; an answer is one indexed query beside those that say who asks. When the run has
ended, the answer makes the page load anew, and it asks no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models import F, FilteredRelation, Q
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.jobs import detached
from backoffice.jobs.admin import display
from backoffice.jobs.admin.controls import Control, controls_of_run
from backoffice.jobs.models import Run, RunOutput, RunStatus
from backoffice.jobs.models.choices import UNFINISHED
from backoffice.jobs.recent import FEW, Usual, usual

# Pieces of output that one answer carries, and that a page begins with: the latest.
PIECES = 50

# So long may a run wait in the queue before the page asks whether there is a scheduler.
WAITS_LONG = timedelta(seconds=20)


@dataclass(frozen=True)
class Watch:
    """What the page shows of a run that goes on."""

    run: Run
    now: datetime
    usual: Usual | None
    pieces: list[str]
    last: int  # position of the latest piece that the page has; -1 for none
    left_out: bool  # whether there are earlier pieces that the page does not show
    controls: list[Control]

    @property
    def goes_on(self) -> bool:
        return self.run.shown_status in UNFINISHED

    @property
    def badge(self) -> str:
        return display.status_badge(self.run.shown_status)

    @property
    def begun(self) -> datetime:
        return self.run.started_at or self.run.queued_at

    @property
    def started(self) -> str:
        return display.moment(self.run.started_at)

    @property
    def where(self) -> str:
        return display.where(self.run)

    @property
    def elapsed(self) -> timedelta:
        return (self.run.ended_at or self.now) - self.begun

    @property
    def time_words(self) -> str:
        values = {"duration": display.took(self.elapsed)}
        if self.run.started_at is None:
            return _("waiting for %(duration)s") % values
        return _("for %(duration)s") % values if self.goes_on else _("took %(duration)s") % values

    @property
    def usual_words(self) -> str:
        if self.usual is None:
            return _("How long it usually takes is not known yet.")
        values = {
            "median": display.took(self.usual.median),
            "most": display.took(self.usual.most),
            "count": self.usual.count,
        }
        if self.usual.count < FEW:
            return (
                ngettext(
                    "Its only run that succeeded took %(most)s.",
                    "Usually %(median)s; the longest of %(count)d runs took %(most)s.",
                    self.usual.count,
                )
                % values
            )
        return _("Usually %(median)s; 95 of 100 runs are done within %(most)s.") % values

    @property
    def takes_long(self) -> bool:
        return self.usual is not None and self.run.started_at is not None and self.elapsed > self.usual.most

    @property
    def limit_words(self) -> str:
        limit = timedelta(seconds=self.run.job.seconds_allowed)
        return _("It is ended after %(limit)s.") % {"limit": display.took(limit)}

    @property
    def progress_words(self) -> str:
        run = self.run
        if run.progress_done is None:
            return run.progress_what
        if run.progress_share is None:
            return _("%(done)g %(what)s") % {"done": run.progress_done, "what": run.progress_what}
        return _("%(done)g of %(total)g %(what)s (%(percent)d %%)") % {
            "done": run.progress_done,
            "total": run.progress_total,
            "what": run.progress_what,
            "percent": int(100 * run.progress_share),
        }

    @property
    def stopping_words(self) -> str:
        if self.run.cancel_requested_at is None:
            return ""
        who = self.run.cancel_requested_by
        values = {
            "person": who.get_username() if who else _("the command line"),
            "ago": display.ago(self.run.cancel_requested_at, self.now),
            "reason": self.run.cancel_reason,
        }
        return _("Being cancelled: %(person)s asked for it %(ago)s. %(reason)s") % values

    @property
    def waiting_words(self) -> tuple[str, str] | None:
        """Why it waits, with the gravity."""
        if self.run.status != RunStatus.QUEUED:
            return None
        if self.run.waits_its_turn and any(lease.is_held for lease in self.run.job.leases.all()):
            return "quiet", _("The job is still running: this run waits for its turn.")
        if self.now - self.run.queued_at < WAITS_LONG:
            return "quiet", _("The scheduler starts it within seconds.")
        if detached.is_anybody_there():
            return "quiet", _("The scheduler is busy: this run waits for a free place.")
        return "bad", _("No scheduler lives that could start it. Is it running?")


def watch(pk: int, after: int, user: User, now: datetime) -> Watch:
    """The run with what it has said since the piece ``after``. Raises Http404."""
    said_since = FilteredRelation("output", condition=Q(output__position__gt=after))
    runs = Run.objects.select_related("job", "lease", "requested_by", "cancel_requested_by")
    rows: list[Any] = list(
        runs.filter(pk=pk)
        .annotate(fresh=said_since, piece=F("fresh__text"), position=F("fresh__position"))
        .order_by("position")[:PIECES]
    )
    if not rows:
        raise Http404
    pieces = [row.piece for row in rows if row.piece is not None]
    last = max([after, *(row.position for row in rows if row.position is not None)])
    run: Run = rows[0]
    return Watch(run, now, usual(run.job_id), pieces, last, False, controls_of_run(run, user))


def first_look(run: Run, user: User, now: datetime) -> Watch:
    """The run with the last of what it has said."""
    rows = list(RunOutput.objects.filter(run=run).order_by("-position").values_list("position", "text")[:PIECES])[::-1]
    return Watch(
        run=run,
        now=now,
        usual=usual(run.job_id),
        pieces=[text for _position, text in rows],
        last=rows[-1][0] if rows else -1,
        left_out=bool(rows and rows[0][0] > 0),
        controls=controls_of_run(run, user),
    )
