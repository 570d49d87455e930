//! Broadcast: what a node hears of it passes on to its neighbours, to each again and again until it
//! is acknowledged. It waits with poll_oneoff for a line or for its timer.
const std = @import("std");
const wasi = std.os.wasi;
const Numbers = std.AutoArrayHashMapUnmanaged(i64, void);

const Neighbour = struct { name: []const u8, owed: Numbers = .empty };

const retry_after: u64 = 250 * std.time.ns_per_ms;
const lasting = std.heap.wasm_allocator;

var own: []const u8 = "";
var seen: Numbers = .empty;
var neighbours: std.ArrayList(Neighbour) = .empty;

fn write(bytes: []const u8) void {
    var rest = bytes;
    while (rest.len > 0) {
        const all = [_]wasi.ciovec_t{.{ .base = rest.ptr, .len = rest.len }};
        var written: usize = 0;
        if (wasi.fd_write(1, &all, 1, &written) != .SUCCESS) return;
        rest = rest[written..];
    }
}

fn send(alloc: std.mem.Allocator, dest: []const u8, body: anytype) !void {
    const message = .{ .src = own, .dest = dest, .body = body };
    write(try std.json.Stringify.valueAlloc(alloc, message, .{}));
    write("\n");
}

fn pass(alloc: std.mem.Allocator, to: *Neighbour) !void {
    if (to.owed.count() > 0)
        try send(alloc, to.name, .{ .type = "pass", .values = to.owed.keys() });
}

fn learn(alloc: std.mem.Allocator, value: i64, from: []const u8) !void {
    if ((try seen.getOrPut(lasting, value)).found_existing) return;
    for (neighbours.items) |*neighbour| {
        if (std.mem.eql(u8, neighbour.name, from)) continue;
        try neighbour.owed.put(lasting, value, {});
        try send(alloc, neighbour.name, .{ .type = "pass", .values = [_]i64{value} });
    }
}

/// What is read of a message; of a body, what stands in that of any kind.
const Message = struct {
    src: []const u8,
    body: struct {
        type: []const u8,
        msg_id: i64 = 0,
        node_id: []const u8 = "",
        topology: std.json.ArrayHashMap([]const []const u8) = .{},
        message: i64 = 0,
        values: []const i64 = &.{},
    },
};

fn handle(alloc: std.mem.Allocator, line: []const u8) !void {
    const options = std.json.ParseOptions{ .ignore_unknown_fields = true };
    const message = std.json.parseFromSliceLeaky(Message, alloc, line, options) catch {
        std.debug.print("skipped: {s}\n", .{line[0..@min(line.len, 200)]});
        return;
    };
    const src = message.src;
    const body = message.body;
    const kind = body.type;
    const id = body.msg_id;
    if (std.mem.eql(u8, kind, "init")) {
        own = try lasting.dupe(u8, body.node_id);
    } else if (std.mem.eql(u8, kind, "topology")) {
        for (body.topology.map.get(own) orelse &.{}) |name|
            try neighbours.append(lasting, .{ .name = try lasting.dupe(u8, name) });
    } else if (std.mem.eql(u8, kind, "broadcast")) {
        try learn(alloc, body.message, "");
    } else if (std.mem.eql(u8, kind, "read")) {
        return send(alloc, src, .{ .type = "read_ok", .in_reply_to = id, .messages = seen.keys() });
    } else if (std.mem.eql(u8, kind, "pass")) {
        for (body.values) |value| try learn(alloc, value, src);
        return send(alloc, src, .{ .type = "pass_ok", .values = body.values });
    } else if (std.mem.eql(u8, kind, "pass_ok")) {
        for (neighbours.items) |*neighbour| {
            if (!std.mem.eql(u8, neighbour.name, src)) continue;
            for (body.values) |value| _ = neighbour.owed.orderedRemove(value);
        }
        return;
    }
    const ok = try std.mem.concat(alloc, u8, &.{ kind, "_ok" });
    try send(alloc, src, .{ .type = ok, .in_reply_to = id });
}

fn now() u64 {
    var time: u64 = 0;
    _ = wasi.clock_time_get(.MONOTONIC, 1, &time);
    return time;
}

/// Waits for input until that time; false if there is none.
fn has_input(until: u64) bool {
    const in = [_]wasi.subscription_t{
        .{ .userdata = 0, .u = .{ .tag = .FD_READ, .u = .{ .fd_read = .{ .fd = 0 } } } },
        .{ .userdata = 1, .u = .{ .tag = .CLOCK, .u = .{ .clock = .{
            .id = .MONOTONIC,
            .timeout = until,
            .precision = 1,
            .flags = 1, // the timeout is a moment
        } } } },
    };
    var out: [2]wasi.event_t = undefined;
    var count: usize = 0;
    _ = wasi.poll_oneoff(&in[0], &out[0], in.len, &count);
    for (out[0..count]) |event| if (event.userdata == 0) return true;
    return false;
}

pub fn main() !void {
    var input: std.ArrayList(u8) = .empty;
    var arena = std.heap.ArenaAllocator.init(lasting);
    var next = now() + retry_after;
    while (true) {
        if (!has_input(next)) {
            for (neighbours.items) |*neighbour| try pass(arena.allocator(), neighbour);
            next = now() + retry_after;
            continue;
        }
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
