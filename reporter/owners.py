"""A report is sent with the rights of its owner: whether they are there, and may see what it tells."""

from __future__ import annotations

from backoffice.jobs.told import gettext as _
from reporter.datasets.rights import refused
from reporter.models import Report


def why_not(report: Report) -> str:
    """Why the owner's rights do not let ``report`` go out, and what to do; empty if they do."""
    owner = report.owner
    if owner is None:
        return _("The report has no owner. Give it one on its page: it goes out with the next pass.")
    if not owner.is_active:
        text = _("Its owner %(person)s is switched off. Give the report another owner: it goes out with the next pass.")
        return text % {"person": owner.get_username()}
    if titles := refused(report, owner):
        text = _(
            "Its owner %(person)s may not see %(datasets)s. Give them the right, or the report another owner: "
            "it goes out with the next pass."
        )
        return text % {"person": owner.get_username(), "datasets": ", ".join(f"“{title}”" for title in titles)}
    return ""
