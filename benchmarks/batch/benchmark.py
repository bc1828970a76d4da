#!/usr/bin/env python3
"""Runs the batch aggregator, and the engines that people would use instead, in turn on the same files.

Every run is a whole process from start to end, as a user would start it. Before anything is measured, each tool answers
each query once (which also fills the page cache), and its result must equal that of the batch aggregator row by row.
Then the tools take turns, so that whatever else the machine does affects all of them alike.
"""

import argparse
import csv
import dataclasses
import datetime
import itertools
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))

import machine  # the module beside this folder, which both benchmarks use

WORK = HERE / "target"
DUCKDB_JDBC = "org.duckdb:duckdb_jdbc:2.0.0.1"
COPY_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.9.0:copy"
OURS = "batch-aggregator"
METRICS = [f"metric_{i}" for i in range(1, 10)]


@dataclasses.dataclass(frozen=True)
class Query:
    name: str
    data: str  # the folder under target/
    minutes: int
    dimensions: tuple
    days: int = 90
    users: tuple = ()
    apps: tuple = ()

    start = datetime.date(2025, 1, 1)

    @property
    def end(self):
        return self.start + datetime.timedelta(days=self.days)

    @property
    def files(self):
        """The files of the days asked for, so that no tool has to read files that the names rule out."""
        dates = (self.start + datetime.timedelta(days=day) for day in range(self.days))
        return [str(WORK / self.data / f"{date}.log.csv") for date in dates]


DATA = {
    "99-users": ["--logs-per-day=50000"],
    "1M-users": ["--logs-per-day=55556", "--users=1000000"],
}
QUERIES = {
    "user": Query("1day by user", "99-users", 1440, ("user",)),
    "user-app": Query("30m by user, app", "99-users", 30, ("user", "app")),
    "1M-users": Query("1day by user, 1 M users, 5 M rows", "1M-users", 1440, ("user",)),
    "few": Query(
        "3 users, 1 app, 71 days", "99-users", 1440, ("user", "app"), 71, ("user1", "user50", "user99"), ("facebook",)
    ),
}


# How each tool is called. Each function returns the command for a query whose result is written to a file.


def ours(java, jar, query, result, *more):
    command = [java, "-jar", jar, "aggregate"]
    command += [f"--input-dir={WORK / query.data}", f"--results-dir={result.parent}", f"--output={result.name}"]
    command += [f"--from_datetime={query.start} 00:00:00", f"--to_datetime={query.end} 00:00:00"]
    command += [f"--granularity={'1day' if query.minutes == 1440 else f'{query.minutes}m'}"]
    command += [f"--dimensions={','.join(query.dimensions)}"]
    command += [f"--user={','.join(query.users)}"] if query.users else []
    command += [f"--app={','.join(query.apps)}"] if query.apps else []
    return command + list(more)


def strings(values):
    return ", ".join(f"'{value}'" for value in values)


def conditions(query):
    where = f"timestamp >= '{query.start} 00:00:00' AND timestamp < '{query.end} 00:00:00'"
    where += f' AND "user" IN ({strings(query.users)})' if query.users else ""
    return where + (f" AND app IN ({strings(query.apps)})" if query.apps else "")


def duckdb_sql(query, result):
    columns = {"timestamp": "TIMESTAMP", "user": "VARCHAR", "app": "VARCHAR"} | dict.fromkeys(METRICS, "BIGINT")
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    keys = ", ".join(["1"] + [f'"{dimension}"' for dimension in query.dimensions])
    return f"""
        SET enable_progress_bar = false;
        COPY (
            SELECT time_bucket(INTERVAL '{query.minutes} minutes', timestamp) AS timestamp,
                {"".join(f'"{dimension}", ' for dimension in query.dimensions)}
                {", ".join(f"sum({metric}) AS {metric}" for metric in METRICS)}
            FROM read_csv([{strings(query.files)}], header = false, delim = ',', quote = '"', auto_detect = false,
                timestampformat = '%Y-%m-%d %H:%M:%S', columns = {{{columns}}})
            WHERE {conditions(query)}
            GROUP BY {keys}
            ORDER BY {keys}
        ) TO '{result}' (HEADER)"""


