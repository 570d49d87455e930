"""A lin-kv node that keeps nothing: each request goes to Maelstrom's service lin-kv under a number of
its own, and what comes back goes to whoever has asked."""

import json
import sys

own = None
waiting = []  # who has asked, and under which number


def send(dest, body):
    print(json.dumps({"src": own, "dest": dest, "body": body}), flush=True)


def handle(source, body):
    global own
    if "in_reply_to" in body:
        client, number = waiting[body["in_reply_to"]]
        send(client, {**body, "in_reply_to": number})
    elif body["type"] == "init":
        own = body["node_id"]
        send(source, {"type": "init_ok", "in_reply_to": body.get("msg_id")})
    else:
        waiting.append((source, body.get("msg_id")))
        send("lin-kv", {**body, "msg_id": len(waiting) - 1})


for line in sys.stdin:
    try:
        message = json.loads(line)
        source, body = message["src"], message["body"]
        body["type"] + ""
    except (ValueError, KeyError, TypeError):
        print("skipped:", line[:200], file=sys.stderr)
    else:
        handle(source, body)
