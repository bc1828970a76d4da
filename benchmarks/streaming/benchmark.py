#!/usr/bin/env python3
"""Runs the processor and others that make the same summaries in turn on the same topic, and measures them from outside.

Every run is a process of its own with a fresh application id and a fresh output topic; a run whose summaries are not those
that brute force gives ends the benchmark. See README.md beside this file for what is measured and how.
"""

import argparse
import bisect
import json
import os
import pathlib
import platform
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = HERE / "target"
CLASS_PATH = os.pathsep.join([str(WORK / "classes"), str(WORK / "lib" / "*")])
INPUT = "benchmark-readings"
TICKS = os.sysconf("SC_CLK_TCK")
STARTED = time.strftime("%H%M%S")
RUN_TIMEOUT = 600  # seconds


class Failed(Exception):
    pass


# How each contender is started: a function of the options of the run, its application id and output topic.


def processor(options, java, app, output):
    command = [*java, "-jar", options.processor_jar, "--bootstrap-servers", options.bootstrap_servers]
    command += ["--application-id", app, "--input-topic", INPUT, "--output-topic", output]
    command += ["--late-topic", f"{app}-late", "--dead-topic", f"{app}-dead"]
    command += ["--threads", options.threads, "--guarantee", options.guarantee, "--state-store", options.store]
    return command + ["--state-dir", WORK / "state" / app] + shlex.split(options.processor_options)


def tutorial(options, java, app, output):
    command = [*java, "-cp", CLASS_PATH, "downsampling.benchmarks.Tutorial", options.bootstrap_servers, app]
    return command + [INPUT, output, WORK / "state" / app, options.threads, options.tutorial_guarantee]


def plain_consumer(options, java, app, output):
    command = [*java, "-cp", CLASS_PATH, "downsampling.benchmarks.PlainConsumer", options.bootstrap_servers, app]
    return command + [INPUT, output, options.threads]


OURS = "processor"
CONTENDERS = {OURS: processor, "tutorial": tutorial, "plain": plain_consumer}


# Processes, as the operating system sees them.


class Process:
    """One that is measured: its processor time and largest resident memory, sampled while it runs."""

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
        # utime and stime, the 14th and 15th of all fields; of one that has ended the memory is gone.
        self.cpu.append((time.time(), (int(fields[11]) + int(fields[12])) / TICKS))
        for line in status.splitlines():
            if line.startswith("VmHWM:"):
                self.peak = max(self.peak, int(line.split()[1]) * 1024 / 1e6)

    def catches_sigquit(self):
        """Whether the JVM has come far enough to be attached to; before that it would die of it."""
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
        """Less than a tenth of a core for the last second and a half."""
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
    """local-stack as shipped, with its data in a folder of the benchmark."""

    def __init__(self, java, jar):
        data = WORK / "broker"
        shutil.rmtree(data, ignore_errors=True)
        self.process = Process([java, "-jar", jar, "--port", "0", "--data-dir", data], WORK / "logs" / "broker.log")
        deadline = time.time() + 60
        while "ready on " not in (text := self.process.log.read_text()):
            if time.time() > deadline or not self.process.running():
                self.process.fail("the broker did not start")
            time.sleep(0.05)
        self.bootstrap_servers = text.split("ready on ")[1].split(",")[0]

    def stop(self):
        self.process.stop()
        shutil.rmtree(WORK / "broker", ignore_errors=True)


class Observer:
    """See Observer.java."""

    def __init__(self, java, bootstrap_servers):
        command = [java, "-Xmx3g", "-XX:+UseSerialGC", "-cp", CLASS_PATH]
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
    """When a counter reached a value, between two samples as if it had grown evenly."""
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