def clickhouse_sql(query, result):
    columns = "timestamp DateTime(\\'UTC\\'), user String, app String, "
    columns += ", ".join(f"{metric} Int64" for metric in METRICS)
    files = f"{WORK / query.data}/{{{','.join(pathlib.Path(file).name for file in query.files)}}}"
    keys = ", ".join(["period", *query.dimensions])
    return f"""
        SELECT toStartOfInterval(timestamp, INTERVAL {query.minutes} MINUTE) AS period,
            {"".join(f"{dimension}, " for dimension in query.dimensions)}
            {", ".join(f"sum({metric})" for metric in METRICS)}
        FROM file('{files}', CSV, '{columns}')
        WHERE {conditions(query)}
        GROUP BY {keys}
        ORDER BY {keys}
        INTO OUTFILE '{result}' FORMAT CSVWithNames"""


def polars_query(query, result):
    return json.dumps(
        dataclasses.asdict(query)
        | {"files": query.files, "start": str(query.start), "end": str(query.end), "result": str(result)}
    )


def tools(java, jar):
    """Maps the name of each tool that is available to a function of query and result file that returns a command."""
    found = {OURS: lambda query, result: ours(java, jar, query, result)}
    found[OURS + " --index"] = lambda query, result: ours(java, jar, query, result, "--index")

    driver = WORK / "lib" / "duckdb_jdbc.jar"
    if have("DuckDB (JDBC)", lambda: duckdb_jdbc(java, driver)):
        class_path = f"{driver}{os.pathsep}{WORK / 'lib'}"
        found["DuckDB (JDBC)"] = lambda query, result: [java, "-cp", class_path, "DuckDb", duckdb_sql(query, result)]
    python = WORK / "venv" / "bin" / "python"
    if have("DuckDB (Python)", lambda: python_package("duckdb")):
        found["DuckDB (Python)"] = lambda query, result: [
            *[python, "-c", "import duckdb, sys; duckdb.execute(sys.argv[1])", duckdb_sql(query, result)]
        ]
    if have("DuckDB (CLI)", lambda: python_package("duckdb-cli")):
        found["DuckDB (CLI)"] = lambda query, result: [python.parent / "duckdb", "-c", duckdb_sql(query, result)]
    if have("Polars", lambda: python_package("polars")):
        found["Polars"] = lambda query, result: [python, HERE / "polars_query.py", polars_query(query, result)]
    if have("ClickHouse (chDB)", lambda: python_package("chdb")):
        found["ClickHouse (chDB)"] = lambda query, result: [
            *[python, "-c", "import chdb, sys; chdb.query(sys.argv[1])", clickhouse_sql(query, result)]
        ]
    return found


# What is needed first.


def have(name, install):
    try:
        install()
        return True
    except (OSError, subprocess.CalledProcessError) as problem:
        print(f"{name} is skipped, because it could not be installed ({problem})")
        return False


def duckdb_jdbc(java, driver):
    if not driver.exists():
        copy = [f"-Dartifact={DUCKDB_JDBC}", f"-DoutputDirectory={driver.parent}", "-Dmdep.stripVersion=true"]
        check_call(ROOT / "mvnw", "-q", "-B", "-N", COPY_PLUGIN, *copy, cwd=ROOT)
    javac = pathlib.Path(java).with_name("javac")
    check_call(javac, "--release", "17", "-d", driver.parent, HERE / "DuckDb.java")


def python_package(package):
    bin_folder = WORK / "venv" / "bin"
    if not (bin_folder / "pip").exists():
        check_call(sys.executable, "-m", "venv", WORK / "venv")
    pinned = next(line for line in (HERE / "requirements.txt").read_text().split() if line.startswith(package + "=="))
    check_call(bin_folder / "pip", "install", "--quiet", "--disable-pip-version-check", pinned)


def build():
    check_call(ROOT / "mvnw", "-q", "-B", "-pl", "batch-aggregator", "-DskipTests", "package", cwd=ROOT)
    return ROOT / "batch-aggregator/target/batch-aggregator.jar"


def make_data(java, jar):
    for name, options in DATA.items():
        if not (WORK / name).exists():
            # The folder gets its name when it is complete, so that an interrupted run leaves no half of it.
            new = WORK / f"{name}.new"
            shutil.rmtree(new, ignore_errors=True)
            check_call(java, "-jar", jar, "generate", "--seed=1", f"--output-dir={new}", "--quiet", *options)
            new.rename(WORK / name)


def check_call(*command, **options):
    subprocess.run([str(part) for part in command], check=True, **options)


# Running, comparing, reporting.


@dataclasses.dataclass(frozen=True)
class Run:
    wall: float  # seconds
    cpu: float  # seconds, user and system, all threads
    peak: float  # MB resident


