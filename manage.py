#!/usr/bin/env python
"""The command line: ``python manage.py COMMAND``; ``python manage.py help`` lists the commands."""

import os
import sys

from backoffice.console import forgive_unprintable_text

# The exit status that shells give to what Ctrl-C ended.
INTERRUPTED = 130


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
    forgive_unprintable_text()
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ImportError as error:
        raise SystemExit(
            "Django is not installed in this Python. Run `make run`, or install requirements.txt "
            f"into the environment first. ({error})"
        ) from error
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        raise SystemExit("\n".join(f"Settings: {line}" for line in str(error).splitlines())) from error
    except KeyboardInterrupt:  # in the moments before a command looks out for it
        raise SystemExit(INTERRUPTED) from None


if __name__ == "__main__":
    main()
