# SPDX-License-Identifier: ISC
"""Where tests make their directories: the path of a Unix socket has 107 bytes at most."""

import os
import re

LENGTH_MAX = 40


def is_suitable(path):
    """Plain and short; and if we are root, other users that a test becomes can get there."""
    if not re.fullmatch(r"(/[\w.-]+)+", path) or len(path) > LENGTH_MAX or \
            not os.access(path, os.W_OK | os.X_OK):
        return False
    while os.geteuid() == 0 and path != "/":
        if not os.stat(path).st_mode & 1:
            return False
        path = os.path.dirname(path)
    return True


def short():
    """TMPDIR if it is suitable, or else another directory that is there to be written."""
    for name in ("TMPDIR", "", "XDG_RUNTIME_DIR"):
        path = os.path.realpath(os.environ.get(name) or "/tmp")
        if is_suitable(path):
            return path
    raise SystemExit("tests need a directory with a short path: set TMPDIR to one")
