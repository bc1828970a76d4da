#!/usr/bin/env python3
"""Runs the processor and others that make the same summaries in turn on the same topic, and measures them from outside.

  compare     processor, tutorial-style Kafka Streams, plain consumer, Flink and Quix Streams (where they can be had)
  settings    the processor: guarantees, threads, stores
  sensors     the processor with 10 to 1 000 000 sensors
  instances   the processor: 1 to 8 instances on 8 partitions, and one on 1 to 64
  latency     the time from the arrival of the reading that closes a window to its summaries at a read_committed consumer
  producer    our producer against kafka-producer-perf-test
  mqtt        our producer as a bridge from Mosquitto to Kafka, with --telegraf beside Telegraf
  jmh         the processor's parser and state encoding alone
  options     what options cost the processor of one partition, without Kafka: CPU time, and room of the state
  all         all of these but mqtt, as Markdown for docs/performance.md, in under 25 minutes
  quick       a small one of most of them, in 3 minutes

Every run is a process of its own with a fresh application id and a fresh output topic. If the summaries of a run are not
those that brute force gives, the benchmark ends. README.md beside this file says what is measured and how.
"""

import argparse
import bisect
import copy
import dataclasses
import json
import os
import pathlib
import shlex
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
import typing

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))

import machine  # the module beside this folder, which both benchmarks use
import mqtt

WORK = HERE / "target"
FLINK = HERE / "flink" / "target"
PYTHON = WORK / "venv" / "bin" / "python"
TICKS = os.sysconf("SC_CLK_TCK")
STARTED = time.strftime("%H%M%S")
RUN_TIMEOUT = 600  # seconds


def class_path(target):
    return os.pathsep.join([str(target / "classes"), str(target / "lib" / "*")])


class Failed(Exception):
    pass


# How each contender is started: a function of the options of the run, its application id and output topic.


def processor(options, java, app, output):
    command = [*java, "-jar", options.processor_jar, "--bootstrap-servers", options.bootstrap_servers]
    command += ["--application-id", app, "--input-topic", options.input, "--output-topic", output]
    command += ["--late-topic", f"{app}-late", "--dead-topic", f"{app}-dead"]
    command += ["--threads", options.threads, "--guarantee", options.guarantee, "--state-store", options.store]
    return command + ["--state-dir", WORK / "state" / app] + shlex.split(options.processor_options)


def tutorial(options, java, app, output):
    command = [*java, "-cp", class_path(WORK), "downsampling.benchmarks.Tutorial", options.bootstrap_servers, app]
    return command + [options.input, output, WORK / "state" / app, options.threads, options.tutorial_guarantee]


def plain_consumer(options, java, app, output):
    command = [*java, "-cp", class_path(WORK), "downsampling.benchmarks.PlainConsumer", options.bootstrap_servers, app]
    return command + [options.input, output, options.threads]


def flink(options, java, app, output):
    # These are the options of Flink's own start scripts.
    command = [*java, "--add-opens=java.base/java.lang=ALL-UNNAMED", "--add-opens=java.base/java.util=ALL-UNNAMED"]
    command += ["--add-opens=java.base/java.time=ALL-UNNAMED", "-cp", class_path(FLINK)]
    command += ["downsampling.benchmarks.flink.FlinkWindows", options.bootstrap_servers, app, options.input, output]
    return command + [options.threads, options.flink_guarantee]


def quix(options, java, app, output):
    return [PYTHON, HERE / "quix_windows.py", options.bootstrap_servers, app, options.input, output, WORK / "state" / app]


@dataclasses.dataclass(frozen=True)
class Contender:
    command: typing.Callable
    jvm: bool = True
    # The last results come with the next commit, half a minute later, or when the contender is stopped.
    stop_when_idle: bool = False


OURS = "processor"
PARALLEL = "-XX:+UseParallelGC"
CONTENDERS = {
    OURS: Contender(processor),
    "tutorial": Contender(tutorial, stop_when_idle=True),
    "plain": Contender(plain_consumer),
    "flink": Contender(flink),
    "quix": Contender(quix, jvm=False),
}


@dataclasses.dataclass(frozen=True)
class Variant:
    """A contender, and the options in which it differs from those given."""

    name: str
    contender: str
    changes: tuple = ()  # of pairs
    instances: int = 1


# Processes, as the operating system sees them.


class Process:
    """A process that is measured: its processor time and largest resident memory are sampled while it runs."""

    def __init__(self, command, log):
        log.parent.mkdir(parents=True, exist_ok=True)
        self.log = log
        self.cpu = []  # (time, seconds)
        self.peak = 0.0  # MB
        self.threads = {}
        self.started = time.time()
        with open(log, "wb") as output:
            self.popen = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        self.pid = self.popen.pid

    def running(self):
        return self.popen.poll() is None

    def sample(self):
        try:
            fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
            status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        except OSError:
            return
        # utime and stime are the 14th and 15th of all fields; after a process has ended, its memory is not known any more.
        self.cpu.append((time.time(), (int(fields[11]) + int(fields[12])) / TICKS))
        for line in status.splitlines():
            if line.startswith("VmHWM:"):
                self.peak = max(self.peak, int(line.split()[1]) * 1024 / 1e6)

    def catches_sigquit(self):
        """Whether the JVM has started far enough to be attached to; before that, attaching would kill it."""
        try:
            status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        except OSError:
            return False
        caught = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:"))
        return int(caught, 16) >> (signal.SIGQUIT - 1) & 1 == 1

    def sample_threads(self):
        """Seconds of processor time by thread name."""
        self.threads = {}
        for task in pathlib.Path(f"/proc/{self.pid}/task").glob("*"):
            try:
                name, fields = (task / "stat").read_text().split("(", 1)[1].rsplit(")", 1)
            except OSError:
                continue
            name = name.split("#")[0].rstrip("0123456789-")
            used = (int(fields.split()[11]) + int(fields.split()[12])) / TICKS
            self.threads[name] = self.threads.get(name, 0) + used

    def idle(self):
        """Whether it has used less than a tenth of a core for the last second and a half."""
        now, cpu = self.cpu[-1]
        before = [c for t, c in self.cpu if t < now - 1.5]
        return bool(before) and cpu - before[-1] < 0.15

    def stop(self):
        if self.running():
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(30)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()

    def fail(self, problem):
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
        raise Failed(f"{problem}, see {self.log}:\n{tail}")


