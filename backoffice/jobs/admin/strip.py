"""The strip of a job's last runs: a bar for each, by result and length. Drawn as SVG, which needs no inline style."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.jobs.admin import display
from backoffice.jobs.models import RunStatus
from backoffice.jobs.recent import SHOWN, PastRun, Recent

HEIGHT = 24
STEP, BAR = 4, 3

# So much of the height has the shortest run: it is to be seen, too.
SHORTEST = 5

# Of these it is seen at a glance that they did not go well, however short they were: the whole height is tinted.
TINTED = ("bad", "odd")


def strip(recent: Recent, *, with_links: bool = False) -> SafeString:
    """The last runs, the newest at the right. With links each bar leads to its run; in a list that is too much."""
    if not recent.runs:
        return format_html('<span class="quiet">{}</span>', _("no runs yet"))
    bars = _linked(recent) if with_links else _drawn(recent)
    return format_html(
        '<svg class="strip{}" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">'
        "<title>{}</title>{}</svg>",
        " strip-large" if with_links else "",
        STEP * SHOWN,
        HEIGHT,
        in_words(recent),
        in_words(recent),
        bars,
    )


def in_words(recent: Recent) -> str:
    """What the strip shows, for those who do not see it."""
    count = len(recent.runs)
    text = ngettext("The last run: %(results)s.", "The last %(count)d runs: %(results)s.", count)
    counts = [(status.label, recent.count(status)) for status in RunStatus]
    results = [_("%(count)d %(state)s") % {"count": number, "state": label} for label, number in counts if number]
    return text % {"count": count, "results": ", ".join(results)}


def rate(recent: Recent) -> SafeString:
    """The share of runs that succeeded, and how long they usually take."""
    if not recent.runs:
        return SafeString()  # the strip says that there are none
    if recent.percent_succeeded is None:
        return format_html("{}", _("none has succeeded or failed yet"))
    parts = [_("%(percent)d %% succeeded") % {"percent": recent.percent_succeeded}]
    if recent.usual:
        parts.append(_("usually %(duration)s") % {"duration": display.took(recent.usual.median)})
    return format_html_join(" · ", '<span class="nowrap">{}</span>', ((part,) for part in parts))


def _placed(recent: Recent) -> Iterator[tuple[PastRun, str, int, float]]:
    """Each run with its gravity, where its bar stands, and how high it is: by the root of its length."""
    runs = recent.runs[-SHOWN:]
    seconds = [run.duration.total_seconds() if run.duration else 0.0 for run in runs]
    longest = max(seconds) or 1.0
    for place, (run, length) in enumerate(zip(runs, seconds, strict=True)):
        height = SHORTEST + (HEIGHT - SHORTEST) * (max(0.0, length) / longest) ** 0.5
        yield run, display.GRAVITY.get(run.status, "quiet"), STEP * place, round(height, 1)


def _drawn(recent: Recent) -> SafeString:
    """A path for all bars of one colour: a hundred jobs of sixty runs are one page."""
    paths: dict[str, str] = {}
    for _run, gravity, x, height in _placed(recent):
        if gravity in TINTED:
            tint = f"tint-{gravity}"
            paths[tint] = paths.get(tint, "") + f"M{x} 0h{BAR}v{HEIGHT}h-{BAR}z"
        paths[f"bar-{gravity}"] = paths.get(f"bar-{gravity}", "") + f"M{x} {HEIGHT}v-{height}h{BAR}v{height}z"
    return format_html_join("", '<path class="{}" d="{}"/>', sorted(paths.items(), reverse=True))


def _linked(recent: Recent) -> SafeString:
    return format_html_join(
        "",
        '<a href="{}" tabindex="-1"><title>{}</title><rect class="tint-{}" x="{}" y="0" width="{}" height="{}"/>'
        '<rect class="bar-{}" x="{}" y="{}" width="{}" height="{}"/></a>',
        (
            (
                reverse("admin:jobs_run_change", args=[run.pk]),
                _one_in_words(run),
                *(gravity if gravity in TINTED else "none", x, STEP, HEIGHT),
                *(gravity, x, round(HEIGHT - height, 1), BAR, height),
            )
            for run, gravity, x, height in _placed(recent)
        ),
    )


def _one_in_words(run: PastRun) -> str:
    values = {"run": run.pk, "state": run.status.label, "at": display.plain_moment(run.started_at or run.queued_at)}
    text = _("#%(run)d %(state)s, %(at)s") % values
    return (
        _("%(text)s, took %(duration)s") % {"text": text, "duration": display.took(run.duration)}
        if run.duration
        else text
    )
