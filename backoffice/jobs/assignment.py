"""A run in a child's hands, and what there is to say when the child ends without an answer."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from backoffice.jobs.clock import steady_seconds
from backoffice.jobs.lifecycle import Outcome
from backoffice.jobs.models import Run, RunStatus
from backoffice.jobs.pool import Child, patience_seconds

# Signals that come from people and from the kernel's want of memory, not from the job's own code.
KILLED_FROM_OUTSIDE = {-9, -15, -2, -1}


@dataclass
class Assignment:
    """Moments are of the steady clock."""

    run: Run
    child: Child
    started: float
    renewed: float
    outcome: Outcome | None = None  # known, but not written yet
    is_dying: bool = False  # killed, but not gone yet: its lease is not freed before

    @property
    def is_overdue(self) -> bool:
        """Whether its lease may run out before it can be renewed."""
        return steady_seconds() - self.renewed > patience_seconds()

    def end(self, status: RunStatus, text: str) -> None:
        """Kill the child; ``text`` says why, and the log shows what it printed last."""
        self.outcome = self._outcome(status, text)
        self.is_dying = True
        self.child.kill()

    def take_in_answer(self, answer: dict[str, str]) -> None:
        self.outcome = Outcome(RunStatus(answer["status"]), answer["message"], answer["summary"])

    def take_in_death(self, exit_code: int) -> None:
        """The child is gone without an answer."""
        if exit_code in KILLED_FROM_OUTSIDE and self.is_overdue:  # it lost patience before its supervisor did
            self.outcome = self._outcome(RunStatus.INTERRUPTED, self.not_renewed())
        elif exit_code in KILLED_FROM_OUTSIDE:
            text = _("Interrupted: its process was killed from outside (signal %(signal)d).")
            self.outcome = self._outcome(RunStatus.INTERRUPTED, text % {"signal": -exit_code})
        elif exit_code < 0:
            text = _("Its process crashed (signal %(signal)d).")
            self.outcome = self._outcome(RunStatus.FAILED, text % {"signal": -exit_code})
        else:
            text = _("Its process ended in mid-run with exit status %(code)d.")
            self.outcome = self._outcome(RunStatus.FAILED, text % {"code": exit_code})

    def not_renewed(self) -> str:
        text = _("Interrupted: its lease could not be renewed for %(seconds)d seconds.")
        return text % {"seconds": round(steady_seconds() - self.renewed)}

    def _outcome(self, status: RunStatus, text: str) -> Outcome:
        return Outcome(status, f"{text}\n{self.child.last_words()}".rstrip(), text)
