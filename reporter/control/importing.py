"""Taking recipients in from a file: first what would change, then the same, in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from backoffice.jobs.control.rights import check
from reporter.control.audience import reports_of
from reporter.control.permissions import IMPORT
from reporter.control.rights import unseen
from reporter.models import Language, Recipient, RecipientGroup, Tag
from reporter.models.audience import Membership
from reporter.models.validators import domain_problem
from reporter.recipient_files import Content, Line, Problem

M = TypeVar("M", bound=Model)

# Of an address, in characters; a longer one is said to be too long.
LONGEST_ADDRESS = 254

# Values in one query; what databases take.
CHUNK = 500


class ChangedMeanwhile(Exception):
    """What the import would do is not what was shown any more. Nothing was written."""


@dataclass
class Row:
    """One line, and what it would do. What a cell leaves empty stays as it is; tags and groups are added to."""

    line: Line
    recipient: Recipient | None
    changes: list[tuple[str, str, str]] = field(default_factory=list)  # what, before, after
    new_tags: list[str] = field(default_factory=list)
    new_groups: list[str] = field(default_factory=list)


@dataclass
class Plan:
    added: list[Row] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    unchanged: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many recipients would be written."""
        return len(self.added) + len(self.changed)

    @property
    def digest(self) -> str:
        """What would be written, in short: what is imported must be what was looked at."""
        rows = [(row.line, row.changes, row.new_tags, row.new_groups) for row in (*self.added, *self.changed)]
        return hashlib.sha256(repr(rows).encode("utf-8", "surrogatepass")).hexdigest()


def look_at(content: Content, user: User) -> Plan:
    """What importing ``content`` would do. Changes nothing. Raises PermissionDenied."""
    check(user, IMPORT)
    return _Planner(content, user).plan()


def import_recipients(content: Content, user: User, seen: str, file_name: str) -> Plan:
    """Do what ``look_at`` told: all of it or nothing. ``seen`` is the digest of the plan that was looked at.

    Lines with problems are left out. Raises PermissionDenied, ChangedMeanwhile.
    """
    try:
        with transaction.atomic():
            plan = look_at(content, user)
            if plan.digest != seen:
                raise ChangedMeanwhile
            _write(plan, user, file_name)
    except IntegrityError as error:  # another import, in the same moment
        raise ChangedMeanwhile from error
    return plan


# --- What would change ----------------------------------------------------------------------------------


class _Planner:
    """Compares a file with what there is. The number of queries goes by hundreds of lines, not by lines."""

    def __init__(self, content: Content, user: User) -> None:
        self.content = content
        recipients = Recipient.objects.prefetch_related("tags", "groups")
        self.known = dict(_by(recipients, "address", (line.address for line in content.lines)))
        groups = {name for line in content.lines for name in line.groups}
        self.groups = dict(_by(RecipientGroup.objects.all(), "name", groups))
        self.closed = {key: text for key, group in self.groups.items() if (text := unseen(user, reports_of([group])))}
        self.first: dict[str, int] = {}

    def plan(self) -> Plan:
        plan = Plan(problems=list(self.content.problems), remarks=self.content.remarks)
        for line in self.content.lines:
            try:
                row = self._row(line)
            except ValidationError as error:
                plan.problems.append(Problem(line.number, " ".join(error.messages)))
                continue
            target = plan.added if row.recipient is None else plan.changed if row.changes else plan.unchanged
            target.append(row)
        plan.problems.sort(key=lambda problem: problem.number)
        return plan

    def _row(self, line: Line) -> Row:
        key = line.address.lower()
        recipient = self.known.get(key)
        self._check(line, recipient)
        if (first := self.first.setdefault(key, line.number)) != line.number:
            raise ValidationError(_("The address stands in line %(line)d already. Keep one of them.") % {"line": first})
        row = Row(line, recipient)
        row.new_tags = _missing(line.tags, recipient.tags.all() if recipient else [])
        row.new_groups = _missing(line.groups, recipient.groups.all() if recipient else [])
        if closed := [self.closed[name.lower()] for name in row.new_groups if name.lower() in self.closed]:
            raise ValidationError(closed[0])
        if recipient:
            row.changes = list(_changes(row, recipient))
        return row

    def _check(self, line: Line, recipient: Recipient | None) -> None:
        if not line.name and recipient is None:
            raise ValidationError(_("It has no name. Fill it in."))
        if len(line.address) <= LONGEST_ADDRESS and not _is_address(line.address):
            text = _("“%(text)s” is no e-mail address. Write it like ada@example.com.")
            raise ValidationError(text % {"text": line.address[:100]})
        _checked(Recipient, "address", _("e-mail address"), line.address)
        if line.name:
            _checked(Recipient, "name", _("name"), line.name)
        if (recipient is None or recipient.is_active) and (problem := domain_problem(line.address)):
            raise ValidationError(problem)
        for tag in line.tags:
            _checked(Tag, "name", _("tags"), tag)
        if unknown := [name for name in line.groups if name.lower() not in self.groups]:
            text = _("There is no group “%(name)s”. Correct the name, or make the group first.")
            raise ValidationError(text % {"name": unknown[0][:60]})