class Broker:
    """local-broker as shipped, with its data in a folder of the benchmark."""

    def __init__(self, java, jar):
        data = WORK / "broker"
        shutil.rmtree(data, ignore_errors=True)
        self.process = Process([java, "-jar", jar, "--port", "0", "--data-dir", data], WORK / "logs" / "broker.log")
        deadline = time.time() + 60
        while "ready on " not in (text := self.process.log.read_text()):
            if time.time() > deadline or not self.process.running():
                self.process.stop()
                self.process.fail("the broker did not start")
            time.sleep(0.05)
        self.bootstrap_servers = text.split("ready on ")[1].split(",")[0]

    def stop(self):
        self.process.stop()
        shutil.rmtree(WORK / "broker", ignore_errors=True)


class Observer:
    """See Observer.java."""

    def __init__(self, java, bootstrap_servers):
        command = [java, "-Xmx3g", "-XX:+UseSerialGC", "-cp", class_path(WORK)]
        command += ["downsampling.benchmarks.Observer", bootstrap_servers]
        self.log = open(WORK / "logs" / "observer.log", "wb")
        self.popen = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True, bufsize=1
        )

    def __call__(self, *order):
        self.popen.stdin.write(" ".join(str(part) for part in order) + "\n")
        answer = self.popen.stdout.readline()
        if not answer:
            raise Failed(f"the observer has ended, see {self.log.name}")
        answer = json.loads(answer)
        if "error" in answer:
            raise Failed(f"the observer says: {answer['error']}, see {self.log.name}")
        return answer

    def stop(self):
        self.popen.stdin.close()
        self.popen.wait()
        self.log.close()


# One run.


def crossing(samples, value):
    """When a counter reached a value; between two samples it is taken to have grown evenly."""
    at = bisect.bisect_left([sample[1] for sample in samples], value)
    if at == len(samples):
        return None
    if at == 0:
        return samples[0][0]
    (time_before, before), (time_after, after) = samples[at - 1], samples[at]
    return time_before + (time_after - time_before) * (value - before) / (after - before)


def value_at(samples, moment):
    at = bisect.bisect_left([sample[0] for sample in samples], moment)
    if at in (0, len(samples)):
        return samples[min(at, len(samples) - 1)][1]
    (time_before, before), (time_after, after) = samples[at - 1], samples[at]
    return before + (after - before) * (moment - time_before) / (time_after - time_before)


def furthest(*counters):
    """A counter that always has the highest value that any of the counters has shown so far."""
    highest, steps = 0, []
    for moment, value in sorted(sample for counter in counters for sample in map(tuple, counter)):
        highest = max(highest, value)
        steps.append((moment, highest))
    return steps


