"""Pages that ask before something is done to an edition: again, decided, corrected, held, let go, built again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from backoffice.jobs.admin.asking import AskingForm, Question, ReasonForm, ask
from backoffice.jobs.admin.base import insist, user_of
from reporter import control
from reporter.admin.base import people
from reporter.admin.reaching import SEE, ReachingPages, about, done, page_of
from reporter.board import Counts, counts_of, state_of
from reporter.control.corrections import Since, changed_since, people_of
from reporter.holds import LONGEST
from reporter.models import Delivery, DeliveryState, Edition, Hold, Why
from reporter.models.choices import UNFINISHED, VOID

# Addresses that a remark names.
NAMED = 10


class CorrectionForm(AskingForm):
    text = forms.CharField(
        label=gettext_lazy("what is corrected"),
        max_length=255,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text=gettext_lazy("Those who get it read this at the top of the mail. Write it in the report's language."),
    )


class EditionPages(ReachingPages):
    def get_urls(self) -> list[URLPattern]:
        def page(name: str, view: Callable[..., HttpResponse]) -> URLPattern:
            guarded = require_http_methods(["GET", "HEAD", "POST"])(view)
            return path(f"<int:pk>/{name}/", self.admin_site.admin_view(guarded), name=f"reporter_edition_{name}")

        return [
            page("resend", self.resend_view),
            page("decide", self.decide_view),
            page("correct", self.correct_view),
            page("hold", self.hold_view),
            page("release", self.release_view),
            page("try_now", self.try_now_view),
            page("build_again", self.build_again_view),
            page("progress", self.progress_view),
            *super().get_urls(),
        ]

    # --- Correction ---

    def correct_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        edition = self.edition_for(request, pk, control.CORRECT)
        form = CorrectionForm.of(request)
        if request.method == "POST" and form.is_valid():
            try:
                correction = control.correct(edition, user_of(request), form.cleaned_data["text"], timezone.now())
            except control.NotSent as error:
                self.message_user(request, str(error), messages.ERROR)
                return HttpResponseRedirect(page_of(edition))
            if obstacle := control.why_nothing_is_sent():
                self.message_user(request, obstacle, messages.WARNING)
            else:
                self.message_user(request, _("The correction will be sent within seconds."), messages.SUCCESS)
            return HttpResponseRedirect(page_of(correction))
        shown = about(edition)
        since = changed_since(edition)
        shown.facts.append((_("goes to"), people(people_of(edition) - len(since.gone))))
        shown.remarks.extend(_remarks_on(since))
        refusal = control.why_not_corrected(edition)
        text = _("The data of the same days, as it is now, is sent to all that this edition was meant for.")
        shown.remarks.append(("bad", refusal) if refusal else ("quiet", text))
        asked = None if refusal else form
        question = Question(_("Send a correction?"), _("Send the correction"), [shown], asked, page_of(edition))
        return ask(self, request, question)

    # --- Hold, let go, build again ---

    def hold_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        edition = self.edition_for(request, pk, control.HOLD)
        possible = edition.state in UNFINISHED and not edition.hold
        return self._simple(
            request,
            edition,
            lambda reason: control.hold(edition, user_of(request), reason, timezone.now()),
            title=_("Hold this edition?"),
            button=_("Hold it"),
            remark=_("What is not sent yet waits until somebody lets it go; after %(days)d days it is skipped.")
            % {"days": LONGEST[Hold.PERSON].days}
            if possible
            else _("It is finished, or held already."),
            possible=possible,
            said=_("It is held."),
        )

    def release_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        insist(request, SEE)
        edition = get_object_or_404(Edition.objects.select_related("report__owner"), pk=pk)
        is_approval = edition.hold == Hold.APPROVAL
        insist(request, control.APPROVE if is_approval else control.HOLD)
        possible = edition.state in UNFINISHED and edition.hold in (Hold.PERSON, Hold.APPROVAL)
        return self._simple(
            request,
            edition,
            lambda reason: control.release(edition, user_of(request), reason, timezone.now()),
            title=_("Approve this edition?") if is_approval else _("Let this edition go?"),
            button=_("Approve") if is_approval else _("Let it go"),
            remark=_("It is sent within seconds.") if possible else edition.hold_reason or _("It is not held."),
            possible=possible,
            said=_("It will be sent within seconds."),
            facts=_waiting(edition) if possible else [],
        )

    def build_again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        edition = self.edition_for(request, pk, control.SEND)
        possible = is_void(edition)
        why = edition.problem or edition.outcome
        return self._simple(
            request,
            edition,
            lambda reason: control.build_again(edition, user_of(request), reason, timezone.now()),
            title=_("Build this edition again?"),
            button=_("Build it again"),
            remark=why if possible else _("It is built, or being built again already."),
            possible=possible,
            said=_("It will be built and sent within seconds."),
        )

    def try_now_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        edition = self.edition_for(request, pk, control.RESEND)
        possible = edition.deliveries.put_off(timezone.now()).exists()
        return self._simple(
            request,
            edition,
            lambda reason: control.try_now(edition, user_of(request), reason, timezone.now()),
            title=_("Try again now?"),
            button=_("Try again now"),
            remark=_("What the mail server did not take is tried again without waiting for the next attempt.")
            if possible
            else _("Nothing of it is put off."),
            possible=possible,
            said=_("It is being tried again."),
        )

    def _simple(
        self,
        request: HttpRequest,
        edition: Edition,
        change: Callable[[str], object],
        *,
        title: str,
        button: str,
        remark: str,
        possible: bool,
        said: str,
        facts: Iterable[tuple[str, str]] = (),
    ) -> HttpResponse:
        form = ReasonForm.of(request)
        if request.method == "POST" and form.is_valid():
            return done(self, request, edition, lambda: change(form.cleaned_data["reason"]), said)
        shown = about(edition)
        shown.facts.extend(facts)
        shown.remarks.append(("odd", remark))
        return ask(self, request, Question(title, button, [shown], form if possible else None, page_of(edition)))

    # --- How far it is ---

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A part of the edition's page, which asks for it again while the edition is not finished.

        Where the edition is in another state than that which the page was made for, the answer makes it load anew.
        """
        progress = progress_of(self.edition_for(request, pk))
        if request.GET.get("seen", progress["seen"]) != progress["seen"]:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return TemplateResponse(request, "admin/reporter/progress.html", progress)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        edition = Edition.objects.filter(pk=object_id).defer("html", "text").first() if object_id.isdecimal() else None
        context = {"steps": _steps(edition, request)} if edition else {}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))


