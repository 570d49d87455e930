// A lin-kv node that keeps nothing: each request goes to Maelstrom's service lin-kv under a number of
// its own, and what comes back goes to whoever has asked. QuickJS runs it with --std.

let own;
const waiting = []; // who has asked, and under which number

const send = (dest, body) => {
  std.out.puts(`${JSON.stringify({ src: own, dest, body })}\n`);
  std.out.flush();
};

const handle = (src, body) => {
  if ('in_reply_to' in body) {
    const { client, id } = waiting[body.in_reply_to];
    send(client, { ...body, in_reply_to: id });
  } else if (body.type === 'init') {
    own = body.node_id;
    send(src, { type: 'init_ok', in_reply_to: body.msg_id });
  } else {
    waiting.push({ client: src, id: body.msg_id });
    send('lin-kv', { ...body, msg_id: waiting.length - 1 });
  }
};

let line;
while ((line = std.in.getline()) !== null) {
  let message;
  try {
    message = JSON.parse(line);
  } catch {}
  if (typeof message?.src === 'string' && typeof message.body?.type === 'string') {
    handle(message.src, message.body);
  } else {
    std.err.puts(`skipped: ${line.slice(0, 200)}\n`);
  }
}
