#!/usr/bin/env python3
"""What a message costs the tool that makes the load, against what it costs the broker: Waybill's engines and other clients, one after the other and
several times over, each with a broker of its own. scripts/bench load calls it.

20 publishers send to 20 subscribers, each pair on a topic of its own, as fast as a window of 64 lets them. Processor time is user and system, as the kernel
counts it for the tool with its children, and for the broker, from before the tool starts until it has ended; of Waybill it is that of the load, without the
check that follows."""
import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PAIRS = 20
# What Waybill writes before the body of 64 bytes: its header, the stamp of a publisher without a past, the checksum.
SIZE = 64 + 56
TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Broker:
    """A broker with a port and a directory of its own."""

    def __init__(self, kind, directory):
        self.kind, self.port = kind, free_port()
        if kind == "mosquitto":
            path = os.path.join(directory, "mosquitto.conf")
            with open(path, "w", encoding="utf-8") as file:
                file.write(
                    f"listener {self.port} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 0\nmax_queued_messages 0\n"
                    "set_tcp_nodelay true\n"
                )
            program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
            words = [program, "-c", path]
        else:
            path = os.path.join(directory, "nats.conf")
            with open(path, "w", encoding="utf-8") as file:
                file.write(
                    f'listen: "127.0.0.1:{free_port()}"\nserver_name: bench\njetstream {{ store_dir: "{directory}/jetstream" }}\n'
                    f'mqtt {{ host: "127.0.0.1", port: {self.port}, max_ack_pending: 65535 }}\n'
                )
            words = [shutil.which("nats-server") or "/usr/sbin/nats-server", "-c", path]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise SystemExit(f"{kind} does not come up")
                time.sleep(0.05)

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


def children_cpu():
    usage = os.times()
    return usage.children_user + usage.children_system


def waybill(program, engine):
    def measure(broker, qos, seconds, directory):
        profile = os.path.join(directory, "profile.yaml")
        with open(profile, "w", encoding="utf-8") as file:
            file.write(
                f"name: bench-load\nengine: {engine}\ncoalesce: {'4ms' if engine == 'wire' else '0s'}\n"
                f'target: {{broker: "mqtt://127.0.0.1:{broker.port}"}}\ngroups:\n'
                f"  - {{name: pub, count: {PAIRS}, publish: {{topic: p/%i, qos: {qos}, size: {SIZE}, rate: unlimited, window: 64}}}}\n"
                f'  - {{name: sub, count: {PAIRS}, subscribe: {{filters: ["p/%i"], qos: {qos}}}}}\n'
                f"phases: {{warm_up: 0s, hold: {seconds}s, drain: {{limit: 60s}}}}\n"
            )
        run = subprocess.run([program, "run", profile, "--quiet", "--out", directory], capture_output=True, text=True, check=False)
        results = [os.path.join(base, "result.json") for base, _, files in os.walk(directory) if "result.json" in files]
        if not results:
            raise SystemExit(f"waybill run wrote no result: {run.stderr}")
        with open(results[0], encoding="utf-8") as file:
            result = json.load(file)
        if result["verdict"] != "pass":
            print(f"waybill {engine}, QoS {qos}: the verdict is {result['verdict']}", file=sys.stderr)
        return result["totals"]["delivered"], result["generator"]["cpu_seconds"], seconds + result["phases"]["drain_seconds"]

    return measure