def is_void(edition: Edition) -> bool:
    """Whether nothing was built, and nothing goes on: it can be built again."""
    return edition.state in VOID and edition.built_at is None


def _remarks_on(since: Since) -> Iterator[tuple[str, str]]:
    if since.former:
        text = _(
            "These get the report no more, as it was handed over or they were unsubscribed: %(people)s. The correction "
            "goes to them, who were sent what was wrong, and not to whoever has taken over."
        )
        yield "odd", text % {"people": _named(since.former)}
    if since.gone:
        text = _(
            "These were switched off since, or have unsubscribed: %(people)s. The correction goes neither to them nor "
            "to whoever has taken over."
        )
        yield "odd", text % {"people": _named(since.gone)}


def _named(addresses: list[str]) -> str:
    others = len(addresses) - NAMED
    return ", ".join(addresses[:NAMED]) + (f" … (+{others})" if others > 0 else "")


def _waiting(edition: Edition) -> list[tuple[str, str]]:
    """How many it goes to once it is let go; nobody knows before it is built."""
    if edition.built_at is None:
        return []
    rows = Delivery.objects.filter(edition=edition, state=DeliveryState.PENDING)
    count, copies = rows.count(), rows.filter(is_copy=True).count()
    text = _("%(people)s, of whom %(copies)d as a copy (Cc)") if copies else "%(people)s"
    return [(_("goes to"), text % {"people": people(count), "copies": copies})]


def progress_of(edition: Edition) -> dict[str, Any]:
    now = timezone.now()
    state, words = state_of(edition, counts_of([edition], now).get(edition.pk, Counts()), now)
    return {
        "edition": edition,
        "state": state,
        "words": words,
        "is_unfinished": edition.state in UNFINISHED,
        "seen": f"{edition.state} {edition.hold}".strip(),
    }


def _steps(edition: Edition, request: HttpRequest) -> list[tuple[str, str]]:
    """What can be done about an edition now, by those who may."""
    may = user_of(request).has_perm
    rows = edition.deliveries.standing()
    has_failed, has_unknown = rows.failed().exists(), rows.unknown().exists()
    unfinished = edition.state in UNFINISHED
    is_put_off = unfinished and rows.put_off(timezone.now()).exists()
    offered = [
        ("decide", _("Decide about the unknown"), has_unknown and may(control.RESEND)),
        ("resend", _("Send again to those who failed"), has_failed and may(control.RESEND)),
        ("try_now", _("Try again now"), is_put_off and may(control.RESEND)),
        ("build_again", _("Build it again"), is_void(edition) and may(control.SEND)),
        ("release", _("Approve"), edition.hold == Hold.APPROVAL and unfinished and may(control.APPROVE)),
        ("release", _("Let it go"), edition.hold == Hold.PERSON and unfinished and may(control.HOLD)),
        ("hold", _("Hold it"), not edition.hold and unfinished and may(control.HOLD)),
        ("correct", _("Send a correction"), not unfinished and may(control.CORRECT) and not is_void(edition)),
    ]
    if edition.why == Why.NOTICE:
        offered = []
    return [
        (reverse(f"admin:reporter_edition_{name}", args=[edition.pk]), text) for name, text, is_so in offered if is_so
    ]
