"""A file of recipients, as people save it from a spreadsheet: its lines, and what is wrong with them by number."""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from backoffice.jobs.formulas import BYTE_ORDER_MARK, begins_formula, defused
from reporter.models import Language, Recipient
from reporter.models.validators import SEPARATORS

# Some ten thousand recipients. What is larger is hardly a list of them.
MAX_BYTES = 1_000_000

DELIMITERS = ",;\t"

# NUL cannot be stored; the other stands where a character got lost, for instance a NUL on its way through a page.
BROKEN = "\x00\ufffd"

# What the columns are called, in small letters; the first is what we write.
# fmt: off
COLUMNS = {
    "name": ("name", "姓名", "名字", "名称"),
    "address": ("address", "邮箱", "e-mail", "email", "mail", "e-mail address", "email address", "邮箱地址", "电子邮箱",
        "邮件地址", "电子邮件"),
    "language": ("language", "语言"),
    "tags": ("tags", "标签", "tag"),
    "groups": ("groups", "组", "group", "分组", "群组", "组别"),
}
# fmt: on

LANGUAGES = {
    Language.ENGLISH: ("en", "english", "英文", "英语"),
    Language.CHINESE: ("zh-hans", "zh", "zh-cn", "zh_cn", "chinese", "中文", "简体中文", "汉语"),
}


class UnreadableFile(Exception):
    """Nothing can be read from the file; the message says why and what to do."""


@dataclass(frozen=True)
class Line:
    number: int  # as a text editor counts them
    name: str
    address: str
    language: str
    tags: list[str]
    groups: list[str]

    @property
    def language_name(self) -> str:
        return str(Language(self.language).label) if self.language else ""


@dataclass(frozen=True)
class Problem:
    number: int
    text: str


@dataclass
class Content:
    lines: list[Line] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def decoded(content: bytes) -> tuple[str, str]:
    """The text, and the name of its encoding. Raises UnreadableFile."""
    if len(content) > MAX_BYTES:
        raise UnreadableFile(too_large(len(content)))
    encodings = ["utf-8-sig", "gb18030"]
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    for encoding in encodings:
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise UnreadableFile(_("This is no text. In the spreadsheet, choose “Save as”, then “CSV UTF-8”."))


def too_large(size: int) -> str:
    return _("The file has %(size)s MB; at most %(limit)s MB are read. Split it, or leave other columns out.") % {
        "size": f"{size / 1_000_000:.1f}",
        "limit": f"{MAX_BYTES / 1_000_000:.0f}",
    }


def read(text: str) -> Content:
    """The lines of a file. Raises UnreadableFile where there is no first line that names the columns."""
    content = Content()
    rows = _rows(text, content)
    _number, headings = next(rows, (0, []))
    columns = _columns(headings, content)
    for number, cells in rows:
        try:
            content.lines.append(_line(number, cells, columns, len(headings)))
        except ValueError as error:
            content.problems.append(Problem(number, str(error)))
    if not content.lines and not content.problems:
        raise UnreadableFile(_("Below the names of the columns there is nothing in the file."))
    return content


def _rows(text: str, content: Content) -> Iterator[tuple[int, list[str]]]:
    """Each row that holds anything, with the number of its first line."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield number, [cell.strip() for cell in cells]
            number = reader.line_num + 1
    except csv.Error:
        problem = _("A quotation mark is missing, or there is one too many. From here on nothing was read.")
        content.problems.append(Problem(number, problem))


def _columns(headings: list[str], content: Content) -> dict[str, int]:
    """Where which column stands."""
    known = {word: column for column, words in COLUMNS.items() for word in words}
    columns: dict[str, int] = {}
    for place, heading in enumerate(headings):
        column = known.get(unicodedata.normalize("NFKC", heading).strip().lower())
        if column in columns:
            raise UnreadableFile(_("There are two columns “%(name)s”. Leave one of them out.") % {"name": heading})
        if column:
            columns[column] = place
        elif heading:
            content.remarks.append(_("The column “%(name)s” is not read.") % {"name": heading[:60]})
    if "address" not in columns:
        text = _(
            "The first line has to name the columns: name, address, language, tags, groups "
            "(or 姓名, 邮箱, 语言, 标签, 组); the address is needed. It is: “%(line)s”."
        )
        raise UnreadableFile(text % {"line": ", ".join(headings)[:120]})
    return columns


def _line(number: int, cells: list[str], columns: dict[str, int], width: int) -> Line:
    """Raises ValueError, in words, for what cannot be meant."""
    if any(character in cell for cell in cells for character in BROKEN):
        raise ValueError(_("It holds a character that is none. Correct it, or save the file as “CSV UTF-8”."))
    if any(cells[width:]):
        raise ValueError(_("It has more cells than there are columns. Is there a comma in a name? Put it in quotes."))
    cell = {column: _as_typed(cells[place]) if place < len(cells) else "" for column, place in columns.items()}
    address = unicodedata.normalize("NFKC", cell["address"])  # ＠ as it is typed among Chinese letters
    if not address:
        raise ValueError(_("It has no address. Fill it in, or take the line out."))
    return Line(
        number,
        cell.get("name", ""),
        address,
        _language(cell.get("language", "")),
        _words(cell.get("tags", "")),
        _words(cell.get("groups", "")),
    )


def _as_typed(cell: str) -> str:
    """Without the apostrophe that ``written`` put before it."""
    return cell[1:] if cell.startswith("'") and begins_formula(cell[1:]) else cell


def _language(word: str) -> str:
    for language, words in LANGUAGES.items():
        if word.lower() in words:
            return language.value
    if word:
        raise ValueError(_("“%(word)s” is no language here. Write en or zh-hans (英文, 中文).") % {"word": word[:60]})
    return ""


def _words(cell: str) -> list[str]:
    """The words of a cell, each once: separated by commas, semicolons, bars or lines."""
    words = (" ".join(word.split()) for word in SEPARATORS.split(cell))
    return list({word.lower(): word for word in words if word}.values())


def written(recipients: Iterable[Recipient]) -> str:
    """A file of ``recipients`` that ``read`` reads; what a spreadsheet would take for a formula is defused."""
    stream = io.StringIO()
    stream.write(BYTE_ORDER_MARK)
    rows = csv.writer(stream)
    rows.writerow(COLUMNS)
    for recipient in recipients:
        tags = ", ".join(tag.name for tag in recipient.tags.all())
        groups = ", ".join(group.name for group in recipient.groups.all())
        cells = [recipient.name, recipient.address, recipient.language, tags, groups]
        rows.writerow([defused(cell) for cell in cells])
    return stream.getvalue()