def _checked(model: type[Model], name: str, column: str, value: str) -> None:
    """Raises ValidationError, in the words of the field, for the column where it stands."""
    try:
        model._meta.get_field(name).clean(value, None)  # type: ignore[union-attr]
    except ValidationError as error:
        text = _("%(column)s: %(problem)s") % {"column": column, "problem": " ".join(error.messages)}
        raise ValidationError(text) from None


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def _by(rows: QuerySet[M], name: str, values: Iterable[str]) -> Iterator[tuple[str, M]]:
    """Those of ``rows`` with these values, however they are written."""
    keys = sorted({value.lower() for value in values})
    for start in range(0, len(keys), CHUNK):
        for row in rows.annotate(key=Lower(name)).filter(key__in=keys[start : start + CHUNK]):
            yield getattr(row, "key"), row  # noqa: B009


def _missing(names: list[str], there: Iterable[Model]) -> list[str]:
    known = {str(row).lower() for row in there}
    return [name for name in names if name.lower() not in known]


def _changes(row: Row, recipient: Recipient) -> Iterator[tuple[str, str, str]]:
    line = row.line
    if line.name and line.name != recipient.name:
        yield _("name"), recipient.name, line.name
    if line.language and line.language != recipient.language:
        yield _("language"), recipient.get_language_display(), Language(line.language).label
    for label, new, rows in (
        (_("tags"), row.new_tags, recipient.tags),
        (_("groups"), row.new_groups, recipient.groups),
    ):
        if new:
            before = [str(each) for each in rows.all()]
            yield label, ", ".join(before), ", ".join([*before, *new])


# --- Writing it -----------------------------------------------------------------------------------------


def _write(plan: Plan, user: User, file_name: str) -> None:
    for row in plan.added:
        row.recipient = Recipient(name=row.line.name, address=row.line.address, language=row.line.language)
    for row in plan.changed:
        if row.recipient:
            row.recipient.name = row.line.name or row.recipient.name
            row.recipient.language = row.line.language or row.recipient.language
    Recipient.objects.bulk_create([row.recipient for row in plan.added if row.recipient], batch_size=CHUNK)
    Recipient.objects.bulk_update(
        [row.recipient for row in plan.changed if row.recipient], ["name", "language"], batch_size=CHUNK
    )
    rows = [*plan.added, *plan.changed]
    tags = _all_tags({name for row in rows for name in row.new_tags})
    groups = dict(_by(RecipientGroup.objects.all(), "name", {name for row in rows for name in row.new_groups}))
    _link(Recipient.tags.through, "tag", [(row, tags[name.lower()]) for row in rows for name in row.new_tags])
    _link(
        Membership,
        "recipientgroup",
        [(row, groups[name.lower()]) for row in rows for name in row.new_groups],
    )
    _note(plan, user, file_name)


def _all_tags(names: set[str]) -> dict[str, Tag]:
    there = dict(_by(Tag.objects.all(), "name", names))
    new = {name.lower(): Tag(name=name) for name in sorted(names) if name.lower() not in there}
    Tag.objects.bulk_create(new.values())
    return there | new


def _link(through: type[Model], name: str, pairs: Iterable[tuple[Row, Model]]) -> None:
    rows = [through(recipient=row.recipient, **{name: other}) for row, other in pairs]
    through._default_manager.bulk_create(rows, ignore_conflicts=True, batch_size=CHUNK)


def _note(plan: Plan, user: User, file_name: str) -> None:
    """An entry in the history of each: from which file, and what it changed."""
    kind = ContentType.objects.get_for_model(Recipient)
    text = _("Imported from %(file)s.") % {"file": file_name[:100]}
    LogEntry.objects.bulk_create(
        [
            LogEntry(
                user=user,
                content_type=kind,
                object_id=str(row.recipient.pk),
                object_repr=str(row.recipient)[:200],
                action_flag=flag,
                change_message=" ".join([text, *(f"{what}: {old} → {new}." for what, old, new in row.changes)]),
            )
            for flag, rows in ((ADDITION, plan.added), (CHANGE, plan.changed))
            for row in rows
            if row.recipient
        ],
        batch_size=CHUNK,
    )