def run(name, options, observer, number):
    app = f"{name}-{STARTED}-{number}"
    output = f"{app}-output"
    java = [options.java_of(name), *options.java_options_of(name)]
    recording = WORK / "logs" / f"{app}.jfr"
    if options.profile:
        java.append("-XX:StartFlightRecording:settings=profile")
    observer("begin", app, output)
    process = Process(CONTENDERS[name](options, java, app, output), WORK / "logs" / f"{app}.log")
    try:
        attached = told = False
        asked = 0.0
        while True:
            process.sample()
            if not attached and process.catches_sigquit():
                attached = True
                observer("attach", process.pid)
            now = time.time()
            if now - asked >= 0.2:
                asked = now
                state = observer("state")
                read = max(state["consumed"], state["committed"]) >= state["records"]
                if read and options.profile and not process.threads:
                    process.sample_threads()
                    jcmd = pathlib.Path(java[0]).with_name("jcmd")
                    subprocess.run([jcmd, str(process.pid), "JFR.dump", f"filename={recording}"], stdout=subprocess.DEVNULL)
                if state["committed"] >= state["records"] and state["summaries"] >= state["expected"]:
                    break
                if not process.running() and (not told or now - told > 10):
                    if process.popen.returncode != 0 and not told:
                        process.fail(f"{name} ended with {process.popen.returncode}")
                    told = told or now
                    if now - told > 10:
                        break
                # Some give their last results only with their next commit or when they are stopped.
                if read and not told and process.running() and process.idle():
                    told = now
                    process.popen.send_signal(signal.SIGTERM)
            if now - process.started > RUN_TIMEOUT:
                process.fail(f"{name} was not done within {RUN_TIMEOUT} s: {state}")
            time.sleep(0.04)
    finally:
        process.stop()
        shutil.rmtree(WORK / "state" / app, ignore_errors=True)
    seen = observer("end")
    if seen["fault"]:
        process.fail(f"{name}: {seen['fault']}")
    return measures(options.readings, state["records"], process, seen, recording if options.profile else None)


def measures(readings, records, process, seen, recording):
    consumed = seen["consumed"] or seen["committed"]
    first = next(
        (before[0] for before, after in zip(consumed, consumed[1:]) if before[1] == 0 and after[1] > 0), consumed[0][0]
    )
    half, last = crossing(consumed, records / 2), crossing(consumed, records)
    committed = crossing(seen["committed"], records)
    return {
        "start": first - process.started,
        "whole": readings / (last - first) / 1e3,
        "steady": readings / 2 / (last - half) / 1e3,
        "cpu": value_at(process.cpu, committed or process.cpu[-1][0]) / (readings / 1e6),
        "cpu steady": (value_at(process.cpu, last) - value_at(process.cpu, half)) / (readings / 2e6),
        "complete": seen["complete"] - first,
        "peak": process.peak,
        "recording": recording,
        "steady from": half,
        "steady to": last,
        "threads": process.threads,
    }


# Reporting.


def spread(values, digits):
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:,.{digits}f}" if len(values) == 1 else f"{middle:,.{digits}f} ({low:,.{digits}f}–{high:,.{digits}f})"


def report(runs):
    print("\n| | readings/s, whole | readings/s, steady | CPU s per million, whole | steady | peak MB | first reading after s | all summaries after s |")
    print("|---|---|---|---|---|---|---|---|")
    columns = [("whole", 0), ("steady", 0), ("cpu", 2), ("cpu steady", 2), ("peak", 0), ("start", 1), ("complete", 1)]
    for name, own in runs.items():
        cells = [spread([run[key] for run in own], digits) for key, digits in columns]
        cells[0], cells[1] = cells[0] + " k", cells[1] + " k"
        print(f"| {name} | {' | '.join(cells)} |")
    if OURS in runs:
        print(f"\n| {OURS} ÷ | readings/s, whole | readings/s, steady | CPU whole | CPU steady | peak |")
        print("|---|---|---|---|---|---|")
        for name, own in runs.items():
            if name != OURS:
                # Runs of one round stand beside each other in time, so each is compared with that of its own round.
                cells = [
                    spread([ours[key] / other[key] for ours, other in zip(runs[OURS], own)], 2)
                    for key in ("whole", "steady", "cpu", "cpu steady", "peak")
                ]
                print(f"| {name} | {' | '.join(cells)} |")
    sys.stdout.flush()


def report_profile(name, observer, measured):
    shares = observer("shares", measured["recording"], measured["steady from"], measured["steady to"])
    print(f"\n{name}: processor time by thread, from start to end, as the operating system counts it")
    total = sum(measured["threads"].values())
    for thread, seconds in sorted(measured["threads"].items(), key=lambda item: -item[1]):
        if seconds >= total / 200:
            print(f"  {seconds / total:6.1%}  {thread}")
    for title, key, most in (
        ("second half, Java threads, by samples", "threads", 8),
        ("second half, stream threads, by part", "parts", 30),
        ("second half, stream threads, by innermost frame", "frames", 25),
    ):
        total = sum(shares[key].values())
        print(f"{name}: {title} ({total})")
        for part, count in sorted(shares[key].items(), key=lambda item: -item[1])[:most]:
            print(f"  {count / total:6.1%}  {part}")


def machine(java):
    model = platform.processor()
    if pathlib.Path("/proc/cpuinfo").exists():
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(": ")[1] for line in lines if line.startswith("model name")), model)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    version = subprocess.run([java, "-version"], capture_output=True, text=True, check=True).stderr.splitlines()[1]
    print(f"Machine: {model}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.release()}; {version}")
    print(f"Load when starting: {os.getloadavg()[0]:.1f}")