def run(command, result):
    shutil.rmtree(result.parent, ignore_errors=True)
    result.parent.mkdir(parents=True)
    log = result.parent.with_suffix(".log")
    with open(log, "wb") as output:
        start = time.perf_counter()
        process = subprocess.Popen([str(part) for part in command], stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0 or not result.exists():
        sys.exit(f"{command[0]} … ended with {process.returncode}, see {log}:\n{log.read_text()[-2000:]}")
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Run(wall, usage.ru_utime + usage.ru_stime, peak / 1e6)


def check_equal(name, result, expected):
    """Compares rows but not headers, which each tool writes in its own way; quotes make no difference."""
    with open(result, newline="") as result_file, open(expected, newline="") as expected_file:
        rows = itertools.zip_longest(csv.reader(result_file), csv.reader(expected_file))
        next(rows)
        for number, (row, expected_row) in enumerate(rows, start=2):
            if row != expected_row:
                sys.exit(f"{name}: line {number} of {result} is {row}, expected {expected_row}")
    return number - 1


def spread(values, digits):
    return "–".join(f"{value:.{digits}f}" for value in (min(values), statistics.median(values), max(values)))


def ratios(runs, to, what):
    """Runs of one round are close in time, so each run is compared with the one of its own round."""
    return spread([getattr(run, what) / getattr(other, what) for run, other in zip(runs, to)], 1)


def report(query, groups, runs):
    print(f"\n### {query.name} ({groups:,} result rows)\n")
    print("| tool | wall s | CPU s | peak MB | wall ÷ ours | CPU ÷ ours |")
    print("|---|---|---|---|---|---|")
    for name, own in runs.items():
        cells = [spread([run.wall for run in own], 2), spread([run.cpu for run in own], 2)]
        cells += [spread([run.peak for run in own], 0), ratios(own, runs[OURS], "wall"), ratios(own, runs[OURS], "cpu")]
        print(f"| {' | '.join([name, *cells])} |")
    peers = {name: own for name, own in runs.items() if not name.startswith(OURS)}
    if not peers:
        return
    best = OURS + " --index" if OURS + " --index" in runs else OURS

    def median(own, what):
        return statistics.median(getattr(run, what) for run in own)

    fastest = min(peers, key=lambda name: median(peers[name], "wall"))
    smallest = min(peers, key=lambda name: median(peers[name], "peak"))
    faster = ratios(peers[fastest], runs[best], "wall")
    memory = median(runs[best], "peak") / median(peers[smallest], "peak")
    print(f"\n{best}: {faster} times as fast as the fastest peer, {fastest};", end=" ")
    print(f"{memory:.2f} of the memory of the smallest, {smallest}.")


def report_machine(java):
    version = subprocess.run([java, "-version"], capture_output=True, text=True, check=True).stderr.splitlines()[1]
    print(f"Machine: {machine.description()}; {version}")
    print(f"Peers: {DUCKDB_JDBC}, {', '.join((HERE / 'requirements.txt').read_text().split())}")
    print(f"Load when starting: {os.getloadavg()[0]:.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="measured runs of each tool (default: 5)")
    parser.add_argument("--queries", default=",".join(QUERIES), help="the queries to run (default: %(default)s)")
    parser.add_argument("--java", default=shutil.which("java"), help="the Java that runs them (default: the one on the PATH)")
    parser.add_argument("--jar", type=pathlib.Path, help="the jar to measure (default: the one built for this run)")
    arguments = parser.parse_args()

    java, jar = arguments.java, arguments.jar or build()
    make_data(java, jar)
    available = tools(java, jar)
    report_machine(java)
    for query in (QUERIES[key] for key in arguments.queries.split(",")):
        commands = {
            name: command for name, command in available.items() if query.users or not name.endswith("--index")
        }
        results = {name: WORK / "results" / name.replace(" ", "_") / "result.csv" for name in commands}
        for name, command in commands.items():
            run(command(query, results[name]), results[name])
            groups = check_equal(name, results[name], results[OURS])
        runs = {name: [] for name in commands}
        names = list(commands)
        for turn in range(arguments.rounds):
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                size = results[name].stat().st_size
                runs[name].append(run(commands[name](query, results[name]), results[name]))
                if results[name].stat().st_size != size:
                    sys.exit(f"{name}: the result differs from one run to the next")
        report(query, groups, runs)


if __name__ == "__main__":
    main()
