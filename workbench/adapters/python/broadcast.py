#!/usr/bin/env python3
"""A node of broadcast, single-threaded: what is new goes to the neighbours, again and again until
they have acknowledged it. What it has acknowledged itself is on its disk, so that it may be killed.
On Maelstrom it runs in real time; in lockstep it repeats."""

import json
import random
import sys
import time

import lockstep

RETRY = 0.5  # seconds, and up to a half more

node_id = None
disk = None
neighbours = []
seen = []
unacknowledged = {}  # (neighbour, message): when it is sent next


def send(dest, body):
    print(json.dumps({"src": node_id, "dest": dest, "body": body}))


def pass_on(neighbour, message):
    send(neighbour, {"type": "pass_on", "message": message})
    at = time.monotonic() + RETRY * random.uniform(1, 1.5)
    unacknowledged[neighbour, message] = at


def begin():
    """Takes up what an earlier life has left."""
    global disk, neighbours
    disk = lockstep.Disk(node_id)
    neighbours = json.loads(disk.files.get("neighbours", b"[]"))
    log = disk.files.get("seen", b"")
    # Behind the last newline is what was not written to its end.
    disk.truncate("seen", log.rfind(b"\n") + 1)
    seen.extend(int(line) for line in log.split(b"\n")[:-1] if line.isdigit())
    for message in seen:
        for neighbour in neighbours:
            pass_on(neighbour, message)


def learn(message, source):
    if message not in seen:
        disk.append("seen", b"%d\n" % message)
        disk.sync()
        seen.append(message)
        for neighbour in neighbours:
            if neighbour != source:
                pass_on(neighbour, message)


def handle(request):
    global node_id, neighbours
    source, body = request["src"], request["body"]
    kind = body.get("type")
    reply = {"type": "%s_ok" % kind, "in_reply_to": body.get("msg_id")}
    if kind == "init":
        node_id = body["node_id"]
        begin()
    elif kind == "topology":
        neighbours = body["topology"][node_id]
        disk.replace("neighbours", json.dumps(neighbours).encode())
        disk.sync()
    elif kind == "broadcast":
        learn(body["message"], source)
    elif kind == "read":
        reply["messages"] = seen
    elif kind == "pass_on":
        learn(body["message"], source)
        return send(source, {"type": "passed_on", "message": body["message"]})
    elif kind == "passed_on":
        unacknowledged.pop((source, body["message"]), None)
        return
    elif "msg_id" in body:
        text = {"code": 10, "text": "%s is not supported" % kind}
        reply = {"type": "error", "in_reply_to": body["msg_id"], **text}
    else:
        return
    send(source, reply)


lockstep.install()
while True:
    next_at = min(unacknowledged.values(), default=None)
    wait = None if next_at is None else max(0, next_at - time.monotonic())
    line = lockstep.read(wait)
    if line == "":
        break
    if line is not None:
        try:
            request = json.loads(line)
            body = request["body"]
        except (ValueError, KeyError, TypeError):
            print("skipped: %.200s" % line, file=sys.stderr)
        else:
            handle(request)
    for (neighbour, message), at in list(unacknowledged.items()):
        if at <= time.monotonic():
            pass_on(neighbour, message)