class Session:
    """A broker, an observer, and the readings that were loaded last."""

    def __init__(self, options):
        self.options = options
        self.java = shutil.which("java")
        self.broker = self.observer = self.loaded = None
        self.input = None
        self.loads = self.runs = 0
        self.top_rate = None  # of the processor as shipped, readings/s

    def __enter__(self):
        shutil.rmtree(WORK / "logs", ignore_errors=True)
        (WORK / "logs").mkdir(parents=True)
        try:
            if not self.options.bootstrap_servers:
                self.broker = Broker(self.java, ROOT / "local-broker/target/local-broker.jar")
                self.options.bootstrap_servers = self.broker.bootstrap_servers
            self.observer = Observer(self.java, self.options.bootstrap_servers)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.observer:
            self.observer.stop()
        if self.broker:
            self.broker.stop()

    def load(self, options):
        workload = (options.readings, options.sensors, options.partitions, options.per_window)
        if self.loaded != workload:
            # The topic has a new name, because a producer may confuse its sequence numbers if a topic is deleted and made anew.
            self.loads += 1
            self.input = f"readings-{STARTED}-{self.loads}"
            self.loaded = None
            loaded = self.observer("preload", self.input, *workload)
            self.loaded = workload
            progress(f"preloaded {options.readings:,} readings in {loaded['seconds']:.1f} s")
        return (
            f"{options.readings:,} readings, {options.sensors:,} sensors, {options.per_window} readings of each in a"
            f" window of 10 s, {options.partitions} partitions; {options.threads} thread(s)"
        )

    def measure(self, variants, options):
        """Runs the variants in turn, with a different one first in each round; returns the runs of each by its name."""
        measured = {variant.name: [] for variant in variants}
        for turn in range(options.runs):
            for variant in variants[turn % len(variants) :] + variants[: turn % len(variants)]:
                own = copy.copy(options)
                for key, value in variant.changes:
                    setattr(own, key, value)
                one = self.run(variant, own)
                measured[variant.name].append(one)
                progress(
                    f"{variant.name}, run {turn + 1}: {one['whole']:.0f} k/s, steady {one['steady']:.0f} k/s,"
                    f" {one['cpu']:.2f} CPU s/M, steady {one['cpu steady']:.2f}, {one['peak']:.0f} MB"
                )
        return measured

    def run(self, variant, options):
        self.runs += 1
        options.input = self.input
        contender = CONTENDERS[variant.contender]
        app = f"{variant.contender}-{STARTED}-{self.runs}"
        output = f"{app}-output"
        java = [options.java(), *options.java_flags(variant.contender)]
        if options.profile and contender.jvm:
            java.append("-XX:StartFlightRecording:settings=profile")
        self.observer("begin", app, output)
        broker_before = self.broker_cpu()
        processes = []
        try:
            for i in range(variant.instances):
                # Instances share nothing but the group.
                command = contender.command(options, java, app, output)
                processes.append(Process(command, WORK / "logs" / f"{app}-{i}.log"))
            state, recording = self.watch(variant, contender, processes, app, options)
            seen = self.observer("end")
        finally:
            for process in processes:
                process.stop()
            shutil.rmtree(WORK / "state" / app, ignore_errors=True)
        if seen["fault"]:
            processes[0].fail(f"{variant.name}: {seen['fault']}")
        measured = measures(options.readings, state["records"], processes, seen)
        measured["broker"] = (self.broker_cpu() - broker_before) / (options.readings / 1e6)
        measured["recording"] = recording
        return measured

    def broker_cpu(self):
        if not self.broker:
            return float("nan")
        self.broker.process.sample()
        return self.broker.process.cpu[-1][1]

    def watch(self, variant, contender, processes, app, options):
        """Waits until all readings are committed and all summaries have been seen."""
        waiting = [process for process in processes if contender.jvm]
        recording = None
        told = ended = 0.0
        asked = 0.0
        while True:
            for process in processes:
                process.sample()
            for process in [process for process in waiting if process.catches_sigquit()]:
                waiting.remove(process)
                self.observer("attach", process.pid)
            now = time.time()
            if now - asked >= 0.2:
                asked = now
                state = self.observer("state")
                read = max(state["consumed"], state["committed"]) >= state["records"]
                if read and options.profile and contender.jvm and not recording:
                    recording = WORK / "logs" / f"{app}.jfr"
                    processes[0].sample_threads()
                    jcmd = pathlib.Path(options.java()).with_name("jcmd")
                    dump = [jcmd, str(processes[0].pid), "JFR.dump", f"filename={recording}"]
                    subprocess.run(dump, stdout=subprocess.DEVNULL, check=True)
                if state["committed"] >= state["records"] and state["summaries"] >= state["expected"]:
                    return state, recording
                for process in processes:
                    if not process.running():
                        if process.popen.returncode != 0 and not told:
                            process.fail(f"{variant.name} ended with {process.popen.returncode}")
                        # The last summaries may not have been seen yet; if they never come, the check says which are missing.
                        ended = ended or now
                        if now - ended > 10:
                            return state, recording
                if read and not told and contender.stop_when_idle and all(process.idle() for process in processes):
                    told = now
                    for process in processes:
                        process.popen.send_signal(signal.SIGTERM)
            if now - processes[0].started > RUN_TIMEOUT:
                processes[0].fail(f"{variant.name} was not done within {RUN_TIMEOUT} s: {state}")
            time.sleep(0.04)


def measures(readings, records, processes, seen):
    # An instance may receive again what another one had not committed, and Python has no such counter.
    if seen["consumed"] and len(processes) == 1:
        counter = seen["consumed"]
    else:
        counter = furthest(seen["committed"], [(t, count / seen["expected"] * records) for t, count in seen["seen"]])
    begin = next((i for i, (before, after) in enumerate(zip(counter, counter[1:])) if before[1] == 0 < after[1]), 0)
    first = counter[begin][0]
    if counter is not seen["consumed"]:
        begin += 1  # the first step may be a large one, and it is not known when it began
    half, last = crossing(counter, records / 2), crossing(counter, records)
    committed = crossing(seen["committed"], records)

    def cpu(moment):
        return sum(value_at(process.cpu, moment) for process in processes)

    return {
        "start": first - processes[0].started,
        "whole": (records - counter[begin][1]) / (last - counter[begin][0]) / 1e3,
        "steady": readings / 2 / (last - half) / 1e3,
        "cpu": cpu(committed) / (readings / 1e6),
        "cpu steady": (cpu(last) - cpu(half)) / (readings / 2e6),
        "complete": seen["complete"] - first,
        "peak": sum(process.peak for process in processes),
        "threads": processes[0].threads,
        "steady from": half,
        "steady to": last,
    }


# Reporting. Results go to standard output as Markdown, and progress goes to standard error.


