# SPDX-License-Identifier: ISC
"""The settings that the server prints, its manual and the file that is installed are the same ones,
with the same defaults."""

import os
import re
import unittest

import echotest

SECTIONS = {
    "Listeners": "listeners[]",
    "Settings of the server": "",
    "Group limits": "limits",
    "Group shutdown": "shutdown",
    "Group log": "log",
}
# What has no default: it is required, or made of another one.
DERIVED = {"listeners[].endpoint", "listeners[].name"}


def read(*parts):
    with open(os.path.join(echotest.SOURCE, *parts), encoding="utf-8") as file:
        return file.read()


def from_file(text):
    """{full name: value} of a settings file with one setting a line."""
    found = {}
    group = ""
    for line in text.splitlines():
        value = re.match(r"\s*([a-z_]+) = ([^#]*);\s*(#|$)", line)
        opened = re.match(r"([a-z]+) = [({]$", line)
        if value:
            found[group + value[1]] = value[2]
        elif opened:
            group = "listeners[]." if opened[1] == "listeners" else opened[1] + "."
        elif line in (");", "};"):
            group = ""
    return found


def from_manual(page):
    """{full name: what is said of it}; settings that are told together share that."""
    found = {}
    for title, group in SECTIONS.items():
        section = re.search(r"^\.Ss %s\n(.*?)^\.S[sh] " % title, page, re.M | re.S)[1]
        listed = re.search(r"^\.Bl -tag.*?\n(.*?)^\.El$", section, re.M | re.S)[1]
        for names, text in re.findall(r"((?:^\.It Va \S+\n)+)(.*?)(?=^\.It |\Z)", listed,
                                      re.M | re.S):
            for name in re.findall(r"\.It Va (\S+)", names):
                found[group + "." * bool(group) + name] = text
    return found


class DocumentedSettings(echotest.TestCase):
    longMessage = False

    def printed(self):
        _, text, _ = echotest.run(echotest.SERVER, "-T", "unix:" + self.path(), "localhost:7777")
        found = from_file(text)
        self.assertEqual(len({name.partition(".")[0] for name in found if "." in name}), 4, found)
        return found

    def test_installed_file(self):
        text = read("etc", "echo-server.conf")
        shown = from_file(text.replace("# name = ", "name = "))
        for name, value in self.printed().items():
            self.assertIn(name, shown, "%s is not in etc/echo-server.conf" % name)
            if name not in DERIVED:
                self.assertEqual(shown[name], value, "etc/echo-server.conf: another default of "
                                 "%s than the server's" % name)
        self.assertEqual(set(shown) - set(self.printed()), set(),
                         "etc/echo-server.conf has more settings than the server")

    def test_manual(self):
        told = from_manual(read("man", "echo-server.conf.5"))
        for name, value in self.printed().items():
            self.assertIn(name, told, "%s is not in its section of echo-server.conf(5)" % name)
            default = "none" if value == "[ ]" else value.replace('"', r"\(dq")
            if name not in DERIVED:
                self.assertRegex(told[name], r"by default\s+(\.Ql )?%s(?!\w)" % re.escape(default),
                                 "echo-server.conf(5): not the default of %s" % name)
        self.assertEqual(set(told) - set(self.printed()), set(),
                         "echo-server.conf(5) tells more settings than the server has")

    def test_reload(self):
        """Whatever takes effect at a reload is tried by a test of reloads."""
        page = read("man", "echo-server.conf.5")
        restart = re.search(r"^\.Ss Changes that need a restart\n(.*?)^\.S[sh] ", page,
                            re.M | re.S)[1]
        needs = set(re.findall(r"[a-z_.]+", " ".join(re.findall(r"^\.Va (.*)$", restart, re.M))))
        tests = read("tests", "system", "reload_settings.py") + read("tests", "system",
                                                                     "reload_refused.py")
        for name, text in from_manual(page).items():
            short = name.rpartition(".")[2]
            if not {name, name.replace("listeners[].", "")} & needs and \
                    "Not in this version" not in text:
                self.assertRegex(tests, r"\b%s = " % short, "tests/system/reload_settings.py: a "
                                 "change of %s takes effect at a reload, and is not tried" % name)


if __name__ == "__main__":
    unittest.main()
