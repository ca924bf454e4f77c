# SPDX-License-Identifier: ISC
"""The options of a program are the same in its --help, its manual and its completions."""

import os
import re
import subprocess
import sys
import unittest

BUILD = os.environ.get("ECHO_BUILD", os.path.join(os.getcwd(), "build"))
SOURCE = os.environ.get("ECHO_SOURCE", os.getcwd())
PROGRAMS = os.environ.get("ECHO_PROGRAMS", "echo-server echo-client echo-bench").split()

OPTION = r"--?[A-Za-z0-9][A-Za-z0-9-]*"


def read(*path):
    with open(os.path.join(SOURCE, *path), encoding="utf-8") as file:
        return file.read()


def of_help(text):
    """Every option that begins a line of the table, as in "  -c, --config FILE"."""
    found = set()
    for line in re.findall(r"^ {2}(?: {4})?(%s(?:, %s)?)(?= |$)" % (OPTION, OPTION), text, re.M):
        found |= set(line.split(", "))
    return found


def of_manual(text):
    """Every option of a list item, as in ".It Fl c , Fl -config Ar file"."""
    found = set()
    for line in re.findall(r"^\.It Fl (.*)$", text, re.M):
        for option in re.split(r"\bFl ", line):
            found.add("-" + option.split()[0])
    return found


def of_completion(text):
    """Every option anywhere, apart from comments and from options of the shell's own commands."""
    text = re.sub(r"^\s*#.*$|^\s*(complete|mapfile|_arguments) .*$", "", text, flags=re.M)
    text = re.sub(r"\[[^]\n]*\]", " ", text)
    return set(re.findall(r"(?<![\w-])(%s)" % OPTION, text))


def of_bash(program):
    """What bash offers after "-", by its own word."""
    function = "_" + program.replace("-", "_")
    script = 'source "$1"; %s %s - ""; printf "%%s\\n" "${COMPREPLY[@]}"' % (function, program)
    result = subprocess.run(
        ["bash", "-euc", script, "bash", os.path.join(SOURCE, "etc/completions/bash", program)],
        stdout=subprocess.PIPE, check=True, text=True)
    return set(result.stdout.split())


class Options(unittest.TestCase):
    def test_reading(self):
        self.assertEqual(of_help("  -c, --config FILE  text\n      --ready N\n  -4   no --six\n"),
                         {"-c", "--config", "--ready", "-4"})
        self.assertEqual(of_manual(".It Fl c , Fl -config Ar file\n.Fl x\n.It Fl 4\n"),
                         {"-c", "--config", "-4"})
        self.assertEqual(of_completion("'(-c --config)'{-c,--config}'[no -x]:file:_files' \\\n"
                                       "# --not\n    -4 | --log-level) words='a-b'"),
                         {"-c", "--config", "-4", "--log-level"})

    def test_same_everywhere(self):
        self.assertTrue(PROGRAMS)
        for program in PROGRAMS:
            with self.subTest(program=program):
                text = subprocess.run([os.path.join(BUILD, program), "--help"], check=True,
                                      stdout=subprocess.PIPE, text=True).stdout
                options = of_help(text)
                self.assertGreater(len(options), 4)
                section = "8" if program == "echo-server" else "1"
                self.assertEqual(of_manual(read("man", program + "." + section)), options)
                self.assertEqual(of_bash(program), options)
                self.assertEqual(of_completion(read("etc/completions/zsh/_" + program)), options)


if __name__ == "__main__":
    sys.exit(unittest.main())