def progress(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def say(*lines):
    print(*lines, sep="\n", flush=True)


def table(head, rows):
    say("", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *[f"| {' | '.join(row)} |" for row in rows], "")


def spread(values, digits, unit=""):
    """Median (minimum–maximum)."""
    low, middle, high = min(values), statistics.median(values), max(values)
    if len(values) == 1:
        return f"{middle:,.{digits}f}{unit}"
    return f"{middle:,.{digits}f}{unit} ({low:,.{digits}f}–{high:,.{digits}f})"


COLUMNS = {
    "whole": ("thousand readings/s, whole", 0),
    "steady": ("steady", 0),
    "cpu": ("CPU s per million, whole", 2),
    "cpu steady": ("steady", 2),
    "broker": ("broker's CPU s per million", 2),
    "peak": ("peak MB", 0),
    "start": ("first reading after s", 1),
    "complete": ("all summaries after s", 1),
}


def report(measured):
    rows = [
        [name, *[spread([run[key] for run in runs], digits) for key, (_, digits) in COLUMNS.items()]]
        for name, runs in measured.items()
    ]
    table(["", *[title for title, _ in COLUMNS.values()]], rows)


def ratio(ours, other):
    return ours / other if other else float("nan")


def report_ratios(measured, to):
    if to not in measured:
        return
    keys = ("whole", "steady", "cpu", "cpu steady", "peak")
    # Runs of one round are close in time, so each run is compared with the one of its own round.
    rows = [
        [name, *[spread([ratio(ours[key], other[key]) for ours, other in zip(measured[to], runs)], 2) for key in keys]]
        for name, runs in measured.items()
        if name != to
    ]
    if rows:
        table([f"{to} ÷", "readings/s, whole", "steady", "CPU whole", "steady", "peak MB"], rows)


def report_profile(name, observer, measured):
    def shares(title, counts, most):
        total = sum(counts.values())
        rows = sorted(counts.items(), key=lambda item: -item[1])[:most]
        say(f"{name}: {title}")
        table(["share", ""], [[f"{count / total:.1%}", part] for part, count in rows if count >= total / 200])

    shares("processor time by thread, from start to end, as the operating system counts it", measured["threads"], 12)
    samples = observer("shares", measured["recording"], measured["steady from"], measured["steady to"])
    shares("second half, Java threads, by samples", samples["threads"], 8)
    shares("second half, stream threads, by part", samples["parts"], 30)
    shares("second half, stream threads, by innermost frame", samples["frames"], 25)


# What can be measured.


def with_options(options, **changes):
    changed = copy.copy(options)
    for key, value in changes.items():
        setattr(changed, key, value)
    return changed


def compare(session, options):
    say("## Against others", "", session.load(options) + ".")
    # Quix Streams takes minutes where the others take seconds, so it gets fewer readings, and ours is measured beside it.
    names = [name for name in options.contenders.split(",") if name != "quix"] or [OURS]
    measured = session.measure([Variant(name, name) for name in names], options)
    report(measured)
    report_ratios(measured, OURS)
    if OURS in measured:
        session.top_rate = statistics.median(run["steady"] for run in measured[OURS]) * 1e3
    if options.profile:
        for name, runs in measured.items():
            report_profile(name, session.observer, runs[-1])
    if "quix" in options.contenders.split(",") and have_quix():
        few = with_options(options, readings=max(options.readings // 10, 100_000), profile=False)
        say(session.load(few) + ":")
        measured = session.measure([Variant(name, name) for name in (OURS, "quix")], few)
        report(measured)
        report_ratios(measured, OURS)


def settings(session, options):
    say(f"## Settings of the {OURS}", "", session.load(options) + ", unless named.")
    variants = [
        Variant("as shipped", OURS),
        Variant("at least once", OURS, (("guarantee", "at_least_once"),)),
        Variant("2 threads", OURS, (("threads", 2),)),
        Variant("RocksDB", OURS, (("store", "rocksdb"),)),
        Variant("parallel collector", OURS, (("java_options", [*options.java_options, PARALLEL]),)),
    ]
    if options.other_jdk:
        variants.append(Variant(f"JDK {java_version(options.other_jdk)}", OURS, (("jdk", options.other_jdk),)))
    measured = session.measure(variants, options)
    report(measured)
    report_ratios(measured, "as shipped")


def sensors(session, options):
    say("## Number of sensors", "")
    say(
        f"{options.readings:,} readings, 5 of each sensor in a window, {options.partitions} partitions; so with more sensors"
        " there are fewer, larger windows:"
    )
    measured = {}
    for count in (10, 1_000, 100_000, 1_000_000):
        own = with_options(options, sensors=count, per_window=5)
        session.load(own)
        variants = [Variant(f"{count:,}", OURS)]
        if count == 1_000_000:
            variants.append(Variant(f"{count:,}, RocksDB", OURS, (("store", "rocksdb"),)))
            small = [*options.java_options, "-Xmx768m"]
            variants.append(Variant(f"{count:,}, heap of 768 MB", OURS, (("java_options", small),)))
            parallel = [*options.java_options, PARALLEL]
            variants.append(Variant(f"{count:,}, parallel collector", OURS, (("java_options", parallel),)))
        measured |= session.measure(variants, own)
    report(measured)


def instances(session, options):
    say("## Instances and partitions", "")
    own = with_options(options, partitions=8)
    say(session.load(own) + " each; CPU and memory are those of all instances together:")
    report(session.measure([Variant(f"{n} instance(s)", OURS, instances=n) for n in (1, 2, 4, 8)], own))
    say("One instance:")
    measured = {}
    for partitions in (1, 16, 64):
        own = with_options(options, partitions=partitions)
        session.load(own)
        measured |= session.measure([Variant(f"{partitions} partition(s)", OURS)], own)
    report(measured)


def latency(session, options):
    rate = options.rate or (session.top_rate / 2 if session.top_rate else 100_000)
    warm_up, seconds = options.latency_seconds
    say("## Latency", "")
    name = f"latency-{STARTED}"
    window, grace = 1000, 100
    session.observer("latency-topics", f"{name}-input", f"{name}-output", options.partitions)
    own = with_options(
        options,
        input=f"{name}-input",
        processor_options=f"{options.processor_options} --window {window}ms --grace {grace}ms",
    )
    command = processor(own, [options.java(), *options.java_flags(OURS)], name, f"{name}-output")
    process = Process(command, WORK / "logs" / f"{name}.log")
    try:
        while not session.observer("joined", name)["joined"]:
            if not process.running() or time.time() > process.started + 120:
                process.fail(f"{OURS} did not join its group")
            time.sleep(0.2)
        paced = options.sensors, window, grace, warm_up, seconds
        seen = session.observer("latency", rate, *paced)
        if not process.running():
            process.fail(f"{OURS} ended with {process.popen.returncode}")
    finally:
        process.stop()
    if seen["fault"]:
        process.fail(f"latency: {seen['fault']}")
    say(
        f"{seen['rate']:,.0f} readings/s of {rate:,.0f} asked for, of {options.sensors:,} sensors, {options.partitions}"
        f" partitions, {options.guarantee}, windows of {window} ms with {grace} ms of grace; {seen['closings']:,} closings"
        f" with {seen['summaries']:,} summaries in {seconds} s:"
    )
    names = ("p50", "p90", "p99", "max")
    table([f"{name} ms" for name in names], [[f"{seen[name]:,}" for name in names]])


def producer(session, options):
    """Has both producers write the same number of records of the same size, compressed and acknowledged in the same way."""
    say("## Producer", "", f"{options.readings:,} records, {options.partitions} partitions, acks=all, zstd, linger 20 ms:")
    settings = {"acks": "all", "compression.type": "zstd", "linger.ms": 20, "batch.size": 128 * 1024}
    payloads = WORK / "payloads.txt"
    # The records have as many bytes as value, key and header of one of ours, and are as alike.
    payloads.write_text(
        "".join(
            f'{{"ts":"2025-01-01T12:{i // 60 % 60:02}:{i % 60:02}.{i * 7919 % 1_000_000:06}Z","value":{i * 31 % 101}}}'
            f"Sensor{i % 1000 + 1}uuid6d0f52a1-7a4c-8f3e-b1d2-{i:012x}\n"
            for i in range(10_000)
        )
    )
    java = [options.java(), *options.java_flags(OURS)]
    commands = {
        "producer": lambda topic: [
            *[*java, "-jar", ROOT / "producer/target/producer.jar", "--bootstrap-servers", options.bootstrap_servers],
            *["--topic", topic, "--rate", "max", "--count", options.readings, "--sensors", 1000, "--seed", 1],
        ],
        "kafka-producer-perf-test": lambda topic: [
            *[*java, "-cp", class_path(WORK), "org.apache.kafka.tools.ProducerPerformance", "--topic", topic],
            *["--num-records", options.readings, "--throughput", -1, "--payload-file", payloads, "--producer-props"],
            *[f"bootstrap.servers={options.bootstrap_servers}", *[f"{key}={value}" for key, value in settings.items()]],
        ],
    }
    measured = {name: [] for name in commands}
    for turn in range(options.runs):
        for name in list(commands)[turn % 2 :] + list(commands)[: turn % 2]:
            topic = f"produced-{name}-{STARTED}-{turn}"
            session.observer("topic", topic, options.partitions)
            process = Process(commands[name](topic), WORK / "logs" / f"{name}-{turn}.log")
            while process.running():
                process.sample()
                time.sleep(0.02)
            if process.popen.returncode != 0:
                process.fail(f"{name} ended with {process.popen.returncode}")
            seen = session.observer("span", topic)
            if seen["records"] != options.readings:
                process.fail(f"{name}: {seen['records']} records arrived, expected {options.readings}")
            run = {
                "rate": options.readings / seen["seconds"] / 1e3,
                "cpu": process.cpu[-1][1] / (options.readings / 1e6),
                "bytes": seen["bytes"] / options.readings,
                "peak": process.peak,
            }
            measured[name].append(run)
            progress(f"{name}, run {turn + 1}: {run['rate']:.0f} k/s, {run['cpu']:.2f} CPU s/M")
    table(
        ["", "thousand records/s", "CPU s per million", "bytes each on disk", "peak MB"],
        [
            [name, *[spread([run[key] for run in runs], digits) for key, digits in (("rate", 0), ("cpu", 2), ("bytes", 1), ("peak", 0))]]
            for name, runs in measured.items()
        ],
    )
    ours, theirs = measured.values()
    ratios = spread([our["rate"] / their["rate"] for our, their in zip(ours, theirs)], 2)
    say(f"producer ÷ kafka-producer-perf-test: {ratios}; the rate is that between the first and the last arrival.", "")


# From MQTT to Kafka.


class Mosquitto:
    """An MQTT broker with nothing in it that keeps whatever it is given."""

    def __init__(self, options, in_flight):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        configuration = WORK / "mosquitto.conf"
        configuration.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages {in_flight}\n"
        )
        self.process = Process([options.mosquitto, "-c", configuration], WORK / "logs" / f"mosquitto-{self.port}.log")
        deadline = time.time() + 10
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.port)).close()
            except OSError:
                if time.time() > deadline or not self.process.running():
                    self.process.fail("mosquitto did not start")
                time.sleep(0.02)


