"""The databases that reports may read: REPORT_DB_<NAME>=url. They are none of Django's: each query opens its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit
from zoneinfo import ZoneInfo

from backoffice.bootstrap import INSTALL_DRIVER
from backoffice.mail import ENCODE

PREFIX = "REPORT_DB_"
KINDS = {
    "postgres": "postgresql",
    "postgresql": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlite": "sqlite",
}
PORTS = {"postgresql": 5432, "mysql": 3306}

# What may stand behind the question mark, beside the zone; the driver is handed it as it is.
OPTIONS = {
    "postgresql": {"sslmode", "sslrootcert", "sslcert", "sslkey"},
    "mysql": {"ssl_ca", "ssl_cert", "ssl_key"},
    "sqlite": set[str](),
}


@dataclass(frozen=True)
class ReportDatabase:
    """A database as the operator names it. Moments that it keeps without a zone are meant in ``zone``."""

    name: str
    kind: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    database: str = ""  # for SQLite the path of its file
    zone: str = "UTC"
    options: Mapping[str, str] = field(default_factory=dict)
    is_demo: bool = False

    @property
    def is_there(self) -> bool:
        """The demo's is named as long as its file is there; one that an operator names always is."""
        return not self.is_demo or Path(self.database).exists()


def parse_database(name: str, url: str, base_dir: Path) -> ReportDatabase:
    """Read one URL; a relative path of SQLite begins at ``base_dir``.

    Raises ValueError, with words for an operator. Nothing of the URL is repeated: it may hold the password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(f"its host or port cannot be read; {ENCODE}") from None
    kind = KINDS.get(parts.scheme)
    if kind is None:
        raise ValueError("it must begin with postgres://, mysql:// or sqlite:///")
    zone, options = _options(kind, parts)
    if kind == "sqlite":
        return ReportDatabase(name, kind, database=_file(parts, base_dir), zone=zone)
    if not parts.hostname or not parts.path.strip("/"):
        raise ValueError(f"it must be like {parts.scheme}://user:password@host/name; {ENCODE}")
    if kind == "postgresql" and not find_spec("psycopg"):
        raise ValueError(f"the driver for PostgreSQL is not installed; run: {INSTALL_DRIVER}")
    return ReportDatabase(
        name,
        kind,
        parts.hostname,
        port or PORTS[kind],
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        unquote(parts.path[1:]),
        zone,
        options,
    )


def _file(parts: SplitResult, base_dir: Path) -> str:
    path = unquote(parts.path[1:])
    if parts.netloc or not path:
        raise ValueError("it must be like sqlite:////folder/file.sqlite3")
    return str(base_dir / path)


def _options(kind: str, parts: SplitResult) -> tuple[str, dict[str, str]]:
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    zone = options.pop("zone", "UTC")
    if parts.fragment or set(options) - OPTIONS[kind]:
        raise ValueError(f"it has an option that is not known; there are {', '.join(sorted({'zone', *OPTIONS[kind]}))}")
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise ValueError("its zone is not known; use a name such as Asia/Shanghai") from None
    return zone, options


def report_databases(
    named: Mapping[str, str], base_dir: Path, data_dir: Path
) -> tuple[dict[str, ReportDatabase], dict[str, str]]:
    """From settings and their URLs: the databases by name; and by setting what is wrong with those that cannot be read.

    The demo's shop is named as SHOP as long as its file is there: it is written after the settings were read, so
    no setting could be written with it. ``REPORT_DB_SHOP=`` leaves it out.
    """
    shop = ReportDatabase("SHOP", "sqlite", database=str(data_dir / "shop.sqlite3"), is_demo=True)
    found, problems = {"SHOP": shop}, {}
    for setting, url in sorted((setting, url.strip()) for setting, url in named.items()):
        name = setting.removeprefix(PREFIX).upper()
        found.pop(name, None)
        if not url:
            continue
        try:
            found[name] = parse_database(name, url, base_dir)
        except ValueError as error:
            problems[setting] = str(error)
    return found, problems
