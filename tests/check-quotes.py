# SPDX-License-Identifier: ISC
"""The manuals as they are rendered: no quotation inside a quotation, none that is empty, as an mdoc
line with a macro too many gives them."""

import glob
import os
import re
import subprocess
import sys
import unittest

SOURCE = os.environ.get("ECHO_SOURCE", os.getcwd())

ODD = (
    "‘[^’]*‘",  # opened again before it was closed
    "“[^”]*“",
    "’’", "””",  # closed twice
    "‘ ?’", "“ ?”",  # nothing in it
)


def complaints(text):
    """What is odd in a rendered page, with what is around it."""
    text = " ".join(text.split())
    for pattern in ODD:
        for match in re.finditer(pattern, text):
            yield text[max(0, match.start() - 20):match.end() + 20]


def render(page):
    """Page source to text, without overstriking."""
    text = subprocess.run(["mandoc", "-T", "utf8"], input=page, stdout=subprocess.PIPE, text=True,
                          encoding="utf-8", check=True).stdout
    return re.sub(".\x08", "", text)


class Quotes(unittest.TestCase):
    def test_rules_bite(self):
        head = ".Dd November 27, 2026\n.Dt X 1\n.Os\n.Sh NAME\n.Nm x\n.Nd y\n.Sh DESCRIPTION\n"
        for line, odd in ((".Pq Ql 500ms , Ql 30s , Ql 5m .", True),
                          (".Pq Ql 500ms , 30s , 5m .", False),
                          (".Dq a .Dq b", False),
                          (".Dq a Dq b", True),
                          (".Dq", True),
                          ("the client's and the peer's", False)):
            with self.subTest(line):
                self.assertEqual(bool(list(complaints(render(head + line + "\n")))), odd)

    def test_pages(self):
        pages = glob.glob(os.path.join(SOURCE, "man", "*.[1-8]"))
        self.assertGreaterEqual(len(pages), 5)
        for page in pages:
            with self.subTest(page), open(page, encoding="utf-8") as file:
                self.assertEqual(list(complaints(render(file.read()))), [])


if __name__ == "__main__":
    sys.exit(unittest.main())
