"""People who can be sent reports, and the groups they are in."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from reporter.models.choices import Language
from reporter.models.report import Report
from reporter.models.validators import domain_problem, validate_label, validate_one_line


class Tag(models.Model):
    """A word by which recipients are found again. It sends nothing: that is what groups are for."""

    name = models.CharField(_("name"), max_length=60, validators=[validate_one_line, validate_label])

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"), name="tag_once", violation_error_message=_("There is a tag of this name already.")
            )
        ]

    def __str__(self) -> str:
        return self.name


class RecipientQuerySet(models.QuerySet["Recipient"]):
    def get_by_natural_key(self, address: str) -> Recipient:
        return self.get(address__iexact=address)

    def receiving(self, report: Report | int | OuterRef) -> RecipientQuerySet:
        """Who gets ``report``, each once: subscribed, or in a group that is.

        A subscription of one's own that is switched off is a wish, too: it goes before every group.
        """
        from reporter.models.subscription import GroupSubscription, Subscription

        own = Subscription.objects.filter(report=report, recipient=OuterRef("pk"))
        through = GroupSubscription.objects.active().filter(report=report, group__members=OuterRef("pk"))
        return self.filter(is_active=True).filter(Exists(own.filter(is_active=True)) | (~Exists(own) & Exists(through)))


class Recipient(models.Model):
    name = models.CharField(_("name"), max_length=120, validators=[validate_one_line])
    address = models.EmailField(_("e-mail address"), max_length=254)
    language = models.CharField(
        _("language"),
        max_length=16,
        choices=Language.choices,
        blank=True,
        help_text=_("Of pages that are meant for this person. A report has its own language."),
    )
    tags = models.ManyToManyField(
        Tag,
        verbose_name=_("tags"),
        blank=True,
        related_name="recipients",
        help_text=_("Words by which this person is found again."),
    )
    is_active = models.BooleanField(_("active"), default=True, help_text=_("Switched off: is sent nothing."))

    objects = RecipientQuerySet.as_manager()

    class Meta:
        verbose_name = _("recipient")
        verbose_name_plural = _("recipients")
        ordering = ["name"]
        permissions = [
            ("import_recipients", _("Can import recipients from a file")),
            ("export_recipients", _("Can export recipients to a file")),
            ("hand_over_recipient", _("Can hand the reports of a recipient over to a successor")),
        ]
        constraints = [
            models.UniqueConstraint(
                Lower("address"),
                name="recipient_address_once",
                violation_error_message=_("There is a recipient with this address already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>"

    def clean(self) -> None:
        """One who is outside the allowed domains can be switched off, but not be added or switched on."""
        if self.is_active and self.address and (problem := domain_problem(self.address)):
            raise ValidationError({"address": problem})


class RecipientGroupQuerySet(models.QuerySet["RecipientGroup"]):
    def get_by_natural_key(self, name: str) -> RecipientGroup:
        return self.get(name=name)


class RecipientGroup(models.Model):
    """Recipients who get the same reports: everybody who is in it at the moment when one is built."""

    name = models.CharField(_("name"), max_length=120, validators=[validate_one_line, validate_label])
    members = models.ManyToManyField(Recipient, verbose_name=_("members"), blank=True, related_name="groups")

    objects = RecipientGroupQuerySet.as_manager()

    class Meta:
        verbose_name = _("group of recipients")
        verbose_name_plural = _("groups of recipients")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="recipient_group_once",
                violation_error_message=_("There is a group of this name already."),
            )
        ]

    def __str__(self) -> str:
        return self.name


def _membership_words(membership: Any) -> str:
    return f"{membership.recipientgroup} → {membership.recipient}"


def _tagging_words(tagging: Any) -> str:
    return f"{tagging.tag} → {tagging.recipient}"


# Django makes the models of these; histories and pages name their rows.
Membership = RecipientGroup.members.through
Membership.__str__ = _membership_words  # type: ignore[method-assign]
Membership._meta.verbose_name, Membership._meta.verbose_name_plural = _("membership"), _("memberships")
Tagging = Recipient.tags.through
Tagging.__str__ = _tagging_words  # type: ignore[method-assign]
Tagging._meta.verbose_name, Tagging._meta.verbose_name_plural = Tag._meta.verbose_name, Tag._meta.verbose_name_plural
