"""tiered-cache-server beside redis-server, on one machine: `build-scripts/bench server` runs this.

benchmark   redis-benchmark with 50 clients, in interleaved rounds: ours without a remote, at durability
            `process`; GET beside a redis-server without persistence, SET beside one with
            `appendonly yes` and `appendfsync everysec`
python      a Python client, 95 % reads and 5 % writes of keys by Zipf's law, with a Redis behind an
            injected round trip: straight to it, and by the sidecar, which begins empty
"""

from __future__ import annotations

import argparse
import bisect
import contextlib
import csv
import io
import itertools
import multiprocessing
import os
import queue
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

REPO = Path(__file__).resolve().parents[1]
REQUIREMENTS = REPO / "tiered-cache-server/tests/server/clients/redis-py-requirements.txt"
KEYS = 100_000


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def running(command: List[str], port: int) -> Iterator[int]:
    """A server, from when its port answers until the end of the block."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        for _ in range(400):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            if process.poll() is not None:
                sys.exit(f"{command[0]} ended at once")
            time.sleep(0.05)
        else:
            sys.exit(f"{command[0]} does not answer")
        yield port
    finally:
        process.terminate()
        process.wait(60)


def redis_server(folder: str, *options: str):
    port = free_port()
    command = ["redis-server", "--port", str(port), "--dir", folder, "--save", "", *options]
    return running(command, port)


def sidecar(program: str, folder: str, remote: str):
    port = free_port()
    command = [program, "--home", f"{folder}/home", "--listen", f"127.0.0.1:{port}"]
    return running([*command, "--remote", remote, "--log", "warn"], port)


def redis_benchmark(port: int, test: str, requests: int, pipeline: int, keys: int) -> Dict[str, float]:
    command = ["redis-benchmark", "-p", str(port), "-t", test, "-n", str(requests), "-c", "50"]
    command += ["-P", str(pipeline), "--csv"] + (["-r", str(keys)] if keys else [])
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    row = list(csv.DictReader(io.StringIO(said)))[-1]
    return {"rps": float(row["rps"]), "p99": float(row["p99_latency_ms"])}


def benchmark(program: str, rounds: int, scale: float) -> None:
    print(f"redis-benchmark, 50 clients, medians of {rounds} interleaved rounds\n")
    print("| | pipeline | ours/s | Redis/s | share | p99 ours, ms | p99 Redis, ms |")
    print("|---|---|---|---|---|---|---|", flush=True)
    with contextlib.ExitStack() as stack:
        folders = [stack.enter_context(tempfile.TemporaryDirectory()) for _ in range(3)]
        ours = stack.enter_context(sidecar(program, folders[0], "none"))
        plain = stack.enter_context(redis_server(folders[1], "--appendonly", "no"))
        durable = stack.enter_context(
            redis_server(folders[2], "--appendonly", "yes", "--appendfsync", "everysec")
        )
        for port in (ours, plain, durable):
            redis_benchmark(port, "set", 3 * KEYS, 16, KEYS)
            redis_benchmark(port, "set", 1000, 1, 0)
        cases = itertools.product(("get", "set"), (1, 16), (0, KEYS))
        for test, pipeline, keys in cases:
            requests = int(scale * (120_000 if pipeline == 1 else 1_000_000 if test == "get" else 600_000))
            theirs = plain if test == "get" else durable
            figures: Dict[int, List[Dict[str, float]]] = {ours: [], theirs: []}
            for number in range(rounds):
                for port in (ours, theirs)[:: 1 if number % 2 else -1]:
                    figures[port].append(redis_benchmark(port, test, requests, pipeline, keys))

            def median(port: int, name: str) -> float:
                return statistics.median(one[name] for one in figures[port])

            name = f"`{test.upper()}`, {f'{keys:,} keys' if keys else 'one key'}"
            share = median(ours, "rps") / median(theirs, "rps")
            print(
                f"| {name} | {pipeline} | {median(ours, 'rps'):,.0f} | {median(theirs, 'rps'):,.0f} "
                f"| {share:.2f} | {median(ours, 'p99'):.2f} | {median(theirs, 'p99'):.2f} |",
                flush=True,
            )


def pump(source: socket.socket, sink: socket.socket, delay: float) -> None:
    """Carries bytes from one socket to the other, each piece `delay` seconds late."""
    pieces: queue.Queue[Tuple[float, bytes]] = queue.Queue()

    def send() -> None:
        with contextlib.suppress(OSError):
            while True:
                due, piece = pieces.get()
                if not piece:
                    return sink.shutdown(socket.SHUT_WR)
                left = due - time.monotonic()
                if left > 0:
                    time.sleep(left)
                sink.sendall(piece)

    threading.Thread(target=send, daemon=True).start()
    piece = b"?"
    while piece:
        try:
            piece = source.recv(1 << 16)
        except OSError:
            piece = b""
        pieces.put((time.monotonic() + delay, piece))


def delay_line(port: int, server: int, round_trip: float) -> None:
    """A proxy on `port` that makes a server further away."""
    listener = socket.create_server(("127.0.0.1", port))
    while True:
        client, _ = listener.accept()
        behind = socket.create_connection(("127.0.0.1", server))
        for one, other in ((client, behind), (behind, client)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=pump, args=(one, other, round_trip / 2), daemon=True).start()


def python(program: str, rounds: int, scale: float, round_trip: float) -> None:
    packages = Path(os.environ.get("CARGO_TARGET_DIR", REPO / "target")) / "tmp/redis-py"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    install += ["--root-user-action=ignore", "--no-deps", "--upgrade", "--require-hashes"]
    subprocess.run([*install, "--target", str(packages), "-r", str(REQUIREMENTS)], check=True)
    sys.path.insert(0, str(packages))
    import redis

    keys, operations = int(10_000 * scale) or 1, int(20_000 * scale)
    value = b"v" * 200
    # By Zipf's law with the exponent 0.99, as YCSB has it.
    weights = list(itertools.accumulate(1 / rank**0.99 for rank in range(1, keys + 1)))

    def run(port: int, seed: int) -> float:
        client = redis.Redis(port=port, protocol=3)
        client.ping()
        chance = random.Random(seed)
        mix = [
            (chance.random() < 0.05, f"key:{bisect.bisect(weights, chance.random() * weights[-1])}")
            for _ in range(operations)
        ]
        begin = time.perf_counter()
        for writes, key in mix:
            if writes:
                client.set(key, value)
            elif client.get(key) is None:
                sys.exit(f"{key} is not there")
        return operations / (time.perf_counter() - begin)

    straight, cold, warm, trips = [], [], [], []
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        server = stack.enter_context(redis_server(folder, "--appendonly", "no"))
        with redis.Redis(port=server).pipeline(transaction=False) as pipeline:
            for number in range(keys + 1):
                pipeline.set(f"key:{number}", value)
            pipeline.execute()
        away = free_port()
        proxy = multiprocessing.Process(
            target=delay_line, args=(away, server, round_trip), daemon=True
        )
        proxy.start()
        stack.callback(proxy.terminate)
        time.sleep(0.5)
        direct = redis.Redis(port=away)
        for _ in range(500):
            begin = time.perf_counter()
            direct.ping()
            trips.append(time.perf_counter() - begin)
        for number in range(rounds):
            straight.append(run(away, number))
            with tempfile.TemporaryDirectory() as home:
                with sidecar(program, home, f"redis://127.0.0.1:{away}") as port:
                    cold.append(run(port, number))
                    warm.append(run(port, number + rounds))
                    left = redis.Redis(port=port).execute_command("TIERED.FLUSH", 60_000)
                    left = left if isinstance(left, dict) else dict(zip(left[::2], left[1::2]))
                    if left[b"complete"] != 1:
                        sys.exit(f"the remote did not get everything: {left}")
    print(f"\nredis-py, one client, 95 % reads and 5 % writes, {keys:,} keys by Zipf's law (0.99)")
    print(f"round trip to Redis: {statistics.median(trips) * 1000:.2f} ms, {round_trip * 1000} of them injected")
    print(f"medians of {rounds} interleaved rounds of {operations:,} operations\n")
    print("| | operations/s | times as many |\n|---|---|---|")
    base = statistics.median(straight)
    for name, figures in (
        ("straight to Redis", straight),
        ("by the sidecar, which begins empty", cold),
        ("by the sidecar, once the keys are there", warm),
    ):
        print(f"| {name} | {statistics.median(figures):,.0f} | {statistics.median(figures) / base:.1f} |")


def main() -> None:
    parser = argparse.ArgumentParser(prog="build-scripts/bench server", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="less of all: to see that it works")
    parser.add_argument("--only", choices=("benchmark", "python"), help="one part of it")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--round-trip", type=float, default=0.5, metavar="MS", help="injected, for `python`")
    asked = parser.parse_args()
    rounds, scale = (1, 0.02) if asked.quick else (asked.rounds, 1.0)
    if asked.only != "python":
        benchmark(asked.program, rounds, scale)
    if asked.only != "benchmark":
        python(asked.program, rounds, scale, asked.round_trip / 1000)


if __name__ == "__main__":
    main()
