"""All configuration, read once from the environment or from a ``.env`` file beside manage.py.

Every setting stands here with its default and what it is for; docs/settings.md lists them for operators.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from backoffice.bootstrap import (
    cache_of_url,
    database_of_url,
    kept_secret_key,
    known_time_zone,
    make_data_folders,
)
from backoffice.environment import Environment
from backoffice.logfiles import logging_config
from backoffice.mail import MailServer, mail_settings
from backoffice.report_databases import PREFIX as REPORT_DATABASE
from backoffice.report_databases import report_databases

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment(BASE_DIR / ".env")

# --- Where things are -----------------------------------------------------------------------------------

# Everything that is written at run time: the SQLite file, outbox, files, logs, the secret key.
DATA_DIR = Path(env.text("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
make_data_folders(DATA_DIR)

# --- Safety ---------------------------------------------------------------------------------------------

DEBUG = env.flag("DEBUG", default=False)

# Signs sessions and links. Made once and kept in DATA_DIR when it is not given.
SECRET_KEY = env.text("SECRET_KEY", default="") or kept_secret_key(DATA_DIR)

# The names under which the site may be opened.
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])

# Where `serve` listens on this machine, and the address that people open.
PORT = env.whole("PORT", default=8000, at_least=1, at_most=65535)
SITE_URL = env.text("SITE_URL", default=f"http://localhost:{PORT}").rstrip("/")
if not SITE_URL.startswith(("http://", "https://")):
    env.refuse(f"SITE_URL must be an address that begins with http:// or https://, not {SITE_URL!r}.")
CSRF_TRUSTED_ORIGINS = [SITE_URL]

# Cookies travel over HTTPS alone where the site itself is reached by HTTPS.
_HTTPS = SITE_URL.startswith("https://")
SESSION_COOKIE_SECURE = _HTTPS
CSRF_COOKIE_SECURE = _HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Strict: no inline script or style, nothing from elsewhere.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    }
}

# Fields of a form: the table of a section's columns has eleven for each.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

# --- Applications ---------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "backoffice",  # before django_cron: it makes it load
    "backoffice.apps.BackOfficeAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_cron",
    "django_htmx",
    "import_export",
    "rangefilter",
    "backoffice.jobs",
    "reporter",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "backoffice.urls"
WSGI_APPLICATION = "backoffice.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# --- Database and cache ---------------------------------------------------------------------------------

# SQLite in DATA_DIR unless DATABASE_URL names another, e.g. postgres://user:password@host/name
_DATABASE_URL = env.text("DATABASE_URL", default="") or f"sqlite:///{(DATA_DIR / 'db.sqlite3').as_posix()}"

# Seconds that a writer waits for another on SQLite.
SQLITE_BUSY_TIMEOUT = 10


def _database(url: str) -> dict[str, Any]:
    config = database_of_url(url)
    options = config.setdefault("OPTIONS", {})
    if config["ENGINE"].endswith("sqlite3"):
        # IMMEDIATE: a writer waits at its start; a read that turns into a write would fail at once instead.
        options |= {
            "transaction_mode": "IMMEDIATE",
            "timeout": SQLITE_BUSY_TIMEOUT,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
    elif config["ENGINE"].endswith("postgresql"):
        config["CONN_HEALTH_CHECKS"] = True
        # A database host that vanished is noticed before the leases run out. Seconds and milliseconds.
        options.setdefault("connect_timeout", 10)
        options.setdefault("tcp_user_timeout", 20_000)
        if env.flag("DATABASE_POOL", default=False):  # for a web server of many threads; a tick is one connection
            options["pool"] = {"min_size": 1, "max_size": 8}
        else:
            config["CONN_MAX_AGE"] = 60
    return config


try:
    DATABASES = {"default": _database(_DATABASE_URL)}
except ValueError as error:
    env.refuse(f"DATABASE_URL {error}.")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Only what may be lost is cached. redis://host:6379/0 shares it between hosts.
_CACHE, CACHE_PROBLEM = cache_of_url(env.text("CACHE_URL", default=""))
CACHES = {"default": _CACHE}

# --- Jobs -----------------------------------------------------------------------------------------------

# The jobs: paths of CronJobBase classes. Add yours here, or in the environment, where it replaces this list:
# CRON_CLASSES=reporter.cron.SendDailyReportsCronJob,myapp.cron.MyJob
CRON_CLASSES = env.names("CRON_CLASSES", default=["reporter.cron.SendDailyReportsCronJob"])

# Days that rows of the log are kept.
DJANGO_CRON_DELETE_LOGS_OLDER_THAN = env.whole("DJANGO_CRON_DELETE_LOGS_OLDER_THAN", default=7, at_most=36_500)

# Seconds after which a run is ended and its lock freed; a class may set its own.
DJANGO_CRON_LOCK_TIME = env.whole("DJANGO_CRON_LOCK_TIME", default=24 * 60 * 60, at_least=1)

# Our lease. Another backend is taken in addition to it.
DJANGO_CRON_LOCK_BACKEND = env.text("DJANGO_CRON_LOCK_BACKEND", default="backoffice.jobs.locks.LeaseLock")

# Whether failures go to the log "django_cron" as errors too.
DJANGO_CRON_OUTPUT_ERRORS = env.flag("DJANGO_CRON_OUTPUT_ERRORS", default=False)

# Where runs are carried out: "process" (children of the scheduler) or "inline" (tests and debuggers).
JOBS_EXECUTOR = env.text("JOBS_EXECUTOR", default="process")

# Whether *Run now* in the browser may start a scheduler of its own on this host where none lives.
JOBS_START_DETACHED = env.flag("JOBS_START_DETACHED", default=True)

# Runs at a time on this host, and up to how many when some of them hang.
JOBS_POOL_SIZE = env.whole("JOBS_POOL_SIZE", default=4, at_least=1)
JOBS_POOL_MAX = env.whole("JOBS_POOL_MAX", default=max(8, JOBS_POOL_SIZE), at_least=1)
if JOBS_POOL_MAX < JOBS_POOL_SIZE:
    env.refuse(f"JOBS_POOL_MAX must be at least JOBS_POOL_SIZE, which is {JOBS_POOL_SIZE}, not {JOBS_POOL_MAX}.")

# Seconds that a lock outlives the last sign of life of its holder.
JOBS_LEASE_SECONDS = env.seconds("JOBS_LEASE_SECONDS", default=60.0, at_least=3)

# Bytes of what one run prints and logs that are kept for people to read; of more than that, the beginning and the end.
JOBS_OUTPUT_LIMIT = 1024 * 1024

# Days that runs are kept; they are slim, and the statistics of a year want them.
JOBS_KEEP_RUNS_DAYS = env.whole("JOBS_KEEP_RUNS_DAYS", default=400, at_most=36_500)

# --- Mail -----------------------------------------------------------------------------------------------

# smtp://user:password@host:587/?tls=True or smtps://…; without it, files in DATA_DIR/outbox.
EMAIL_URL = env.text("EMAIL_URL", default="")
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", default="backoffice@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
MAIL_SERVER: MailServer | None  # these three, and Django's own settings for mail, come from here:
MAIL_PROBLEM: str
MAIL_OUTBOX: Path
globals().update(mail_settings(EMAIL_URL, DATA_DIR / "outbox"))

# The domains that reports may be sent to, e.g. example.com,example.cn; empty: all.
_DOMAINS = env.names("REPORT_ALLOWED_DOMAINS", default=[])
for _domain in _DOMAINS:
    if any(character in _domain.removeprefix("@") for character in "@*/: "):
        env.refuse(f"REPORT_ALLOWED_DOMAINS must be domains such as example.com, with commas between, not {_domain!r}.")
REPORT_ALLOWED_DOMAINS = [domain.removeprefix("@").lower() for domain in _DOMAINS]

# Megabytes of a mail with its files, as they are sent; larger files are linked to, behind the login.
REPORT_MAX_ATTACHMENT_MB = env.whole("REPORT_MAX_ATTACHMENT_MB", default=10, at_least=0, at_most=1000)

# Mails that all senders together hand over in a minute; 0 is no limit. What is left goes on with the next tick.
REPORT_MAILS_PER_MINUTE = env.whole("REPORT_MAILS_PER_MINUTE", default=0, at_most=100_000)

# Days that the mails and files of editions are kept, and names and addresses of those who got them. The rows stay.
REPORT_KEEP_EDITIONS_DAYS = env.whole("REPORT_KEEP_EDITIONS_DAYS", default=400, at_least=3, at_most=36_500)
REPORT_KEEP_ADDRESSES_DAYS = env.whole("REPORT_KEEP_ADDRESSES_DAYS", default=400, at_least=3, at_most=36_500)

# --- Databases that reports read --------------------------------------------------------------------------

# REPORT_DB_<NAME>=postgres://…, mysql://… or sqlite:///…; never the back office's own, unless it is named so.
# One that cannot be read must not stop the others: the check names it.
REPORT_DATABASES, REPORT_DATABASE_PROBLEMS = report_databases(env.beginning_with(REPORT_DATABASE), BASE_DIR, DATA_DIR)

# What a query may take, on every one of them: seconds, rows, and megabytes of text. A query that goes beyond fails:
# half a table would look like a whole one.
REPORT_SQL_SECONDS = env.seconds("REPORT_SQL_SECONDS", default=60.0, at_least=1)
REPORT_SQL_MAX_ROWS = env.whole("REPORT_SQL_MAX_ROWS", default=100_000, at_least=1)
REPORT_SQL_MAX_MEGABYTES = env.whole("REPORT_SQL_MAX_MEGABYTES", default=50, at_least=1, at_most=2_000)

# --- Language and time ----------------------------------------------------------------------------------

LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LANGUAGE_CODE = env.text("LANGUAGE_CODE", default="en")
if LANGUAGE_CODE not in dict(LANGUAGES):
    env.refuse(f"LANGUAGE_CODE must be {' or '.join(dict(LANGUAGES))}, not {LANGUAGE_CODE!r}.")
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["backoffice.formats"]
USE_I18N = True

# The zone in which run_at_times and days are meant, and in which pages show moments.
# One that is not known must not stop everything: jobs that depend on it are held, and the check says so.
TIME_ZONE, TIME_ZONE_PROBLEM = known_time_zone(env.text("TIME_ZONE", default="UTC"))
USE_TZ = True

# --- Files ----------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# The files are served from where they are installed: no collectstatic, and nothing stale after an upgrade.
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
MEDIA_ROOT = DATA_DIR / "files"  # never served by URL: pages that check permissions hand files out

# --- Logging --------------------------------------------------------------------------------------------

# INFO is enough to see what ran.
LOG_LEVEL = env.level("LOG_LEVEL", default=logging.INFO)

LOGGING = logging_config(DATA_DIR / "logs", LOG_LEVEL)

# Everything has been read: what is wrong is said at once, before anything begins.
env.insist()
