"""An engine that speaks protocol 1 with the standard library alone, and can be told to misbehave.

`python fake_engine.py MODE`: good, crash_at_start, other_protocol, silent, garbage, no_heartbeat. Requests: `sleep` (seconds, in
steps of 20 ms that look for a cancellation), `deaf` (the same without looking), `crash`, `freeze` (no heartbeat any more), `big`
(megabytes), `order` (progress, warning, result), `stray` (lines that are no JSON), `environment` (names).
"""

import json
import os
import sys
import threading
import time

LOCK = threading.Lock()
CANCELLED = set()
FROZEN = threading.Event()
STEP = 0.02


def send(**content):
    with LOCK:
        sys.stdout.buffer.write(json.dumps(content, ensure_ascii=False).encode("utf-8") + b"\n")
        sys.stdout.buffer.flush()


def result(number, **content):
    send(id=number, event="result", **{"outputs": {}, "numbers": {}, "warnings": 0, "seconds": 0.0, **content})


def beat(busy):
    while not FROZEN.is_set():
        send(event="alive", busy=busy[0])
        FROZEN.wait(0.1)


def sleep(number, seconds, deaf=False):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if number in CANCELLED and not deaf:
            send(id=number, event="error", code="CANCELLED", fields={}, message="cancelled")
            return
        send(id=number, event="progress", fraction=0.5, text="sleep")
        time.sleep(STEP)
    result(number)


def work(number, method, params, busy):
    busy[0] = number
    if method in ("sleep", "deaf"):
        sleep(number, params.get("seconds", 60), deaf=method == "deaf")
    elif method == "order":
        send(id=number, event="progress", fraction=0.1, text="余杭区")
        send(id=number, event="warning", code="zonal_some_outside", fields={}, message="some outside")
        send(id=number, event="progress", fraction=0.9, text="")
        result(number, outputs={"table": "数据 目录/t.csv"}, warnings=1)
    elif method == "big":
        result(number, text="值" * (params["megabytes"] * 2**20 // 3))
    elif method == "stray":
        with LOCK:
            sys.stdout.buffer.write(b"no json\n[1, 2]\n\xff\xfe\n")
        result(number)
    elif method == "environment":
        result(number, names=sorted(os.environ), values=dict(os.environ))
    elif method == "refuse":
        send(id=number, event="error", code="NOT_KNOWN_HERE", fields={"a": 1}, message="the engine's own words")
    else:
        result(number)
    busy[0] = None


def main():
    mode = sys.argv[1]
    if mode == "crash_at_start":
        print("boom at start", file=sys.stderr)
        return 3
    busy = [None]
    if mode not in ("silent", "no_heartbeat"):
        threading.Thread(target=beat, args=(busy,), daemon=True).start()
    if mode == "garbage":
        print("Welcome to an interpreter that greets", flush=True)
    for line in sys.stdin.buffer:
        request = json.loads(line.decode("utf-8"))
        number, method, params = request["id"], request["method"], request["params"]
        if method == "hello" and mode != "silent":
            protocols = [int(mode.split(":")[1])] if mode.startswith("other_protocol") else [1]
            result(number, protocols=protocols, ecoval="0.1.0", python="3.11.0", packages={}, methods=[], catalogue="0" * 16)
        elif method == "cancel":
            CANCELLED.add(params["id"])
            result(number)
        elif method == "crash":
            print("last words of a crash", file=sys.stderr, flush=True)
            os._exit(7)
        elif method == "freeze":
            FROZEN.set()
        elif method == "shutdown":
            result(number)
            return 0
        elif mode != "silent":
            threading.Thread(target=work, args=(number, method, params, busy), daemon=True).start()
    return 0


if __name__ == "__main__":
    sys.exit(main())
