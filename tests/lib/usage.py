# SPDX-License-Identifier: ISC
"""How a program is called: one clear line and exit 2 for everything that is wrong.

    class Usage(usage.Checks, echotest.TestCase):
        program = echotest.CLIENT
        bad_values = {"--size": ("", "x")}     # every option with an argument: what it refuses
        bad_lines = ((("-4", "-6"), "exclude each other"),)     # arguments, and a piece of the line
"""

import os
import re

import echotest


class Checks:
    program = ""
    words = "USAGE|TOOLONG"  # those that a refusal may have
    bad_values = {}
    bad_lines = ()

    @property
    def name(self):
        return os.path.basename(self.program)

    def refused(self, *arguments):
        """Must be refused; returns the line that says why."""
        status, output, errors = echotest.run(self.program, *arguments)
        self.assertEqual((status, output), (2, ""), (arguments, errors))
        self.assertEqual(errors.count("\n"), 1, (arguments, errors))
        self.assertRegex(errors, r"^%s: (.*: )?(%s): .+\n$" % (self.name, self.words),
                         arguments)
        return errors

    def test_table_is_complete(self):
        """Every option that --help shows with an argument has its row."""
        _, text, _ = echotest.run(self.program, "--help")
        shown = set(re.findall(r"^ +(?:-\w, )?(--[a-z-]+) [A-Z]+", text, re.M))
        self.assertEqual(shown, set(self.bad_values))

    def test_bad_lines(self):
        for arguments, piece in self.bad_lines:
            with self.subTest(arguments):
                self.assertIn(piece, self.refused(*arguments))

    def test_help_and_version(self):
        for option in ("-h", "--help"):
            status, output, errors = echotest.run(self.program, option)
            self.assertEqual((status, errors), (0, ""))
            self.assertTrue(output.startswith("Usage: %s " % self.name))
            self.assertLessEqual(max(len(line) for line in output.splitlines()), 80)
        for option in ("-V", "--version"):
            status, output, errors = echotest.run(self.program, option)
            self.assertEqual((status, errors), (0, ""))
            self.assertRegex(output, r"^%s \(echo-service\) \d+\.\d+\.\d+\n$" % self.name)
