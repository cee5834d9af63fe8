"""The files of an edition: which it has, which go with the mail, and which are only linked to."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.utils.translation import gettext as _

from reporter.contents import Contents, has_csv, has_workbook, workbook_name
from reporter.models import Edition
from reporter.rendering import sheets, workbooks
from reporter.rendering.tables import as_text

# A name and a content.
File = tuple[str, bytes]

MEGABYTE = 1024 * 1024

# What a mail adds to each byte that is attached.
ENCODED = 4 / 3


def files_of(contents: Contents) -> list[File]:
    """All rows of all tables and charts, as the report wants them."""
    report = contents.edition.report
    tables = [(part, part.shaped) for part in contents.parts if part.shaped is not None]
    files = [(part.csv_name, sheets.csv_bytes(shaped)) for part, shaped in tables] if has_csv(report) else []
    if has_workbook(report) and tables:
        book = workbooks.xlsx_bytes([(part.title, shaped) for part, shaped in tables])
        files.append((workbook_name(contents.edition), book))
    return files


def too_large(files: Iterable[File], other_bytes: int) -> frozenset[str]:
    """The names of the files that do not go with the mail, so that all of it stays below the limit.

    ``other_bytes``: of what the mail holds besides. The small ones are attached first.
    """
    room = settings.REPORT_MAX_ATTACHMENT_MB * MEGABYTE / ENCODED - other_bytes
    linked = set()
    for name, content in sorted(files, key=lambda file: len(file[1])):
        if len(content) > room:
            linked.add(name)
        else:
            room -= len(content)
    return frozenset(linked)


def links_to(edition: Edition, files: Iterable[File], linked: frozenset[str]) -> list[tuple[str, str]]:
    """What the mail says of each file that is not attached, and where it is to be had."""
    return [
        (
            _("The file %(name)s (%(size)s MB) is too large for a mail. It can be fetched here, after logging in:")
            % {"name": name, "size": as_text(round(len(content) / MEGABYTE, 1), edition.zone)},
            address_of(edition, position),
        )
        for position, (name, content) in enumerate(files, start=1)
        if name in linked
    ]


def address_of(edition: Edition, position: int) -> str:
    """The page that hands a file out, to those who may see editions.

    Written out: asking the site for it would load all of the admin into the process that sends.
    """
    return f"{settings.SITE_URL}/admin/reporter/edition/{edition.pk or 0}/files/{position}/"
