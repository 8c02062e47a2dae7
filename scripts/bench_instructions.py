#!/usr/bin/env python3
"""Instructions that the generator executes for a message, counted by callgrind: a figure that no other load on the machine disturbs.

Two runs that differ in their number of messages alone are compared, so what a run costs anyway falls out; and so is the check of their traces, which is
taken off. A message counts from its making to its delivery: sent, acknowledged, received and traced, as fast as a window of 20 lets it.

Usage: bench_instructions.py WAYBILL [--engine wire|libmosquitto] [--qos N] [--format json]      by default both engines at each QoS
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

FEW, MANY = 1000, 5000
PAIRS = 20
PROFILE = """
name: fixed
engine: {engine}
{coalesce}
groups:
  - {{ name: pub, count: {pairs}, publish: {{ topic: "t/%i", qos: {qos}, size: 125, rate: unlimited, messages: {messages} }} }}
  - {{ name: sub, count: {pairs}, subscribe: {{ filters: ["t/%i"], qos: {qos} }} }}
phases: {{ drain: {{ quiet: 2s, limit: 120s }} }}
thresholds: {{ standstill: ["<120s"] }}
"""


def counted(arguments, directory):
    """The instructions of a command."""
    finished = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={directory}/out", *arguments], capture_output=True, text=True, check=False)
    found = re.search(r"Collected : (\d+)", finished.stderr)
    if finished.returncode != 0 or not found:
        sys.exit(f"{' '.join(arguments)} ended with {finished.returncode}: {finished.stderr[-600:]}")
    return int(found.group(1))


def measure(program, engine, qos, messages):
    """The instructions of the generator in a run, without those of the check."""
    with tempfile.TemporaryDirectory() as directory:
        coalesce = "coalesce: 4ms" if engine == "wire" else ""
        profile = pathlib.Path(directory, "fixed.yaml")
        profile.write_text(PROFILE.format(engine=engine, coalesce=coalesce, qos=qos, messages=messages, pairs=PAIRS))
        run = counted([program, "run", str(profile), "--out", directory + "/runs"], directory)
        return run - counted([program, "check", directory + "/runs/latest"], directory)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--engine", choices=["wire", "libmosquitto"])
    parser.add_argument("--qos", type=int, choices=[0, 1, 2])
    parser.add_argument("--format", choices=["text", "json"], default="text")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        # valgrind cannot read the debug information of newer compilers, and needs none of it.
        program = directory + "/waybill"
        subprocess.run(["objcopy", "--strip-debug", options.program, program], check=True)
        rows = []
        for engine in [options.engine] if options.engine else ["wire", "libmosquitto"]:
            for qos in [options.qos] if options.qos is not None else [0, 1, 2]:
                few, many = (measure(program, engine, qos, messages) for messages in (FEW, MANY))
                rows.append({"engine": engine, "qos": qos, "instructions_per_message": round((many - few) / ((MANY - FEW) * PAIRS))})
                if options.format == "text":
                    row = rows[-1]
                    print(f"{row['engine']:<12}  QoS {row['qos']}  {row['instructions_per_message']:>7,} instructions a message", flush=True)
    if options.format == "json":
        print(json.dumps(rows, indent=2))


main()