def our_bridge(in_flight=1000, linger=0, version="5"):
    """The defaults are the producer's own."""

    def command(options, port, topic, qos):
        java = [options.java(), *options.java_flags(OURS)]
        ours = ["-jar", ROOT / "producer/target/producer.jar", "--bootstrap-servers", options.bootstrap_servers]
        ours += ["--source", "mqtt", "--mqtt-url", f"mqtt://127.0.0.1:{port}", "--mqtt-topics", mqtt.FILTER]
        ours += ["--mqtt-client-id", MQTT_CLIENT, "--qos", qos, "--key", "topic", "--topic", topic]
        ours += ["--mqtt-version", version, "--mqtt-in-flight", in_flight]
        if not qos:
            ours += ["--mqtt-session-expiry", "off"]
        return ["env", f"KAFKA_LINGER_MS={linger}", *java, *ours]

    return 5 if version == "5" else 4, in_flight, command


def telegraf(undelivered=1000, batch=1000, buffer=10_000, flush="10s"):
    """The defaults are Telegraf's own."""

    def command(options, port, topic, qos):
        variables = {
            "MQTT_URL": f"tcp://127.0.0.1:{port}",
            "KAFKA": options.bootstrap_servers,
            "TOPIC": topic,
            "QOS": qos,
            "KEEPS_SESSION": "true" if qos else "false",
            "UNDELIVERED": undelivered,
            "BATCH": batch,
            "BUFFER": buffer,
            "FLUSH": flush,
        }
        settings = [f"{name}={value}" for name, value in variables.items()]
        return ["env", *settings, options.telegraf, "--quiet", "--non-strict-env-handling", "--config", HERE / "telegraf.conf"]

    return 4, None, command


