# SPDX-License-Identifier: ISC
"""--help, the manual and the completions of bash and zsh know the same options, and the manual
knows the workloads."""

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

    def test_workloads(self):
        engine = ("src", "bench", "engine")
        folder = os.path.join(echotest.SOURCE, *engine)
        files = [name for name in os.listdir(folder) if re.fullmatch(r"workload_\w+\.c", name)]
        self.assertGreater(len(files), 1)
        modes = re.search(r"\.Va mode\nis\n(.*?);", read("man", "echo-bench.1"), re.S).group(1)
        table, build = read(*engine, "workload.c"), read(*engine, "local.mk")
        missing = []
        for file in files:
            text = read(*engine, file)
            name = re.search(r'\.name = "([^"]*)"', text).group(1)
            self.assertEqual(file, "workload_%s.c" % name)
            if "&workload_%s," % name not in table:
                missing.append("workload_%s in workloads[] of workload.c" % name)
            if "src/bench/engine/%s" % file not in build:
                missing.append("%s in local.mk" % file)
            if ".has_messages = true" not in text and name not in re.findall(r"\.Ql (\w+)", modes):
                missing.append("the mode %s in echo-bench(1), under plan" % name)
        self.assertEqual(missing, [])


if __name__ == "__main__":
    unittest.main()
