"""Says in one line that a Python is too old or too new for us. Runs on any Python 3, so: nothing modern here."""

import sys

OLDEST, NEWEST = (3, 11), (3, 13)

if not OLDEST <= sys.version_info[:2] <= NEWEST:
    sys.exit(
        "Python %d.%d to %d.%d is needed, and this is %d.%d. Name another one: make PYTHON=python3.12 ..."
        % (OLDEST + NEWEST + sys.version_info[:2])
    )
