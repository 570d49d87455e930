"""Broadcast: what a node hears of it passes on to its neighbours, to each again and again until it is
acknowledged. It waits with select for a line or for its timer."""

import json
import os
import select
import sys
import time

RETRY = 0.25  # seconds

own = None
neighbours = {}  # by name, what each has not acknowledged yet
seen = {}  # in the order in which it was heard of


def send(dest, body):
    print(json.dumps({"src": own, "dest": dest, "body": body}))


def pass_on(neighbour, values):
    if values:
        send(neighbour, {"type": "pass", "values": list(values)})


def learn(values, source):
    new = {value: None for value in values if value not in seen}
    seen.update(new)
    for neighbour, owed in neighbours.items():
        if neighbour != source:
            owed.update(new)
            pass_on(neighbour, new)


def handle(source, body):
    global own
    kind = body["type"]
    reply = {"type": kind + "_ok"}
    if kind == "init":
        own = body["node_id"]
    elif kind == "topology":
        neighbours.update((name, {}) for name in body["topology"].get(own, []))
    elif kind == "broadcast":
        learn([body["message"]], None)
    elif kind == "read":
        reply["messages"] = list(seen)
    elif kind == "pass":
        learn(body["values"], source)
        reply["values"] = body["values"]
    elif kind == "pass_ok":
        for value in body["values"]:
            neighbours[source].pop(value, None)
        return
    else:
        reply = {"type": "error", "code": 10, "text": kind + " is not supported"}
    if "msg_id" in body:
        reply["in_reply_to"] = body["msg_id"]
    send(source, reply)


def hear(line):
    try:
        message = json.loads(line)
        source, body = message["src"], message["body"]
        body["type"] + ""
    except (ValueError, KeyError, TypeError):
        print("skipped:", line[:200], file=sys.stderr)
    else:
        handle(source, body)


rest = b""
retry_at = time.monotonic() + RETRY
while True:
    wait = max(0, retry_at - time.monotonic())
    if select.select([0], [], [], wait)[0]:
        read = os.read(0, 1 << 16)
        if not read:
            break
        *lines, rest = (rest + read).split(b"\n")
        for line in lines:
            hear(line)
    if time.monotonic() >= retry_at:
        for neighbour, owed in neighbours.items():
            pass_on(neighbour, owed)
        retry_at = time.monotonic() + RETRY
    sys.stdout.flush()
