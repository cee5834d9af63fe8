"""What one pass over the reports did, in words for a log."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.text import Truncator

from backoffice.jobs.told import gettext as _
from backoffice.jobs.told import joined, ngettext

# Details of one kind that a log shows, and characters of each.
DETAILS = 5
DETAIL_LENGTH = 200


@dataclass
class Summary:
    claimed: int = 0
    built: int = 0
    sent_editions: set[int] = field(default_factory=set)
    sent: int = 0  # mails
    readers: set[str] = field(default_factory=set)  # the addresses they went to
    to_users: int = 0  # tests and notices
    for_nobody: int = 0  # editions for which nobody was subscribed on that day
    empty: int = 0  # editions that had nothing to tell, and were skipped therefore
    put_off: int = 0  # deliveries that are tried again
    why_put_off: str = ""  # most of them
    mail_problem: str = ""  # why no mail can be handed over at all, if so; then all that are put off wait for it
    failed: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)  # what somebody has to look at, besides unknown deliveries

    @property
    def needs_a_person(self) -> bool:
        return bool(self.mail_problem or self.unknown or self.troubles)

    def text(self) -> str:
        """One paragraph."""
        parts = [
            self._mail_problem(),
            self._sent(),
            self._to_users(),
            self._failed(),
            self._unknown(),
            self._put_off(),
            self._for_nobody(),
            self._empty(),
            *map(_short, self.troubles),
        ]
        return joined("; ", parts) or _("Nothing was due.")

    def _sent(self) -> str:
        if not self.sent:
            return ""
        reports = ngettext("%(count)d report", "%(count)d reports", len(self.sent_editions)) % {
            "count": len(self.sent_editions)
        }
        people = ngettext("%(count)d person", "%(count)d people", len(self.readers)) % {"count": len(self.readers)}
        return _("sent %(reports)s to %(people)s") % {"reports": reports, "people": people}

    def _to_users(self) -> str:
        if not self.to_users:
            return ""
        return ngettext("%(count)d test or notice to a user", "%(count)d tests or notices to users", self.to_users) % {
            "count": self.to_users
        }

    def _failed(self) -> str:
        if not self.failed:
            return ""
        return ngettext(
            "%(count)d delivery failed: %(details)s", "%(count)d deliveries failed: %(details)s", len(self.failed)
        ) % {"count": len(self.failed), "details": _listed(self.failed)}

    def _unknown(self) -> str:
        if not self.unknown:
            return ""
        return ngettext(
            "%(count)d delivery is unknown, decide whether to send it again: %(details)s",
            "%(count)d deliveries are unknown, decide whether to send them again: %(details)s",
            len(self.unknown),
        ) % {"count": len(self.unknown), "details": _listed(self.unknown)}

    def _mail_problem(self) -> str:
        if not (self.mail_problem and self.put_off):
            return _short(self.mail_problem)
        return ngettext(
            "%(count)d delivery waits: %(reason)s", "%(count)d deliveries wait: %(reason)s", self.put_off
        ) % {"count": self.put_off, "reason": _short(self.mail_problem)}

    def _put_off(self) -> str:
        if self.mail_problem or not self.put_off:
            return ""
        text = ngettext(
            "%(count)d delivery will be tried again", "%(count)d deliveries will be tried again", self.put_off
        )
        return joined(": ", [text % {"count": self.put_off}, _short(self.why_put_off)])

    def _for_nobody(self) -> str:
        if not self.for_nobody:
            return ""
        return ngettext(
            "%(count)d report was for nobody on that day",
            "%(count)d reports were for nobody on that day",
            self.for_nobody,
        ) % {"count": self.for_nobody}

    def _empty(self) -> str:
        if not self.empty:
            return ""
        return ngettext(
            "%(count)d report had nothing to tell and was skipped",
            "%(count)d reports had nothing to tell and were skipped",
            self.empty,
        ) % {"count": self.empty}


def _listed(details: list[str]) -> str:
    shown = [_short(detail) for detail in details[:DETAILS]]
    return joined(" ", [joined(", ", shown), "…" if len(details) > DETAILS else ""])


def _short(text: str) -> str:
    short = Truncator(" ".join(text.split())).chars(DETAIL_LENGTH)
    return text if text == short else short