def build():
    command = [ROOT / "mvnw", "-q", "-B", "-Pbenchmarks", "-DskipTests", "-Dspotless.check.skip"]
    command += ["-pl", "benchmarks/streaming,processor,local-stack,producer", "-am", "package"]
    subprocess.run([str(part) for part in command], cwd=ROOT, check=True)


class Options(argparse.Namespace):
    def java_of(self, name):
        return str(pathlib.Path(self.jdk) / "bin" / "java") if self.jdk else shutil.which("java")

    def java_options_of(self, name):
        """Those for all, then those for this one."""
        found = []
        for option in self.java_options:
            contender, named, flags = option.partition(":")
            if named and contender in CONTENDERS:
                found += shlex.split(flags) if contender == name else []
            else:
                found += shlex.split(option)
        return found


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--contenders", default=",".join(CONTENDERS), help="which, in the order of the first round (default: %(default)s)")
    add("--runs", type=int, default=3, help="of each, interleaved (default: %(default)s)")
    add("--readings", type=int, default=5_000_000, help="preloaded (default: %(default)s)")
    add("--sensors", type=int, default=1000, help="(default: %(default)s)")
    add("--partitions", type=int, default=4, help="of the input and output topics (default: %(default)s)")
    add("--per-window", type=int, default=20, help="readings of each sensor in a window (default: %(default)s)")
    add("--threads", type=int, default=1, help="(default: %(default)s)")
    add("--guarantee", default="exactly_once_v2", help="of the processor (default: %(default)s)")
    add("--tutorial-guarantee", default="at_least_once", help="of the tutorial version (default: Kafka Streams' own)")
    add("--store", default="memory", help="of the processor: memory or rocksdb (default: %(default)s)")
    add("--processor-options", default="", help="more options for the processor, in one argument")
    add("--jdk", help="folder of the JDK to run all with (default: that of java on the PATH)")
    add(
        "--java-options",
        action="append",
        default=[],
        metavar="[CONTENDER:]FLAGS",
        help="flags for the JVMs of all contenders, or of one, for example --java-options=processor:-XX:+UseParallelGC",
    )
    add("--profile", action="store_true", help="record a profile of each run, and print where the time went")
    add("--bootstrap-servers", help="a broker that runs already (default: local-stack is started)")
    add("--processor-jar", default=ROOT / "processor/target/processor.jar", help="(default: the one built for this run)")
    add("--no-build", action="store_true", help="measure what was built before")
    return parser.parse_args(arguments, Options())


def main():
    options = parse(sys.argv[1:])
    names = options.contenders.split(",")
    if unknown := [name for name in names if name not in CONTENDERS]:
        sys.exit(f"--contenders: {', '.join(unknown)}; allowed are {', '.join(CONTENDERS)}")
    if not options.no_build:
        build()
    java = shutil.which("java")
    machine(options.java_of(OURS))
    broker = observer = None
    try:
        if not options.bootstrap_servers:
            broker = Broker(java, ROOT / "local-stack/target/local-stack.jar")
            options.bootstrap_servers = broker.bootstrap_servers
        (WORK / "logs").mkdir(parents=True, exist_ok=True)
        observer = Observer(java, options.bootstrap_servers)
        loaded = observer("preload", INPUT, options.readings, options.sensors, options.partitions, options.per_window)
        print(
            f"Preloaded {options.readings:,} readings of {options.sensors:,} sensors, {options.per_window} each in a window"
            f" of 10 s, {options.partitions} partitions: {loaded['seconds']:.1f} s,"
            f" {loaded['bytes'] / loaded['records']:.1f} bytes each on disk"
        )
        print(f"Threads: {options.threads}; {OURS}: {options.guarantee}, {options.store}; JVM: {options.java_options}")
        runs = {name: [] for name in names}
        for turn in range(options.runs):
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                measured = run(name, options, observer, turn)
                runs[name].append(measured)
                print(
                    f"  {name} {turn + 1}: {measured['whole']:.0f} k/s, steady {measured['steady']:.0f} k/s,"
                    f" {measured['cpu']:.2f} CPU s/M, steady {measured['cpu steady']:.2f}, {measured['peak']:.0f} MB",
                    flush=True,
                )
        report(runs)
        if options.profile:
            for name, own in runs.items():
                report_profile(name, observer, own[-1])
    except Failed as problem:
        sys.exit(f"benchmark: {problem}")
    finally:
        if observer:
            observer.stop()
        if broker:
            broker.stop()


if __name__ == "__main__":
    main()
