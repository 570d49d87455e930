#!/usr/bin/env python3
"""The same node of broadcast with asyncio: a task for each message and neighbour, which sends
until it is acknowledged. Only the last line knows of lockstep."""

import asyncio
import json
import random
import sys

import lockstep

RETRY = 0.5  # seconds, and up to a half more

node_id = None
disk = None
neighbours = []
seen = []
learning = {}  # message: an event, until it is on the disk
acknowledged = {}  # (neighbour, message): an event


def send(dest, body):
    print(json.dumps({"src": node_id, "dest": dest, "body": body}), flush=True)


async def pass_on(neighbour, message):
    done = acknowledged[neighbour, message] = asyncio.Event()
    while not done.is_set():
        send(neighbour, {"type": "pass_on", "message": message})
        try:
            await asyncio.wait_for(done.wait(), RETRY * random.uniform(1, 1.5))
        except asyncio.TimeoutError:
            pass
    del acknowledged[neighbour, message]


tasks = set()


def spawn(coroutine):
    task = asyncio.ensure_future(coroutine)
    tasks.add(task)
    task.add_done_callback(tasks.discard)


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
            spawn(pass_on(neighbour, message))


async def learn(message, source):
    if message in seen:
        return
    if message in learning:
        return await learning[message].wait()
    learning[message] = asyncio.Event()
    disk.append("seen", b"%d\n" % message)
    await disk.synced()
    seen.append(message)
    learning.pop(message).set()
    for neighbour in neighbours:
        if neighbour != source:
            spawn(pass_on(neighbour, message))


async def handle(request):
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
        await disk.synced()
    elif kind == "broadcast":
        await learn(body["message"], source)
    elif kind == "read":
        reply["messages"] = seen
    elif kind == "pass_on":
        await learn(body["message"], source)
        return send(source, {"type": "passed_on", "message": body["message"]})
    elif kind == "passed_on":
        done = acknowledged.get((source, body["message"]))
        return done and done.set()
    elif "msg_id" in body:
        text = {"code": 10, "text": "%s is not supported" % kind}
        reply = {"type": "error", "in_reply_to": body["msg_id"], **text}
    else:
        return
    send(source, reply)


async def main():
    reader = asyncio.StreamReader(limit=8 << 20)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        try:
            request = json.loads(line)
            request["body"]["type"]
        except (ValueError, KeyError, TypeError):
            print("skipped: %.200r" % line, file=sys.stderr)
        else:
            spawn(handle(request))


lockstep.run(main())
