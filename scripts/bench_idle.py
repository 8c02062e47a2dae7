#!/usr/bin/env python3
"""What an idle connection costs: the most memory of a run with many subscribers that get one message a second, less that of one with few.

Usage: bench_idle.py WAYBILL [--connections N]   by default 20,000, or as many as there are file descriptors
"""
import argparse
import json
import pathlib
import resource
import subprocess
import sys
import tempfile

FEW = 100
PROFILE = """
name: idle
groups:
  - {{ name: crowd, count: {count}, source_addresses: [127.0.0.2, 127.0.0.3], subscribe: {{ filters: [ping], qos: 1 }} }}
  - {{ name: clock, count: 1, publish: {{ topic: ping, qos: 1, rate: 1/s }} }}
phases: {{ hold: 4s }}
connect_rate: 4000/s
thresholds: {{ standstill: ["<60s"] }}
"""


def measure(program, count):
    """The most memory of the generator in bytes, and what was received."""
    with tempfile.TemporaryDirectory() as directory:
        profile = pathlib.Path(directory, "idle.yaml")
        profile.write_text(PROFILE.format(count=count))
        finished = subprocess.run(
            [program, "run", str(profile), "--out", directory + "/runs", "--format", "json"], capture_output=True, text=True, check=False)
        if finished.returncode != 0:
            sys.exit(f"The run with {count} subscribers ended with {finished.returncode}: {finished.stderr.strip().splitlines()[-1:]}")
        result = json.loads(finished.stdout)
        return result["generator"]["peak_memory_bytes"], result["totals"]["delivered"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--connections", type=int)
    options = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = options.connections or min(20_000, hard - 100)
    few, _ = measure(options.program, FEW)
    many, delivered = measure(options.program, count)
    print(f"{count} connections, {delivered} deliveries: {many / 2**20:.0f} MiB; {FEW} connections: {few / 2**20:.0f} MiB")
    print(f"{(many - few) / (count - FEW) / 1000:.2f} kB a connection")


main()
