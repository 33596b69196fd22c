"""Writes what benches/run measured into benches/README.md, between its two marks, and
draws its plots. Takes the folder of the figures."""

import json
import math
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
# Names of shapes are hashes: those of a plot of the same figures are the same.
matplotlib.rcParams["svg.hashsalt"] = "zhenma"
import matplotlib.pyplot as plt  # noqa: E402

HERE = Path(__file__).parent
BENCHES = ["hammer", "store", "growth", "issue", "core"]
# Redis that syncs each second, and a load with a core of its own.
APART = "everysec, apart"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


class Kept:
    """Figures that the benches kept."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.lines = []
        for bench in BENCHES:
            path = folder / f"{bench}.jsonl"
            if path.exists():
                self.lines += [json.loads(line) for line in path.read_text().splitlines()]

    def all(self, bench, what):
        return [line["value"] for line in self.lines if (line["bench"], line["what"]) == (bench, what)]

    def one(self, bench, what, **of):
        """The value with these members; None where it was not measured."""
        for value in self.all(bench, what):
            if not of or all(value.get(name) == wanted for name, wanted in of.items()):
                return value
        return None


def first_line(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "-"


def machine():
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    total = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    redis = re.search(r"v=(\S+)", first_line("redis-server", "--version"))
    return (
        f"{os.cpu_count()} cores of {cpu[1] if cpu else 'an unknown processor'}, "
        f"{int(total[1]) >> 20} GiB, Linux {platform.release().split('-')[0]}; "
        f"{first_line('rustc', '--version').split(' (')[0]}, Redis {redis[1] if redis else '-'}, "
        f"Python {platform.python_version()}, Node {first_line('node', '--version')}"
    )


def targets(kept, binary):
    """Rows of what, target, measured, whether it is met."""
    rows = []

    def row(what, target, value, met, text):
        rows.append((what, target, "not measured" if value is None else text(value),
                     "" if value is None or target == "-" else "yes" if met(value) else "**no**"))

    def highest(way, store="everysec"):
        return kept.one("hammer", "highest", store=store, way=way)

    def ratio(way, other):
        a, b = highest(way), highest(other)
        return a["rate"] / b["rate"] if a and b else None

    def at_half(way):
        return kept.one("hammer", "at_part", store=APART, way=way, part=0.5)

    def p99(way, other):
        a, b = at_half(way), at_half(other)
        return a["p99"] / b["p99"] if a and b else None

    times = "{:.2f}".format
    json_way, folded = highest("json"), kept.one("core", "verify 16 folded, each")
    row("JSON on Redis, highest rate, of the floor", "0.8", json_way and json_way["part"], lambda v: v >= 0.8, times)
    row("the floor with the signature alone in it, of the floor", "-", ratio("signed", "bare"), lambda v: True, times)
    row("JSON, of the floor with the signature", "0.8", ratio("json", "signed"), lambda v: v >= 0.8, times)
    row("p99 at half of its highest from 512 connections, times the floor's", "1.5", p99("json", "bare"), lambda v: v <= 1.5, times)
    embedded = kept.one("store", "embedded, SQLite alone, 64 writers")
    row("embedded store, of SQLite alone, 64 writers", "0.8", embedded and embedded["share"], lambda v: v >= 0.8, times)
    row("signature, folded by 16", "20 us", folded, lambda v: v <= 20_000, lambda v: f"{v / 1000:.1f} us")
    row("forged codes, of the rate of genuine ones", "1", ratio("forged", "json"), lambda v: v >= 1, times)
    quiet, flooded = (kept.one("hammer", "flood", store=APART, forged=n) for n in (0, 500))
    row("genuine p99 among as many forged, times that without", "2",
        flooded["p99"] / quiet["p99"] if quiet and flooded else None, lambda v: v <= 2, times)
    row("consumer page, of JSON's rate", "0.8", ratio("page", "json"), lambda v: v >= 0.8, times)
    row("times FastAPI", "5", ratio("json", "fastapi"), lambda v: v >= 5, "{:.1f}".format)
    row("times fastify", "5", ratio("json", "fastify"), lambda v: v >= 5, "{:.1f}".format)
    for kind, least in [("csv", 0.9), ("zpl-firmware", 0.8), ("zpl-graphic", 0.8), ("png-zip", 0.8),
                        ("pdf", 0.8), ("svg-zip", 0.8)]:
        row(f"labels as {kind}, of their parts", str(least), kept.one("issue", f"{kind} share of parts"),
            lambda v, least=least: v >= least, times)
    beyond = kept.one("hammer", "beyond", store=APART)
    row("at twice its highest from 512 connections, still answered", "0.9", beyond and beyond["part"], lambda v: v >= 0.9, times)
    row("refusals there, p99", "10 ms", beyond and beyond["shed_p99"], lambda v: v <= 10, "{:.1f} ms".format)
    server = kept.one("growth", "server", codes=1_000_000)
    row("server after a million codes", "150 MB", server and server["resident_mb"], lambda v: v < 150, "{:.0f} MB".format)
    scanned = [v for v in kept.all("growth", "scanned") if "Redis" in v["store"]]
    row("a scanned code in Redis", "100 bytes", scanned[-1]["bytes_a_code"] if scanned else None,
        lambda v: v < 100, "{:.0f} bytes".format)
    starts = [v["cold_ms"] for v in kept.all("growth", "start")]
    row("ready after", "1 s", max(starts) / 1000 if starts else None, lambda v: v < 1, "{:.2f} s".format)
    row("program, stripped", "40 MB", binary, lambda v: v < 40, "{:.1f} MB".format)
    return rows


def plot_latency(kept):
    points = [v for v in kept.all("hammer", "at_part") if v["store"] == APART]
    if not points:
        return
    figure, axes = plt.subplots(1, 2, figsize=(10, 3.6), sharey=True)
    for axis, quantile in zip(axes, ["p50", "p99"]):
        for way in dict.fromkeys(v["way"] for v in points):
            of = sorted((v["part"], v[quantile]) for v in points if v["way"] == way)
            axis.plot(*zip(*of), marker="o", label=way)
        axis.set(title=f"{quantile}, Redis everysec", xlabel="rate, in parts of JSON's highest", yscale="log")
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("ms from the planned instant")
    axes[0].legend()
    save(figure, "latency")


def plot_growth(kept):
    points = kept.all("growth", "scanned")
    if not points:
        return
    figure, axes = plt.subplots(1, 2, figsize=(10, 3.6))
    for store in dict.fromkeys(v["store"] for v in points):
        of = [v for v in points if v["store"] == store]
        codes = [v["codes"] for v in of]
        axes[0].plot(codes, [1e6 / v["new"]["rate"] for v in of], marker="o", label=f"{store}, first scan")
        axes[0].plot(codes, [1e6 / v["peek"]["rate"] for v in of], marker="x", label=f"{store}, look")
        axes[1].plot(codes, [v["bytes_a_code"] for v in of], marker="o", label=store)
    for axis, label in zip(axes, ["us a scan, 64 at once", "bytes a code"]):
        axis.set(xscale="log", xlabel="codes scanned", ylabel=label, ylim=(0, None))
        axis.grid(alpha=0.3)
        axis.legend()
    save(figure, "growth")


# Who is served: labels sold in a year, the share of them that is scanned, scans of such a
# one. What a scan costs is measured; the rest is in src/guide/capacity.md.
SERVED = [
    ("a county (two distilleries, ham, oil)", 60e6, 0.05, 1.5),
    ("a province (liquor and packaged food of Henan)", 5e9, 0.05, 1.5),
    ("China (liquor, oil, meat, milk powder)", 150e9, 0.05, 1.5),
]
PEAK_DAY, PEAK_HOUR, PEAK_SECOND = 8, 1 / 8, 3
IDLE, YEARS, NODE_BYTES, SCAN_NETWORK_BYTES = 0.5, 5, 16e9, 6e3
LEDGER_YEARS, CORE_YUAN, DISK_YUAN_GB = 2, 120, 0.5


def capacity(kept):
    """Rows of what each needs; none before everything was measured."""
    page = kept.one("hammer", "highest", store="everysec", way="page")
    scanned = [v for v in kept.all("growth", "scanned") if "Redis" in v["store"]]
    follow = [v for v in kept.all("growth", "follow") if "Redis" in v["log"]]
    if not (page and scanned and follow):
        return
    for who, labels, share, times in SERVED:
        a_day = labels * share * times / 365
        peak = a_day * PEAK_DAY * PEAK_HOUR / 3600 * PEAK_SECOND
        cores = max(4, math.ceil(peak * page["server_us"] / 1e6 / IDLE / 2) * 2)
        memory = labels * share * YEARS * scanned[-1]["bytes_a_code"]
        by_memory = math.ceil(2 * memory / NODE_BYTES)
        nodes = max(1, by_memory, math.ceil(peak * page["redis_us"] / 1e6 / IDLE))
        ledger = a_day * 365 * LEDGER_YEARS * follow[-1]["ledger_bytes"]
        machines = cores + 2 * nodes * NODE_BYTES / 4e9 + 4
        yuan = (machines * CORE_YUAN + 2 * ledger / 1e9 * DISK_YUAN_GB) * 12
        yield (who, f"{labels / 1e6:,.0f} M", f"{a_day:,.0f}", f"{peak:,.0f}", str(cores),
               f"{memory / 1e9:,.1f} GB", f"{nodes} + {nodes}", f"{ledger / 1e9:,.0f} GB",
               f"{peak * SCAN_NETWORK_BYTES * 8 / 1e6:,.0f} Mbit/s", f"{yuan:,.0f} yuan")


def save(figure, name):
    (HERE / "plots").mkdir(exist_ok=True)
    figure.tight_layout()
    # Without a date: a plot of the same figures is the same file.
    figure.savefig(HERE / "plots" / f"{name}.svg", metadata={"Date": None})


def main():
    kept = Kept(Path(sys.argv[1]))
    program = HERE.parent / "target/release/zhenma"
    binary = program.stat().st_size / 1e6 if program.exists() else None
    plot_latency(kept)
    plot_growth(kept)
    lines = [f"On {machine()}.", "", "| target | wanted | measured | met |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in targets(kept, binary)]
    for plot, says in [("latency", "Latency by rate"), ("growth", "Cost by codes scanned")]:
        if (HERE / f"plots/{plot}.svg").exists():
            lines += ["", f"![{says}](plots/{plot}.svg)"]
    for bench in BENCHES:
        told, day = kept.folder / f"{bench}.md", kept.folder / f"{bench}.date"
        if told.exists():
            lines += ["", f"## {bench}, {day.read_text().strip()}", "", told.read_text().strip()]
    between(HERE / "README.md", BEGIN, END, lines)
    needs = list(capacity(kept))
    if needs:
        names = ("serves", "labels a year", "scans a day", "at the peak, a second", "cores of servers",
                 "histories", "nodes of Redis + replicas", "ledger", "network", "a year")
        lines = [f"| {' | '.join(row)} |" for row in (names, ["---"] * len(names), *needs)]
        between(HERE.parent / "src/guide/capacity.md", "<!-- capacity: begin -->", "<!-- capacity: end -->", lines)


def between(path, begin, end, lines):
    """Puts lines between two marks of a file."""
    before, _, rest = path.read_text().partition(begin)
    path.write_text("\n".join([before + begin, *lines, end]) + rest.partition(end)[2])


main()