def script(words):
    def measure(broker, qos, seconds, _directory):
        before = children_cpu()
        run = subprocess.run(words + [str(word) for word in (broker.port, qos, seconds, PAIRS, SIZE)], capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise SystemExit(f"{' '.join(words)} failed: {run.stderr}")
        return int(run.stdout), children_cpu() - before, seconds

    return measure


def mosquitto_clients(broker, qos, seconds, directory):
    """Programs that send a number of lines: about as many as fit the time."""
    count = {0: 12_000, 1: 6_000, 2: 3_000}[qos] * seconds // 5
    lines = os.path.join(directory, "lines")
    with open(lines, "w", encoding="utf-8") as file:
        file.write(("x" * SIZE + "\n") * count)
    before, start = children_cpu(), time.monotonic()
    common = ["-h", "127.0.0.1", "-p", str(broker.port), "-q", str(qos)]
    subscribers = [
        subprocess.Popen(["mosquitto_sub", *common, "-t", f"p/{index}", "-C", str(count)], stdout=subprocess.DEVNULL) for index in range(PAIRS)
    ]
    time.sleep(0.5)
    publishers = []
    for index in range(PAIRS):
        with open(lines, encoding="utf-8") as file:
            publishers.append(subprocess.Popen(["mosquitto_pub", *common, "-t", f"p/{index}", "-l"], stdin=file))
    for process in publishers:
        process.wait(300)
    deadline = time.monotonic() + 30
    for process in subscribers:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait(10)
            count = 0
    if count == 0:
        raise SystemExit("mosquitto_sub did not receive all that mosquitto_pub sent")
    return count * PAIRS, children_cpu() - before, time.monotonic() - start - 0.5


def peers(program):
    """The tools that there are, each with its engine and how it is measured."""
    found = [("waybill", "wire", waybill(program, "wire")), ("waybill", "libmosquitto", waybill(program, "libmosquitto"))]
    absent = []

    def add(is_there, name, engine, measure):
        if is_there:
            found.append((name, engine, measure))
        else:
            absent.append(name)

    add(shutil.which("mosquitto_pub") and shutil.which("mosquitto_sub"), "mosquitto_pub/sub", "libmosquitto", mosquitto_clients)
    for module in ("paho", "gmqtt"):
        there = subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0
        add(there, module, module, script([sys.executable, f"{HERE}/peers/{module}_load.py"]))
    node = shutil.which("node")
    there = node and subprocess.run([node, "-e", "require('mqtt')"], capture_output=True, check=False, cwd="/").returncode == 0
    add(there, "mqtt.js", "mqtt.js", script([node or "node", f"{HERE}/peers/mqttjs_load.js"]))
    return found, absent


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("program", help="the waybill program")
    parser.add_argument("--seconds", type=int, default=5, help="of each measurement")
    parser.add_argument("--trials", type=int, default=3, help="how many times over; the median is told")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    parser.add_argument("--broker", choices=["mosquitto", "nats"], action="append", help="both where none is named")
    parser.add_argument("--qos", type=int, choices=[0, 1, 2], action="append", help="all where none is named")
    parser.add_argument("--tool", action="append", help="a tool or an engine of it, as wire; all where none is named")
    options = parser.parse_args()
    found, absent = peers(options.program)
    for name in absent:
        print(f"{name} is not installed here, so it is left out", file=sys.stderr)
    rows = {}
    for trial in range(options.trials):
        for kind in options.broker or ["mosquitto", "nats"]:
            for qos in options.qos or [0, 1, 2]:
                # nats-server has no QoS 2.
                if kind == "nats" and (qos == 2 or not (shutil.which("nats-server") or os.path.exists("/usr/sbin/nats-server"))):
                    continue
                for tool, engine, measure in found:
                    if options.tool and tool not in options.tool and engine not in options.tool:
                        continue
                    with tempfile.TemporaryDirectory(prefix="waybill-bench-") as directory:
                        broker = Broker(kind, directory)
                        try:
                            before = broker.cpu()
                            delivered, generator, wall = measure(broker, qos, options.seconds, directory)
                            used = broker.cpu() - before
                        finally:
                            broker.stop()
                    rows.setdefault((tool, engine, qos, kind), []).append((delivered / wall, generator / max(1, delivered) * 1e6, generator / used))
                    print(f"trial {trial + 1}: {tool} {engine} QoS {qos} at {kind}: {generator / used:.2f}", file=sys.stderr)
    table = []
    for (tool, engine, qos, kind), values in rows.items():
        rate, cost, ratio = (statistics.median(column) for column in zip(*values))
        table.append(
            {
                "tool": tool, "engine": engine, "qos": qos, "tracing": tool == "waybill", "broker": kind,
                "delivered_per_second": round(rate), "generator_us_per_message": round(cost, 3), "generator_broker_cpu_ratio": round(ratio, 3),
                "generator_broker_cpu_ratios": [round(value[2], 3) for value in values],
            }
        )
    if options.format == "json":
        print(json.dumps(table, indent=2))
        return
    print(f"{'tool':<18} {'engine':<13} {'broker':<10} QoS  delivered/s  generator µs/message  generator ÷ broker  (each trial)")
    for row in table:
        trials = " ".join(f"{value:.2f}" for value in row["generator_broker_cpu_ratios"])
        print(
            f"{row['tool']:<18} {row['engine']:<13} {row['broker']:<10} {row['qos']:>3} {row['delivered_per_second']:>12}"
            f" {row['generator_us_per_message']:>21.2f} {row['generator_broker_cpu_ratio']:>19.2f}  ({trials})"
        )


if __name__ == "__main__":
    main()