MQTT_CLIENT = "bench-bridge"
RAISED = telegraf(undelivered=10_000, batch=1000, buffer=100_000, flush="100ms")


def mqtt_bridges(session, options):
    """Has each bridge bring the same messages from Mosquitto to a topic."""
    say("## From MQTT to Kafka", "")
    options.mosquitto = shutil.which(options.mosquitto)
    if not options.mosquitto:
        say("Skipped, since there is no mosquitto here; --mosquitto says where it is.", "")
        return

    def measure(title, bridges, run):
        measured = {name: [] for name, bridge in bridges.items() if bridge}
        for turn in range(options.runs):
            order = list(measured)
            for name in order if turn % 2 == 0 else reversed(order):
                one = run(*bridges[name])
                measured[name].append(one)
                progress(f"{name}, run {turn + 1}: " + ", ".join(f"{key} {value:.2f}" for key, value in one.items()))
        keys = next(iter(measured.values()))[0].keys()
        say(title)
        table(
            ["", *keys],
            [[name, *[spread([run[key] for run in runs], digits(key)) for key in keys]] for name, runs in measured.items()],
        )

    def digits(key):
        return 2 if "CPU" in key else 1

    def backlog(count, in_flight):
        return lambda *bridge: mqtt_backlog(session, options, bridge, count, in_flight)

    beside = options.telegraf is not None
    parts = options.mqtt_parts.split(",")
    if "backlog" in parts:
        measure(
            f"{options.messages:,} messages of QoS 1 that wait in a session; max_inflight_messages 0:",
            {
                "producer": our_bridge(),
                "Telegraf, max_undelivered_messages 10 000, flush_interval 100 ms": beside and RAISED,
                "Telegraf, its defaults": beside and telegraf(),
            },
            backlog(options.messages, 0),
        )
    if "limited" in parts:
        few = options.messages // 40
        measure(
            f"{few:,} messages of QoS 1 that wait in a session; max_inflight_messages 20, Mosquitto's default:",
            {
                "producer": our_bridge(),
                "producer, --mqtt-version=3.1.1": our_bridge(version="3.1.1"),
                "Telegraf, metric_batch_size 20, flush_interval 100 ms": beside and telegraf(batch=20, flush="100ms"),
            },
            backlog(few, 20),
        )
    if "live" in parts:
        for rate in [int(rate) for rate in options.mqtt_rates.split(",")]:
            measure(
                f"QoS 0, {rate:,} messages/s for 10 s:",
                {
                    "producer": our_bridge(),
                    "Telegraf, max_undelivered_messages 10 000, flush_interval 100 ms": beside and RAISED,
                },
                lambda *bridge, rate=rate: mqtt_live(session, options, bridge[-1], rate),
            )
    if "settings" in parts:
        measure(
            f"{options.messages:,} messages of QoS 1 that wait in a session; max_inflight_messages 0:",
            {
                f"--mqtt-in-flight={in_flight}, linger {linger} ms": our_bridge(in_flight, linger)
                for in_flight in (100, 1000, 10_000)
                for linger in (0, 5, 20)
            },
            backlog(options.messages, 0),
        )


def mqtt_topic(session, options):
    session.runs += 1
    topic = f"mqtt-{STARTED}-{session.runs}"
    session.observer("topic", topic, options.partitions)
    return topic


