"""The link by which a reader unsubscribes: signed, of one recipient and one report, the same each time."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.utils.encoding import iri_to_uri

from reporter.models import Delivery

SALT = "reporter.unsubscribe"

# Stands in an edition, which is built once and for all, where each mail has its reader's own link.
OWN_LINK = "https://your-own-link.invalid/unsubscribe/"


@dataclass(frozen=True)
class Who:
    """Whose link it is, and of which report. Either may be gone by now."""

    report: int
    recipient: int


def link_for(delivery: Delivery) -> str:
    """The reader's link; the front page where there is nobody to unsubscribe. ``delivery.edition`` is read."""
    if delivery.recipient_id is None:
        return iri_to_uri(f"{settings.SITE_URL}/unsubscribe/")
    token = Signer(salt=SALT).sign(f"{delivery.edition.report_id}-{delivery.recipient_id}")
    return iri_to_uri(f"{settings.SITE_URL}/unsubscribe/{token}/")


def read(token: str) -> Who | None:
    """Whose link it is; None if we have not made it. Links do not expire: mails are kept for years."""
    try:
        report, recipient = Signer(salt=SALT).unsign(token).split("-")
        return Who(int(report), int(recipient))
    except (BadSignature, ValueError):
        return None


def with_own_link(body: str, link: str) -> str:
    """The body with the reader's link in the place that is kept for it: the last, whatever else stands in it."""
    before, marker, after = body.rpartition(OWN_LINK)
    return f"{before}{link}{after}" if marker else body
