#!/usr/bin/env python3
"""A node of broadcast as nearly everyone writes it first: it hands on what is new, once. It knows
nothing of lockstep, and has no timers: `workbench test --reactive`."""

import json
import sys

node_id = None
neighbours = []
seen = []


def send(dest, body):
    print(json.dumps({"src": node_id, "dest": dest, "body": body}), flush=True)


for line in sys.stdin:
    request = json.loads(line)
    body = request["body"]
    reply = {"type": body["type"] + "_ok", "in_reply_to": body.get("msg_id")}
    if body["type"] == "init":
        node_id = body["node_id"]
    elif body["type"] == "topology":
        neighbours = body["topology"][node_id]
    elif body["type"] == "read":
        reply["messages"] = seen
    elif body["message"] not in seen:
        seen.append(body["message"])
        for neighbour in neighbours:
            if neighbour != request["src"]:
                send(neighbour, {"type": "broadcast", "message": body["message"]})
    if "msg_id" in body:
        send(request["src"], reply)