def mqtt_backlog(session, options, contender, count, in_flight):
    """From the first arrival of a message that waited in the MQTT broker to the last one."""
    version, receive_maximum, command = contender
    topic = mqtt_topic(session, options)
    broker = Mosquitto(options, in_flight)
    bridge = None
    try:
        mqtt.make_session(broker.port, MQTT_CLIENT, version, receive_maximum)
        mqtt.preload(broker.port, count)
        broker.process.sample()
        before = broker.process.cpu[-1][1]
        bridge = Process(command(options, broker.port, topic, 1), WORK / "logs" / f"{topic}.log")
        arrived = [(bridge.started, 0)]
        while arrived[-1][1] < count:
            time.sleep(0.02)
            bridge.sample()
            arrived.append((time.time(), session.observer("records", topic)["records"]))
            if not bridge.running() or time.time() - bridge.started > RUN_TIMEOUT:
                bridge.fail(f"{arrived[-1][1]} of {count} messages had come")
        bridge.sample()
        broker.process.sample()
        first, half, last = crossing(arrived, 1), crossing(arrived, count / 2), crossing(arrived, count)
        millions = count / 1e6
        return {
            "thousand messages/s, whole": count / (last - first) / 1e3,
            "steady": count / 2 / (last - half) / 1e3,
            "CPU s per million, whole": value_at(bridge.cpu, last) / millions,
            "steady CPU": (value_at(bridge.cpu, last) - value_at(bridge.cpu, half)) / millions * 2,
            "Mosquitto's CPU s per million": (broker.process.cpu[-1][1] - before) / millions,
            "peak MB": bridge.peak,
            "twice": session.observer("span", topic)["records"] - count,
        }
    finally:
        if bridge:
            bridge.stop()
        broker.process.stop()


def mqtt_live(session, options, command, rate):
    """How many of those messages arrive that come at a rate."""
    topic = mqtt_topic(session, options)
    broker = Mosquitto(options, 0)
    bridge = Process(command(options, broker.port, topic, 0), WORK / "logs" / f"{topic}.log")
    records = lambda: session.observer("records", topic)["records"]
    try:
        while not records():
            mqtt.probe(broker.port)
            time.sleep(0.1)
            if not bridge.running() or time.time() - bridge.started > 60:
                bridge.fail("no message had come")
        time.sleep(1)
        probes = records()
        bridge.sample()
        before = bridge.cpu[-1][1]
        started = time.time()
        seconds = mqtt.publish(broker.port, 10 * rate, rate)
        came, last = records(), time.time()
        while time.time() - last < 3:
            time.sleep(0.1)
            if (now := records()) > came:
                came, last = now, time.time()
        bridge.sample()
        came -= probes
        return {
            "sent, thousand/s": 10 * rate / seconds / 1e3,
            "arrived, thousand/s": came / (last - started) / 1e3,
            "lost %": 100 - 10 * came / rate,
            "CPU s per million": (bridge.cpu[-1][1] - before) / (came / 1e6),
            "peak MB": bridge.peak,
        }
    finally:
        bridge.stop()
        broker.process.stop()
        session.observer("span", topic)


def jmh(session, options):
    say("## Parser and state encoding alone", "", "JMH, nanoseconds an operation, with the error at 99.9 %:")
    result = WORK / "logs" / "jmh.json"
    command = [options.java(), "-cp", class_path(WORK), "org.openjdk.jmh.Main", "-rf", "json", "-rff", result]
    command += ["-f", options.runs, "-wi", 3, "-w", 1, "-i", 3, "-r", 1, "-foe", "true"]
    with open(WORK / "logs" / "jmh.log", "wb") as log:
        subprocess.run([str(part) for part in command], stdout=log, stderr=log, check=True)
    rows = []
    for benchmark in json.loads(result.read_text()):
        metric = benchmark["primaryMetric"]
        name = benchmark["benchmark"].rpartition("downsampling.processor.")[2]
        rows.append([name, f"{metric['score']:.1f} ± {float(metric['scoreError']):.1f}"])
    table(["", "ns"], rows)


def options_cost(session, options):
    say("## What options cost", "")
    for what in ("readings", "sensors", "lateness"):
        command = [options.java(), "-Xmx6g", "-XX:+UseSerialGC", "-cp", class_path(WORK)]
        command += ["downsampling.processor.window.OptionsCost", what]
        with open(WORK / "logs" / "options.log", "wb") as log:
            run = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=log, check=True)
        say(*(f"- {line}" for line in run.stdout.decode().splitlines() if line.startswith("[")), "")


def everything(session, options):
    compare(session, options)
    settings(session, with_options(options, runs=max(1, options.runs - 1)))
    sensors(session, with_options(options, runs=max(1, options.runs - 1)))
    instances(session, with_options(options, runs=1))
    latency(session, options)
    producer(session, options)
    jmh(session, with_options(options, runs=1))


def quick(session, options):
    options = with_options(options, runs=1, readings=1_500_000, latency_seconds=(5, 15))
    compare(session, with_options(options, contenders="processor,tutorial,plain"))
    latency(session, options)
    producer(session, options)


TASKS = {
    "compare": compare,
    "settings": settings,
    "sensors": sensors,
    "instances": instances,
    "latency": latency,
    "producer": producer,
    "mqtt": mqtt_bridges,
    "jmh": jmh,
    "options": options_cost,
    "all": everything,
    "quick": quick,
}


# What is needed first.


def have_quix():
    """Installs it into a virtual environment of the benchmark."""
    try:
        if not PYTHON.with_name("pip").exists():
            subprocess.run([sys.executable, "-m", "venv", WORK / "venv"], check=True)
        install = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", HERE / "requirements.txt"]
        subprocess.run(install, check=True)
        return True
    except (OSError, subprocess.CalledProcessError) as problem:
        say(f"Skipped: Quix Streams, which could not be installed ({problem}).", "")
        return False


