//! A lin-kv node that keeps nothing: each request goes to Maelstrom's service lin-kv under a number
//! of its own, and what comes back goes to whoever has asked.
const std = @import("std");
const wasi = std.os.wasi;
const Value = std.json.Value;

const Client = struct { name: []const u8, msg_id: Value };

var own: []const u8 = "";
var waiting: std.ArrayList(Client) = .empty;
const lasting = std.heap.wasm_allocator;

fn write(bytes: []const u8) void {
    var rest = bytes;
    while (rest.len > 0) {
        const all = [_]wasi.ciovec_t{.{ .base = rest.ptr, .len = rest.len }};
        var written: usize = 0;
        if (wasi.fd_write(1, &all, 1, &written) != .SUCCESS) return;
        rest = rest[written..];
    }
}

fn send(alloc: std.mem.Allocator, dest: []const u8, body: Value) !void {
    const message = .{ .src = own, .dest = dest, .body = body };
    write(try std.json.Stringify.valueAlloc(alloc, message, .{}));
    write("\n");
}

const Message = struct { src: []const u8, body: Value };
const Head = struct { type: []const u8, in_reply_to: ?u32 = null, node_id: []const u8 = "" };

fn handle(alloc: std.mem.Allocator, line: []const u8) !void {
    const options = std.json.ParseOptions{ .ignore_unknown_fields = true };
    const message = std.json.parseFromSliceLeaky(Message, alloc, line, options) catch return skip(line);
    const head = std.json.parseFromValueLeaky(Head, alloc, message.body, options) catch return skip(line);
    var body = message.body; // an object, since it has a head
    const msg_id = body.object.get("msg_id") orelse Value{ .integer = 0 };
    if (head.in_reply_to) |id| {
        if (id >= waiting.items.len) return skip(line);
        const client = waiting.items[id];
        try body.object.put(alloc, "in_reply_to", client.msg_id);
        return send(alloc, client.name, body);
    }
    if (std.mem.eql(u8, head.type, "init")) {
        own = try lasting.dupe(u8, head.node_id);
        try body.object.put(alloc, "type", .{ .string = "init_ok" });
        try body.object.put(alloc, "in_reply_to", msg_id);
        return send(alloc, message.src, body);
    }
    try body.object.put(alloc, "msg_id", .{ .integer = @intCast(waiting.items.len) });
    try waiting.append(lasting, .{ .name = try lasting.dupe(u8, message.src), .msg_id = msg_id });
    return send(alloc, "lin-kv", body);
}

fn skip(line: []const u8) void {
    std.debug.print("skipped: {s}\n", .{line[0..@min(line.len, 200)]});
}

pub fn main() !void {
    var input: std.ArrayList(u8) = .empty;
    var arena = std.heap.ArenaAllocator.init(lasting);
    while (true) {
        var piece: [4096]u8 = undefined;
        const all = [_]wasi.iovec_t{.{ .base = &piece, .len = piece.len }};
        var read: usize = 0;
        if (wasi.fd_read(0, &all, 1, &read) != .SUCCESS or read == 0) return;
        try input.appendSlice(lasting, piece[0..read]);
        while (std.mem.indexOfScalar(u8, input.items, '\n')) |end| {
            try handle(arena.allocator(), input.items[0..end]);
            try input.replaceRange(lasting, 0, end + 1, "");
            _ = arena.reset(.retain_capacity);
        }
    }
}
