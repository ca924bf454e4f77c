# SPDX-License-Identifier: ISC
"""--help, the manual and the completions of bash and zsh know the same options."""

import os
import re
import unittest

import echotest

# program, its manual
PROGRAMS = (
    (echotest.SERVER, "echo-server.8"),
    (echotest.CLIENT, "echo-client.1"),
    (echotest.BENCH, "echo-bench.1"),
)


def read(*parts):
    with open(os.path.join(echotest.SOURCE, *parts), encoding="utf-8") as file:
        return file.read()


def from_help(program):
    """Every option of --help, each spelling for itself."""
    _, text, _ = echotest.run(program, "--help")
    found = set()
    for line in text.splitlines():
        match = re.match(r" +(-\w)?(?:, )?(--[a-z0-9-]+)?(?= )", line)
        if match:
            found |= {option for option in match.groups() if option}
    return found


def from_manual(text):
    found = set()
    for line in re.findall(r"^\.It Fl (.*)$", text, re.M):
        for word in re.split(r"[ ,]+", line.split(" Ar ")[0]):
            found.add("-" + word)
    return found


def from_bash(path, name):
    script = ('source "$1"; "_${2//-/_}" "$2" - "$2"; printf "%s\\n" "${COMPREPLY[@]}"')
    _, text, errors = echotest.run("bash", "-c", script, "bash", path, name)
    if errors:
        raise AssertionError(errors)
    return set(text.split())


def from_zsh(text):
    found = set()
    for line in text.splitlines():
        line = line.strip()
        braces = re.search(r"\{(-[^}]*)\}", line)
        plain = re.match(r"['\"](?:\$modes)?(--[a-z-]+)\[", line)
        if braces:
            found |= set(braces.group(1).split(","))
        elif plain:
            found.add(plain.group(1))
    return found


class DocumentedOptions(unittest.TestCase):
    maxDiff = None

    def test_all(self):
        for program, manual in PROGRAMS:
            name = os.path.basename(program)
            options = from_help(program)
            self.assertGreater(len(options), 10)
            with self.subTest(program=name, place="manual"):
                self.assertEqual(from_manual(read("man", manual)), options)
            with self.subTest(program=name, place="bash"):
                path = os.path.join(echotest.SOURCE, "etc", "completions", "bash", name)
                self.assertEqual(from_bash(path, name), options)
            with self.subTest(program=name, place="zsh"):
                self.assertEqual(from_zsh(read("etc", "completions", "zsh", "_" + name)), options)


if __name__ == "__main__":
    unittest.main()