def build(options):
    modules = ["processor", "local-broker", "producer", "benchmarks/streaming"]
    if options.task in ("compare", "all") and "flink" in options.contenders.split(","):
        modules.append("benchmarks/streaming/flink")
    command = [ROOT / "mvnw", "-q", "-B", "-Pbenchmarks", "-DskipTests", "-Dspotless.check.skip"]
    command += ["-pl", ",".join(modules), "-am", "package"]
    subprocess.run([str(part) for part in command], cwd=ROOT, check=True)


def java_version(jdk):
    java = pathlib.Path(jdk) / "bin" / "java" if jdk else shutil.which("java")
    lines = subprocess.run([java, "-version"], capture_output=True, text=True, check=True).stderr.splitlines()
    return lines[0].split('"')[1]


def say_machine(options):
    jars = [jar.stem for jar in (WORK / "lib").glob("kafka-streams-*.jar")]
    jars += [jar.stem for jar in (FLINK / "lib").glob("flink-c*.jar") if "-clients-" in jar.name or "kafka" in jar.name]
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True).stdout
    say(
        f"Machine: {machine.description()};"
        f" JDK {java_version(options.jdk)}; {', '.join(sorted(jars))}, {(HERE / 'requirements.txt').read_text().strip()}.",
        f"Commit {commit.strip() or 'unknown'}; {time.strftime('%Y-%m-%d %H:%M')}, load when starting {os.getloadavg()[0]:.1f}.",
        f"Processor: {options.guarantee}, {options.store} store. JVM options: {' '.join(options.java_options) or 'none'}."
        " Given are median (minimum–maximum).",
        "",
        f"`benchmarks/streaming/benchmark.py {shlex.join(sys.argv[1:])}`",
        "",
    )


class Options(argparse.Namespace):
    def java(self):
        return str(pathlib.Path(self.jdk) / "bin" / "java") if self.jdk else shutil.which("java")

    def java_flags(self, name):
        """The options for all contenders, followed by those for this one."""
        found = []
        for option in self.java_options:
            contender, colon, flags = option.partition(":")
            if colon and contender in CONTENDERS:
                found += shlex.split(flags) if contender == name else []
            else:
                found += shlex.split(option)
        return found


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("task", nargs="?", choices=TASKS, default="compare", metavar="TASK", help="one of those above (default: compare)")
    add("--contenders", default=",".join(CONTENDERS), help="contenders of compare, in the order of the first round (default: %(default)s)")
    add("--runs", type=int, default=3, help="number of runs of each, in turn (default: %(default)s)")
    add("--readings", type=int, default=5_000_000, help="number of preloaded readings (default: %(default)s)")
    add("--sensors", type=int, default=1000, help="number of sensors (default: %(default)s)")
    add("--partitions", type=int, default=4, help="partitions of the input and output topics (default: %(default)s)")
    add("--per-window", type=int, default=20, help="readings of each sensor in a window (default: %(default)s)")
    add("--threads", type=int, default=1, help="threads of each contender (default: %(default)s)")
    add("--guarantee", default="exactly_once_v2", help="guarantee of the processor (default: %(default)s)")
    add("--tutorial-guarantee", default="at_least_once", help="guarantee of the tutorial version (default: Kafka Streams' own)")
    add("--flink-guarantee", default="exactly_once", help="guarantee of Flink: exactly_once or at_least_once (default: %(default)s)")
    add("--store", default="memory", help="store of the processor: memory or rocksdb (default: %(default)s)")
    add("--processor-options", default="", help="more options for the processor, in one argument")
    add("--rate", type=float, help="rate for latency, in readings/s (default: half the steady rate just measured, or 100000)")
    add("--messages", type=int, default=500_000, help="with mqtt: number of messages that wait (default: %(default)s)")
    add("--mqtt-parts", default="backlog,limited,live", help="with mqtt: which tables, also settings (default: %(default)s)")
    add("--mqtt-rates", default="20000,40000", help="with mqtt: messages/s of QoS 0 (default: %(default)s)")
    add("--mosquitto", default="mosquitto", help="with mqtt: the MQTT broker's program (default: that on the PATH)")
    add("--telegraf", help="with mqtt: Telegraf's program, to be measured beside ours (default: ours alone)")
    add("--jdk", help="folder of the JDK that runs everything (default: that of java on the PATH)")
    add("--other-jdk", help="folder of another JDK, which settings compares")
    add(
        "--java-options",
        action="append",
        default=[],
        metavar="[CONTENDER:]FLAGS",
        help="flags for the JVMs of all contenders, or of one, for example --java-options=processor:-XX:+UseParallelGC",
    )
    add("--profile", action="store_true", help="with compare: record a profile of each run, and print where the time went")
    add("--bootstrap-servers", help="a broker that is running already (default: the benchmark starts local-broker)")
    add("--processor-jar", default=ROOT / "processor/target/processor.jar", help="jar of the processor (default: the one built for this run)")
    add("--no-build", action="store_true", help="measure what was built earlier")
    options = parser.parse_args(arguments, Options(latency_seconds=(15, 60)))
    if unknown := [name for name in options.contenders.split(",") if name not in CONTENDERS]:
        parser.error(f"--contenders: {', '.join(unknown)}; allowed are {', '.join(CONTENDERS)}")
    return options


def main():
    options = parse(sys.argv[1:])
    # On SIGTERM it exits, and so stops what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if not options.no_build:
            build(options)
        say_machine(options)
        with Session(options) as session:
            TASKS[options.task](session, options)
    except Failed as problem:
        sys.exit(f"benchmark: {problem}")
    except subprocess.CalledProcessError as problem:
        sys.exit(f"benchmark: {problem}")


if __name__ == "__main__":
    main()
