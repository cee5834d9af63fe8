"""Pages about those whom an edition did not reach: sent again, and what is unknown decided by a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.jobs.admin.asking import About, Question, ReasonForm, ask, ids_in
from backoffice.jobs.admin.base import MixinBase, insist, user_of
from reporter import control
from reporter.admin.base import moment_in
from reporter.board import Counts, counts_of, state_of
from reporter.models import Delivery, DeliveryState, Edition

SEE = "reporter.view_edition"

# Deliveries that one page asks about: a form may hold no more than a thousand fields.
MOST = 500


def about(edition: Edition, **facts: Any) -> About:
    state, words = state_of(edition, counts_of([edition], timezone.now()).get(edition.pk, Counts()), timezone.now())
    known = [
        (_("state"), f"{state.label} · {words}"),
        (_("due"), moment_in(edition.zone, edition.due_at)),
        (_("asked for by"), edition.get_why_display()),
    ]
    return About(str(edition), page_of(edition), known + list(facts.items()))


def page_of(edition: Edition) -> str:
    return reverse("admin:reporter_edition_change", args=[edition.pk])


def done(
    model_admin: Any, request: HttpRequest, edition: Edition, change: Callable[[], object], text: str
) -> HttpResponse:
    """Do it, say so, and lead to the edition; what is refused is said there, too."""
    try:
        change()
    except control.NotSent as refusal:
        model_admin.message_user(request, str(refusal), messages.ERROR)
    else:
        say_done(model_admin, request, text)
    return HttpResponseRedirect(page_of(edition))


def say_done(model_admin: Any, request: HttpRequest, text: str) -> None:
    """What was done; and where the job that sends is not run, that nothing will come of it yet."""
    model_admin.message_user(request, text, messages.SUCCESS)
    if obstacle := control.why_nothing_is_sent():
        model_admin.message_user(request, obstacle, messages.WARNING)


class ReachingPages(MixinBase):
    def edition_for(self, request: HttpRequest, pk: int, *permissions: str) -> Edition:
        insist(request, SEE, *permissions)
        return get_object_or_404(Edition.objects.select_related("report__owner"), pk=pk)

    # --- Again, to those whom it did not reach ---

    def resend_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        edition = self.edition_for(request, pk, control.RESEND)
        rows = _chosen(request, edition, DeliveryState.FAILED)
        form = ReasonForm.of(request)
        if request.method == "POST" and form.is_valid():
            return self._resend(request, edition, rows, form.cleaned_data["reason"])
        can_be_sent = [row for row in rows if not control.why_not_again(row)]
        count = len(can_be_sent)
        title = ngettext("Send this mail again?", "Send these %(count)d mails again?", count) % {"count": count}
        question = Question(
            title=title if count else _("Send again"),
            button=_("Send again"),
            abouts=[_about_repeating(edition, rows, can_be_sent)],
            form=form if can_be_sent else None,
            back=page_of(edition),
            hidden=[("delivery", row.pk) for row in can_be_sent],
        )
        return ask(self, request, question)

    def _resend(self, request: HttpRequest, edition: Edition, rows: list[Delivery], reason: str) -> HttpResponse:
        sent = 0
        for row in rows:
            try:
                control.resend(row, user_of(request), reason, timezone.now())
                sent += 1
            except control.NotSent as refusal:
                self.message_user(request, str(refusal), messages.WARNING)
        if sent:
            text = ngettext("%(count)d mail will be sent again.", "%(count)d mails will be sent again.", sent)
            say_done(self, request, text % {"count": sent})
        return HttpResponseRedirect(page_of(edition))

    # --- What nobody knows ---

    def decide_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        edition = self.edition_for(request, pk, control.RESEND)
        rows = _chosen(request, edition, DeliveryState.UNKNOWN)
        form = ReasonForm.of(request)
        decision = request.POST.get("decision", "")
        if request.method == "POST" and form.is_valid() and decision in ("arrived", "lost"):

            def change() -> None:
                for row in rows:
                    control.decide(
                        row, decision == "arrived", user_of(request), form.cleaned_data["reason"], timezone.now()
                    )

            return done(self, request, edition, change, _("Written down."))
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": _("Did it arrive?"),
            "edition": edition,
            "rows": rows,
            "form": form,
            "resend": reverse("admin:reporter_edition_resend", args=[pk], query={"delivery": [row.pk for row in rows]}),
        }
        return TemplateResponse(request, "admin/reporter/decide.html", context)


def _about_repeating(edition: Edition, rows: list[Delivery], can_be_sent: list[Delivery]) -> About:
    shown = about(edition)
    for row in rows:
        to = control.address_now(row)
        corrected = _("corrected since: it goes to %(address)s") % {"address": to.address} if to.is_new else ""
        known = [row.address, str(row.get_state_display()), row.server_reply, control.why_not_again(row), corrected]
        shown.facts.append((_("recipient"), " · ".join(filter(None, known))))
    if any(row.state == DeliveryState.UNKNOWN for row in can_be_sent):
        text = _("Nobody knows whether the unknown ones arrived: they may arrive twice. If you can, ask first.")
        shown.remarks.append(("bad", text))
    if len(rows) == MOST:
        text = _("These are the first %(count)d: open the page again for the others.")
        shown.remarks.append(("odd", text % {"count": MOST}))
    if not can_be_sent:
        text = _("There is nobody whom it did not reach, or they were sent it again already.")
        shown.remarks.append(("good", text))
    shown.remarks.append(("quiet", _("It is the same mail, with the same files and the same Message-ID.")))
    return shown


def _chosen(request: HttpRequest, edition: Edition, state: str) -> list[Delivery]:
    """The deliveries that a page was opened for; without a choice those in ``state``. An answer names what was seen."""
    is_answer = request.method == "POST"
    ids = ids_in(request, "delivery")
    rows = Delivery.objects.filter(edition=edition).select_related("edition", "recipient")
    rows = rows.defer("edition__html", "edition__text").order_by("pk")
    chosen = rows.filter(pk__in=ids) if ids or is_answer else rows.standing().filter(state=state)
    return list(chosen[:MOST])
