# SPDX-License-Identifier: ISC
"""The reports of echo-bench: text, JSON, .hgrm, goals, differences, merging."""

import json
import os
import pty
import re
import resource
import shlex
import signal
import subprocess
import threading
import unittest

import badpeers
import echotest


class Reports(echotest.TestCase):
    def setUp(self):
        super().setUp()
        self.endpoint = self.server("unix:" + self.path()).endpoint

    def bench(self, *arguments, status=0):
        warmup = () if "--merge" in arguments else ("--warmup", "0")
        result, output, errors = echotest.run(echotest.BENCH, *warmup, *arguments)
        self.assertEqual((result, errors), (status, ""), arguments)
        return output

    def test_text(self):
        output = self.bench("-n", "100", "-R", "5000", "-o", self.path("two words"),
                            self.endpoint)
        for pattern in (r"echo-bench \d+\.\d+\.\d+$", r"machine +Linux ",
                        "command +%s --warmup 0 .* -o '%s' " % (
                            re.escape(shlex.quote(echotest.BENCH)), self.path("two words")),
                        r"mode +open loop, 5000 messages/s offered, uniform",
                        r"messages +100 echoed, ", r"bytes +6400 sent, 6400 back", r"errors +none",
                        r" +p50 +p90 +p99 +p99.9 +p99.99 +max +mean$", r"( +[um]s){7}$",
                        r"connect( +(\d+\.\d+|-)){7}$", r"latency( +\d+\.\d+){3} +- +-",
                        r"service( +\d+\.\d+){3} +- +-", r"slip( +\d+\.\d+){3} +- +-",
                        r"generator +\d+\.\d+ s of CPU"):
            self.assertRegex(output, "(?m)^" + pattern)

    def test_text_fits_a_terminal(self):
        """No line but the command is wider than 79 columns, whatever the figures are."""
        other = self.server("localhost:0").endpoint
        with badpeers.serve("answers-late", self.path("late")) as peer:
            lines = self.bench("-n", "2", "-c", "1", peer.endpoint).splitlines()
        lines += self.bench("-R", "20000", "--arrival", "poisson", "-n", "2000", "--idle", "3",
                            "--require", "p99<60s,errors=0,bytes>1", self.endpoint).splitlines()
        lines += self.bench("-n", "300", "--interleave", "3", self.endpoint, other).splitlines()
        lines += self.bench("--bulk", "-d", "0.1", "--interval", "0.05", other).splitlines()
        lines += self.bench("-d", "0.2", "-R", "4", "--find-max", "max<1ns", other,
                            status=6).splitlines()
        wide = [line for line in lines if len(line) > 79 and not line.startswith("command")]
        self.assertEqual(wide, [])

    def test_units(self):
        """Microseconds below a millisecond, one unit a column."""
        with badpeers.serve("answers-late", self.path("late")) as peer:
            output = self.bench("-n", "2", "-c", "1", peer.endpoint)
        units, connect, latency = [re.split(r" +", line)[1:] for line in re.search(
            r"(?m)^ +p50.*\n( .*)\n(connect.*)\n(latency.*)$", output).groups()]
        # Connecting takes less than a millisecond, unless the machine is busy.
        self.assertEqual(units[5], units[6])
        scale = {"us": 1, "ms": 1e3}[units[5]]
        self.assertEqual(float(connect[5]) * scale < 1e3, units[5] == "us", connect)
        self.assertGreater(float(latency[5]) * scale, 400e3)
        self.assertEqual(latency[1:5], ["-"] * 4)

    def test_json_repeats_the_run(self):
        output = self.bench("-j", "-d", "0.2", "-c", "3", "-s", "5:9", "-P", "2", self.endpoint)
        result = json.loads(output)
        self.assertEqual(result["type"], "result")
        self.assertEqual(result["command"][1:3], ["--warmup", "0"])
        self.assertEqual(result["command"][-1], self.endpoint)
        plan = result["plan"]
        self.assertEqual((plan["mode"], plan["connections"], plan["size_min"], plan["size_max"],
                          plan["in_flight"], plan["duration_ns"]),
                         ("closed", 3, 5, 9, 2, 200000000))
        for key in ("version", "kernel", "cpu", "cpus", "started", "rate", "byte_rate"):
            self.assertTrue(result[key], key)
        self.assertAlmostEqual(result["rate"] * result["elapsed_ns"] / 1e9,
                               result["messages_in_time"], delta=1)
        buckets = result["latency"]["buckets"]
        self.assertEqual(sum(count for _, count in buckets), result["latency"]["count"])
        self.assertEqual(buckets, sorted(buckets))

    def test_files(self):
        """-o and --hdr beside the text; a path that cannot be written is one line and exit 2."""
        self.bench("-n", "1000", "-o", self.path("report.json"), "--hdr", self.path("latency.hgrm"),
                   self.endpoint)
        with open(self.path("report.json"), encoding="utf-8") as file:
            result = json.loads(file.read())
        with open(self.path("latency.hgrm"), encoding="ascii") as file:
            lines = file.read().splitlines()
        self.assertEqual(lines[0].split(), ["Value", "Percentile", "TotalCount",
                                            "1/(1-Percentile)"])
        rows = [line.split() for line in lines[2:] if not line.startswith("#")]
        self.assertEqual((rows[-1][1], rows[-1][2]), ("1.000000000000", "1000"))
        self.assertAlmostEqual(float(rows[-1][0]), result["latency"]["max_ns"] / 1e6, delta=0.001)
        self.assertEqual(sorted(rows, key=lambda row: float(row[1])), rows)
        for option in ("-o", "--hdr"):
            status, _, errors = echotest.run(echotest.BENCH, option, "/nonexistent/file",
                                             self.endpoint)
            self.assertEqual((status, errors.count("\n")), (2, 1))
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([echotest.BENCH, "-n", "1", "--warmup", "0", "-j",
                                   self.endpoint], stdout=full, stderr=subprocess.PIPE,
                                  check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"No space left", done.stderr)

    def start(self, *arguments):
        """A run that shows intervals, of which the first was read."""
        process = subprocess.Popen(
            [echotest.BENCH, "--warmup", "0", "--interval", "0.01", *arguments, self.endpoint],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for stream in (process.stdout, process.stderr):
            self.addCleanup(stream.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        echotest.read_line_with(process.stdout, b" p50 ", b"interval")
        return process

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def test_files_outlive_the_reader(self):
        """When nobody reads standard output any more, the files are still written; without files
        the program ends as cat(1) does. Not a word in either case."""
        for options in ((), ("-j",)):
            process = self.start(*options, "-d", "0.2", "-o", self.path("kept.json"), "--hdr",
                                 self.path("kept.hgrm"))
            process.stdout.close()
            self.assertEqual((process.wait(echotest.PATIENCE), process.stderr.read()), (0, b""))
            self.assertEqual(json.loads(self.read("kept.json"))["type"], "result")
            self.assertIn("#[Max", self.read("kept.hgrm"))
            os.unlink(self.path("kept.json"))
            process = self.start(*options, "-d", "60")
            process.stdout.close()
            self.assertEqual((process.wait(echotest.PATIENCE), process.stderr.read()),
                             (-signal.SIGPIPE, b""))

    def start_with_full_output(self, *arguments):
        """A process whose standard output is a full non-blocking pipe; how much is in it, and the
        descriptor to read from."""
        reader, writer, filling = self.full_pipe(blocking=False)
        process = subprocess.Popen([echotest.BENCH, *arguments], stdout=writer,
                                   stderr=subprocess.PIPE)
        os.close(writer)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process, len(filling), reader

    def test_non_blocking_output(self):
        """Another process that shares standard output may have made it non-blocking: a full pipe
        is waited for, and nothing is lost."""
        run = ("--warmup", "0", "-d", "0.1", "-c", "1", self.endpoint)
        cases = ((("--help",), r"echo-bench\(1\)\.$"),
                 (run, r"(?m)^generator "),
                 (("-j", "-R", "1000", *run), r'^{"type":"result".*}$'),
                 (("--interval", "0.05", *run), r"(?m)^0\.1 s .*\n(.*\n)*generator "),
                 (("-j", "--interval", "0.05", *run),
                  r'^{"type":"interval".*\n(.*\n)*{"type":"result".*}$'),
                 (("--find-max", "max<1ns", "-R", "4", *run), r"offered(.*\n)*no rate meets max<1ns$"))
        started = [self.start_with_full_output(*options) for options, _ in cases]
        # All of them write meanwhile; there is no event for "has nowhere to write to".
        threading.Event().wait(1)
        for (process, filled, reader), (options, pattern) in zip(started, cases):
            output = echotest.read_to_end(reader)[filled:].decode().rstrip()
            self.assertEqual((process.wait(echotest.PATIENCE), process.stderr.read()),
                             (6 if "--find-max" in options else 0, b""), options)
            self.assertRegex(output, pattern)

    def test_files_are_whole(self):
        """A file is replaced by a whole report or stays as it was, with its links and its mode."""
        path = self.write("old.json", "old\n")
        os.chmod(path, 0o604)
        os.symlink("old.json", self.path("link.json"))
        for option in ("-o", "--hdr"):
            process = self.start("-d", "60", option, path)
            process.kill()
            process.wait()
            self.assertEqual(self.read("old.json"), "old\n")
        before = sorted(os.listdir(self.directory))
        self.bench("-n", "10", "-o", self.path("link.json"), self.endpoint)
        self.assertEqual(json.loads(self.read("old.json"))["messages"], 10)
        self.assertTrue(os.path.islink(self.path("link.json")))
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o604)
        self.assertEqual(sorted(os.listdir(self.directory)), before)
        self.bench("-n", "10", "-o", "/dev/null", self.endpoint)
        self.assertFalse(os.path.isfile("/dev/null"))
        status, output, errors = echotest.run(
            echotest.BENCH, "-o", path, "--hdr", self.directory + "/./old.json", self.endpoint)
        self.assertEqual((status, output, errors.count("\n")), (2, "", 1))
        self.assertIn("the same file", errors)
        self.assertEqual(json.loads(self.read("old.json"))["messages"], 10)

    def run_with_output(self, *arguments, **options):
        """A short run with -o; its exit status and what it said on standard error."""
        status, _, errors = echotest.run(echotest.BENCH, "--warmup", "0", "-n", "10",
                                         *arguments, self.endpoint, **options)
        return status, errors

    def test_file_names(self):
        """A name of the greatest length; a link to a file that does not exist yet, also through
        another one."""
        os.symlink("directory/later", self.path("link"))
        os.symlink(self.path("link"), self.path("second link"))
        os.mkdir(self.path("directory"))
        for name, target in (("n" * 255, "n" * 255), ("second link", "directory/later")):
            self.assertEqual(self.run_with_output("-o", self.path(name)), (0, ""))
            self.assertEqual(json.loads(self.read(target))["messages"], 10)
        self.assertEqual(os.readlink(self.path("link")), "directory/later")
        self.assertTrue(os.path.islink(self.path("second link")))
        status, errors = self.run_with_output("-o", self.path("n" * 256))
        self.assertEqual((status, errors.count("\n")), (2, 1))

    def test_directory_cannot_be_changed(self):
        """A file in it is then written in place."""
        obey_modes = echotest.without_capability(1)  # CAP_DAC_OVERRIDE
        os.mkdir(self.path("directory"))
        path = self.write("directory/file", "old\n" * 100000)
        os.chmod(self.path("directory"), 0o555)
        self.addCleanup(os.chmod, self.path("directory"), 0o755)
        self.assertEqual(self.run_with_output("-o", path, preexec_fn=obey_modes), (0, ""))
        self.assertEqual(json.loads(self.read("directory/file"))["messages"], 10)
        status, errors = self.run_with_output("-o", path + "2", preexec_fn=obey_modes)
        self.assertEqual((status, errors.count("\n")), (2, 1))
        self.assertIn("Permission denied", errors)

    def test_file_of_standard_output(self):
        """It is not replaced: both reports are in it, one after the other."""
        for options in (("-o", "/dev/stdout"), ("-o", self.path("out"))):
            with open(self.path("out"), "wb") as file:
                self.assertEqual(self.run_with_output(*options, stdout=file), (0, ""))
            *text, report = self.read("out").splitlines()
            self.assertEqual(json.loads(report)["messages"], 10)
            self.assertTrue(text[0].startswith("echo-bench "), text)
            self.assertRegex("\n".join(text), r"\ngenerator ")
        with open(self.path("err"), "w+b") as file:
            done = subprocess.run([echotest.BENCH, "-n", "1", "--warmup", "0", "-o", "/dev/stderr",
                                   self.endpoint], stdout=file, stderr=subprocess.STDOUT,
                                  check=False)
        self.assertEqual(done.returncode, 0)
        self.assertRegex(self.read("err"), r'\ngenerator (.*\n)*{.*"type":"result".*}\n$')

    def test_file_too_large(self):
        """A limit of its size, or a full device: one line, and no temporary file stays."""
        before = sorted(os.listdir(self.directory))
        # A build for coverage cannot write its own files either, and would say so.
        environment = {**os.environ, "GCOV_ERROR_FILE": "/dev/null"}
        for option in ("-o", "--hdr"):
            for path, cause in ((self.path("limited"), "File too large"),
                                ("/dev/full", "No space left on device")):
                status, errors = self.run_with_output(
                    option, path, env=environment,
                    preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)))
                self.assertEqual((status, errors),
                                 (2, "echo-bench: OTHER: write %s: %s\n" % (path, cause)))
        self.assertEqual(sorted(os.listdir(self.directory)), before)

    def test_goals(self):
        met = "p99<60s,errors=0,rate>1,bytes>1"
        missed = "max<1ns"
        output = self.bench("-n", "10", "--require", met, self.endpoint)
        self.assertEqual(len(re.findall(r"(?m)^goal .* met: \d+", output)), 4)
        output = self.bench("-n", "10", "--require", met + "," + missed, self.endpoint, status=6)
        self.assertRegex(output, r"(?m)^goal +max<1ns NOT MET: \d+\.\d+ [um]s$")
        self.assertRegex(output, r"(?m)^goal +errors=0 met: 0$")
        output = self.bench("-n", "10", "--require", missed, "--require", met, self.endpoint,
                            status=6)  # the second adds to the first
        self.assertIn("NOT MET", output)
        result = json.loads(self.bench("-j", "-n", "10", "--require", missed, self.endpoint,
                                       status=6))
        self.assertEqual(result["goals"], [{"goal": missed, "met": False,
                                            "value": result["latency"]["max_ns"]}])

    def test_difference(self):
        other = self.server("localhost:0").endpoint
        lines = self.bench("-j", "-n", "200", "--interleave", "4", self.endpoint, other)
        objects = [json.loads(line) for line in lines.splitlines()]
        self.assertEqual([item["type"] for item in objects], ["result", "result", "difference"])
        self.assertEqual([item["messages"] for item in objects[:2]], [800, 800])
        self.assertEqual(len(objects[0]["rounds"]), 4)
        figures = objects[2]["figures"]
        for name in ("rate", "mean_ns", "p50_ns", "p99_ns"):
            rounds = [[item["rounds"][i][name] for i in range(4)] for item in objects[:2]]
            difference = (sum(rounds[1]) - sum(rounds[0])) / 4
            self.assertAlmostEqual(figures[name]["difference"], difference,
                                   delta=abs(difference) * 1e-9 + 1e-6)
            self.assertLessEqual(figures[name]["low"], difference)
            self.assertGreaterEqual(figures[name]["high"], difference)
        text = self.bench("-n", "50", self.endpoint, other)
        self.assertIn("1 round: no interval", text)

    def test_rounds_without_an_answer(self):
        """They are counted and not compared: nothing that came back is no latency of 0."""
        answered = []

        def falls_silent(conn):
            for data in badpeers.chunks(conn):
                answered.append(data)
                if len(answered) <= 10:  # all of the first round
                    badpeers.send_rest(conn, data)

        def interleave(*options):
            answered.clear()
            with badpeers.serve(falls_silent, self.path("silent")) as peer:
                status, output, errors = echotest.run(
                    echotest.BENCH, "--warmup", "0", "-n", "10", "-c", "1", "--timeout", "0.1",
                    "--interleave", "3", *options, self.endpoint, peer.endpoint)
            self.assertEqual((status, errors), (1, ""))
            return output

        objects = [json.loads(line) for line in interleave("-j").splitlines()]
        self.assertIsNotNone(objects[1]["rounds"][0]["p50_ns"])
        self.assertEqual([entry["p50_ns"] for entry in objects[1]["rounds"][1:]], [None, None])
        self.assertEqual((objects[2]["rounds"], objects[2]["rounds_without_answer"]), (1, 2))
        first = [item["rounds"][0]["mean_ns"] for item in objects[:2]]
        self.assertAlmostEqual(objects[2]["figures"]["mean_ns"]["difference"], first[1] - first[0],
                               delta=1)
        text = interleave()
        self.assertRegex(text, r"(?m)^rounds +3, 2 of them without an answer$")
        self.assertRegex(text, r"(?m)^ +2 more not compared: no answer from one of the two$")

    def test_merge(self):
        """Two reports add up to one: as if one process had measured all of it."""
        for i in range(2):
            self.bench("-n", str(300 + i), "-c", "3", "-o", self.path("%d.json" % i),
                       self.endpoint)
        result = json.loads(self.bench("-j", "--merge", self.path("0.json"), self.path("1.json")))
        parts = []
        for i in range(2):
            with open(self.path("%d.json" % i), encoding="utf-8") as file:
                parts.append(json.loads(file.read()))
        self.assertEqual(result["messages"], 601)
        self.assertEqual(result["connected"], 6)
        self.assertEqual(result["generator"]["processes"], 2)
        self.assertEqual(result["elapsed_ns"], max(part["elapsed_ns"] for part in parts))
        self.assertEqual(result["latency"]["max_ns"],
                         max(part["latency"]["max_ns"] for part in parts))
        merged = {}
        for part in parts:
            for value, count in part["latency"]["buckets"]:
                merged[value] = merged.get(value, 0) + count
        self.assertEqual(result["latency"]["buckets"], [list(item) for item in
                                                        sorted(merged.items())])

    def test_merge_endpoints(self):
        """One result for each endpoint, of any number of files."""
        other = self.server("localhost:0").endpoint
        for i in range(2):
            self.bench("-n", str(100 + i), "-o", self.path("%d.json" % i), self.endpoint, other)
        results = [json.loads(line) for line in self.bench(
            "-j", "--merge", self.path("0.json"), self.path("1.json")).splitlines()]
        self.assertEqual([item["endpoint"] for item in results], [self.endpoint, other])
        self.assertEqual([item["messages"] for item in results], [201, 201])
        self.assertEqual([item["generator"]["processes"] for item in results], [2, 2])
        text = self.bench("--merge", self.path("0.json"), self.path("1.json"))
        self.assertEqual(text.count("201 echoed"), 2)

    def test_merge_any_layout(self):
        """JSON as jq prints it: over several lines, or as one list."""
        self.bench("-n", "10", "-o", self.path("0.json"), self.endpoint)
        self.bench("-n", "20", "-o", self.path("1.json"), self.endpoint)
        first, second = [json.loads(self.read("%d.json" % i)) for i in range(2)]
        for name, text in (("lines", json.dumps(first, indent=2) + "\n\n" + json.dumps(second)),
                           ("list", json.dumps([first, {"type": "other"}, second], indent=1))):
            result = json.loads(self.bench("-j", "--merge", self.write(name, text)))
            self.assertEqual(result["messages"], 30)

    def test_merge_older(self):
        """A report of a version that did not count the connections that fell back."""
        self.bench("-n", "10", "-o", self.path("0.json"), self.endpoint)
        report = json.loads(self.read("0.json"))
        del report["fallbacks"]
        result = json.loads(self.bench("-j", "--merge", self.write("old", json.dumps(report))))
        self.assertEqual((result["messages"], result["fallbacks"]), (10, 0))

    def test_merge_refuses(self):
        open_loop = self.path("open.json")
        closed = self.path("closed.json")
        self.bench("-n", "10", "-R", "1000", "-o", open_loop, self.endpoint)
        self.bench("-n", "10", "-o", closed, self.endpoint)
        for files, piece in (((open_loop, closed), "do not add up"),
                             ((self.write("x", "hello\n"),), "not JSON"),
                             ((self.write("e", ""),), "no result"),
                             ((self.write("n", "[[]]"),), "not a JSON object"),
                             ((self.write("t", '{"type":"result"'),), "not JSON"),
                             ((closed, closed), "is already added, from " + closed[:20]),
                             ((closed, self.write("copy", self.read("closed.json"))),
                              "is already added"),
                             ((self.write("m", '{"type":"result"}\n'),), "missing"),
                             ((self.write("f", self.read("closed.json").replace(
                                 '"interrupted"', '"merged_from":[1],"interrupted"')),),
                              '"merged_from" is missing or of another type'),
                             ((self.path("absent"),), "No such file")):
            status, output, errors = echotest.run(echotest.BENCH, "--merge", *files)
            self.assertEqual((status, output, errors.count("\n")), (2, "", 1))
            self.assertIn(piece, errors)

    def test_merge_of_merged(self):
        """A merged report says what it is made of: no result counts twice, and further ones add
        up."""
        for i in range(3):
            self.bench("-n", str(10 + i), "-o", self.path("%d" % i), self.endpoint)
        zero, one, two, merged = [self.path(name) for name in ("0", "1", "2", "merged")]
        self.bench("--merge", "-o", merged, zero, one)
        self.assertEqual(len(set(json.loads(self.read("merged"))["merged_from"])), 2)
        for files in ((merged, one), (zero, merged), (merged, two, merged)):
            status, output, errors = echotest.run(echotest.BENCH, "--merge", *files)
            self.assertEqual((status, output, errors.count("\n")), (2, "", 1))
            self.assertIn("is already added", errors)
        result = json.loads(self.bench("-j", "--merge", two, merged))
        self.assertEqual((result["messages"], len(result["merged_from"])), (33, 3))

    def test_find_max(self):
        lines = self.bench("-j", "-d", "0.05", "--timeout", "1", "-R", "50", "--find-max",
                           "max<1ns", self.endpoint, status=6)
        objects = [json.loads(line) for line in lines.splitlines()]
        self.assertEqual(objects[-1]["type"], "maximum")
        self.assertEqual(objects[-1]["rate"], 0)
        self.assertFalse(any(item["met"] for item in objects[:-1]))

    def test_find_max_says_what_failed(self):
        """The words and the first difference, at the attempt and at the end; a rate that holds does
        not make up for bytes that differ."""
        with badpeers.serve("corrupts-under-load", self.path("liar")) as peer:
            status, output, errors = echotest.run(
                echotest.BENCH, "--warmup", "0", "-d", "0.5", "-R", "16", "--find-max",
                "p50<30s", "-c", "1", peer.endpoint)
        self.assertEqual((status, errors), (4, ""))
        before, after = output.split("in all attempts:")
        for text in before, after:
            self.assertRegex(text, r"(?m)^errors .*CORRUPT \d+")
            self.assertRegex(text, r"(?m)^first +CORRUPT at offset \d+")
        self.assertRegex(before, r"(?m)^highest rate that meets p50<30s: 16/s$")

    def test_find_max_closes_in(self):
        """The goal p50 < 30 s holds until the rate itself cannot be reached."""
        lines = self.bench("-j", "-d", "0.05", "--timeout", "0.2", "-R", "400000", "--find-max",
                           "p50<30s", self.endpoint)
        objects = [json.loads(line) for line in lines.splitlines()]
        attempts = [item for item in objects if item["type"] == "attempt"]
        held = [item["offered_rate"] for item in attempts if item["met"]]
        for item in attempts:
            self.assertTrue(not item["met"] or item["rate"] > 0.95 * item["offered_rate"], item)
        self.assertEqual(objects[-1]["rate"], max(held))
        self.assertEqual(objects[-2]["type"], "result")
        failed = [item["offered_rate"] for item in attempts
                  if not item["met"] and item["offered_rate"] > max(held)]
        self.assertLessEqual(min(failed), max(held) * 1.03 + 1)

    def test_intervals(self):
        lines = self.bench("-j", "-d", "0.35", "--interval", "0.1", self.endpoint).splitlines()
        objects = [json.loads(line) for line in lines]
        intervals = [item for item in objects if item["type"] == "interval"]
        self.assertGreaterEqual(len(intervals), 2)
        for before, after in zip(intervals, intervals[1:]):
            self.assertEqual(before["end_ns"], after["begin_ns"])
        shown = sum(item["latency"]["count"] for item in intervals)
        self.assertEqual(shown, objects[-1]["messages"])

    def test_intervals_cover_the_measured_time(self):
        """From the end of the warm-up to the end of the run, and nothing else."""
        for options in (("-d", "0.25"), ("-R", "2000", "-d", "0.25", "-t", "2")):
            output = echotest.run(echotest.BENCH, "-j", "--warmup", "0.25", "--interval", "0.1",
                                  *options, self.endpoint)[1]
            *intervals, result = [json.loads(line) for line in output.splitlines()]
            self.assertEqual(intervals[0]["begin_ns"], 0)
            self.assertEqual(intervals[-1]["end_ns"], result["elapsed_ns"])
            self.assertEqual(sum(item["latency"]["count"] for item in intervals),
                             result["messages"])
            self.assertGreater(intervals[0]["rate"], 0)
            self.assertEqual(intervals[0]["errors"], {})  # as in the result

    def test_intervals_without_an_echo(self):
        """What was not measured is a dash, and not 0."""
        with badpeers.serve("never-answers", self.path("silent")) as peer:
            _, output, _ = echotest.run(echotest.BENCH, "--warmup", "0", "--interval", "0.1", "-d",
                                        "0.2", "--timeout", "0.4", "-c", "1", peer.endpoint)
        self.assertRegex(output, r"(?m)^0\.1 s  0/s  p50 -  p99 -  max -  errors 0$")
        self.assertNotIn("0.000 ms", output)

    def test_progress_only_on_a_terminal(self):
        """Its standard error shows a line that is rewritten in place, and wiped at the end."""
        reader, writer = pty.openpty()
        process = subprocess.Popen([echotest.BENCH, "-d", "1.6", "--warmup", "0", self.endpoint],
                                   stdout=subprocess.PIPE, stderr=writer)
        output, _ = process.communicate(timeout=echotest.PATIENCE)
        os.close(writer)
        shown = b""
        try:
            while True:
                piece = os.read(reader, 4096)
                if not piece:
                    break
                shown += piece
        except OSError:
            pass  # EIO: the other side is closed
        os.close(reader)
        self.assertEqual(process.returncode, 0)
        self.assertNotIn(b"\r", output)
        self.assertRegex(shown, rb"\r1\.\d s  \d+/s  p50 \d+\.\d+ [um]s  p99 ")
        self.assertTrue(shown.endswith(b"\r"))


if __name__ == "__main__":
    unittest.main()
