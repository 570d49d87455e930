'use strict';
// Lockstep for Maelstrom nodes in JavaScript (Node.js 18 or newer): time, random numbers and stdin
// from the workbench, if it asks for that; from the machine if not, as on Maelstrom. One file, to
// be copied beside a node, whose first line it becomes:
//
//     require('./lockstep'); // or import './lockstep.js'
//
// In lockstep, these are virtual: setTimeout, setInterval, setImmediate and what clears them, also
// from 'timers' and 'timers/promises'; Date, which counts from the start of the run, performance.now
// and process.hrtime, which count from the node's; Math.random, crypto.randomBytes, randomUUID and randomInt, which follow from the
// seed; process.stdin with all that reads it, such as readline; process.stdout. Promises and
// process.nextTick are as ever: a turn ends when nothing of them is left. What is not: files,
// sockets, workers and other processes, whose ends would come at any time.
//
// `new lockstep.Disk(nodeId)` is the node's disk, where `lockstep` is what require gives: in lockstep
// the workbench has it, with all that can happen to one; else it is a folder below that which
// MAELSTROM_DISK names.
//
// The protocol is in workbench/LOCKSTEP.md.

const fs = require('fs');
const path = require('path');

const VERSION = '1';
const asked = process.env.MAELSTROM_LOCKSTEP;
const versions = (process.env.MAELSTROM_LOCKSTEP_VERSIONS || '1').split(' ');

if (asked !== undefined && (!/^[0-9]+$/.test(asked) || BigInt(asked) >= 1n << 64n)) {
  fail(`MAELSTROM_LOCKSTEP: expected a seed, a number below 2^64, found '${asked}'`);
}
// What is told of the disk, in lockstep: what was on it at first, and what is to be done.
let told = null;

// A node's files, by names of letters, digits, "-", "_" and ".": all of what each holds, in `files`.
// What was written is durable when the promise of `sync` is fulfilled; if the node is killed before,
// any part of it may be there, such as half a line. It is made after `init` has come. In real
// time, without MAELSTROM_DISK, nothing outlives the process.
class Disk {
  constructor(nodeId) {
    this.files = new Map(told ? told.files : []);
    this.folder = null;
    if (!told && process.env.MAELSTROM_DISK) {
      this.folder = path.join(process.env.MAELSTROM_DISK, nodeId);
      fs.mkdirSync(this.folder, { recursive: true });
      for (const name of fs.readdirSync(this.folder).sort()) {
        this.files.set(name, fs.readFileSync(path.join(this.folder, name)));
      }
    }
  }
  // Writes a string or a buffer at the end of a file,
  append(name, data) {
    const bytes = Buffer.from(data);
    this.files.set(name, Buffer.concat([this.files.get(name) ?? Buffer.alloc(0), bytes]));
    this.#write('append', name, bytes.toString('hex'), bytes);
  }
  // all of it anew, at one stroke,
  replace(name, data) {
    this.files.set(name, Buffer.from(data));
    this.#write('replace', name, this.files.get(name).toString('hex'));
  }
  // or cuts it off behind so many bytes.
  truncate(name, length) {
    this.files.set(name, (this.files.get(name) ?? Buffer.alloc(0)).subarray(0, length));
    this.#write('truncate', name, length);
  }
  // A promise for when all that was written is durable. It comes to nothing when the disk fails: the
  // node is over then.
  sync() {
    return told ? new Promise((done) => told.sync(done)) : Promise.resolve();
  }
  #write(command, name, argument, appended) {
    if (told) {
      told.commands.push(`= ${command} ${name} ${argument}\n`);
    } else if (this.folder !== null) {
      // A file that is written anew takes the place of the old one when it is whole.
      const whole = path.join(this.folder, name);
      const draft = appended ? whole : `${whole}~`;
      const file = fs.openSync(draft, appended ? 'a' : 'w');
      fs.writeSync(file, appended ?? this.files.get(name));
      fs.fsyncSync(file);
      fs.closeSync(file);
      fs.renameSync(draft, whole);
    }
  }
}
module.exports = { Disk };

if (asked !== undefined && versions.includes(VERSION)) install(BigInt(asked));

function fail(why) {
  fs.writeSync(2, `${why}\n`);
  process.exit(1);
}

function install(seed) {
  const { setImmediate: later } = globalThis;
  let now = 0n; // nanoseconds

  // What is to be done without waiting, and timers in the order in which they were set.
  let immediates = [];
  let timers = [];
  let nextId = 1;

  class Timer {
    constructor(callback, args, delay, repeats) {
      if (typeof callback !== 'function') throw new TypeError('expected a function');
      // As Node has it: whole milliseconds, at least one, and one if it is too long.
      delay = Number(delay);
      delay = delay >= 1 && delay <= 2147483647 ? Math.trunc(delay) : 1;
      Object.assign(this, { callback, args, delay: BigInt(delay) * 1000000n, repeats });
      this.id = nextId++;
      this.start();
    }
    start() {
      this.at = now + this.delay;
      // Behind those that are due at the same time.
      let place = timers.length;
      while (place > 0 && timers[place - 1].at > this.at) place--;
      timers.splice(place, 0, this);
    }
    refresh() {
      timers = timers.filter((timer) => timer !== this);
      this.start();
      return this;
    }
    close() {
      clear(this);
      return this;
    }
    ref() {
      return this;
    }
    unref() {
      return this;
    }
    hasRef() {
      return true;
    }
    [Symbol.toPrimitive]() {
      return this.id;
    }
  }
  const clear = (timer) => {
    timers = timers.filter((other) => other !== timer && other.id !== Number(timer));
    if (timer instanceof Timer) timer.repeats = false;
  };
  const setTimeout = (callback, delay, ...args) => new Timer(callback, args, delay, false);
  const setInterval = (callback, delay, ...args) => new Timer(callback, args, delay, true);
  const setImmediate = (callback, ...args) => {
    const immediate = { callback, args };
    immediates.push(immediate);
    return immediate;
  };
  const clearImmediate = (immediate) => {
    immediates = immediates.filter((other) => other !== immediate);
  };
  const promised = (set) => (delay, value) => new Promise((done) => set(() => done(value), delay));
  const soon = (value) => new Promise((done) => setImmediate(() => done(value)));
  const { promisify } = require('util');
  setTimeout[promisify.custom] = promised(setTimeout);
  setImmediate[promisify.custom] = soon;
  const all = { setTimeout, setInterval, setImmediate, clearImmediate };
  Object.assign(all, { clearTimeout: clear, clearInterval: clear });
  Object.assign(globalThis, all);
  Object.assign(require('timers'), all);
  Object.assign(require('timers/promises'), {
    setTimeout: promised(setTimeout),
    setImmediate: soon,
    setInterval: async function* (delay, value) {
      for (;;) yield await promised(setTimeout)(delay, value);
    },
  });

  // A node that is started again has a clock that begins anew, and a wall clock that goes on.
  const started = BigInt(process.env.MAELSTROM_LOCKSTEP_TIME || '0');
  const millis = () => Number((started + now) / 1000000n);
  const RealDate = Date;
  globalThis.Date = new Proxy(RealDate, {
    construct: (date, args, as) => Reflect.construct(date, args.length ? args : [millis()], as),
    apply: (date) => new date(millis()).toString(),
    get: (date, key) => (key === 'now' ? millis : Reflect.get(date, key)),
  });
  Object.defineProperty(performance, 'now', { value: () => Number(now) / 1e6 });
  Object.defineProperty(performance, 'timeOrigin', { value: 0 });
  process.hrtime = (before = [0, 0]) => {
    const passed = now - BigInt(before[0]) * 1000000000n - BigInt(before[1]);
    return [Number(passed / 1000000000n), Number(passed % 1000000000n)];
  };
  process.hrtime.bigint = () => now;
  process.uptime = () => Number(now) / 1e9;

  // SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
  const draw = () => {
    seed = BigInt.asUintN(64, seed + 0x9e3779b97f4a7c15n);
    let z = seed;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  };
  Math.random = () => Number(draw() >> 11n) / 2 ** 53;
  const crypto = require('crypto');
  crypto.randomBytes = (size, callback) => {
    const bytes = Buffer.alloc(size);
    for (let i = 0; i < size; i++) bytes[i] = Number(draw() & 255n);
    if (!callback) return bytes;
    setImmediate(callback, null, bytes);
  };
  crypto.randomInt = (min, max, callback) => {
    if (typeof max !== 'number') [min, max, callback] = [0, min, max];
    const number = min + Math.floor(Math.random() * (max - min));
    if (!callback) return number;
    setImmediate(callback, null, number);
  };
  const uuid = () => {
    const bytes = crypto.randomBytes(16);
    bytes[6] = (bytes[6] & 15) | 64; // version 4
    bytes[8] = (bytes[8] & 63) | 128;
    return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  };
  crypto.randomUUID = uuid;
  if (globalThis.crypto) {
    Object.defineProperty(globalThis.crypto, 'randomUUID', { value: uuid });
    const fill = (array) => {
      const bytes = crypto.randomBytes(array.byteLength);
      new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(bytes);
      return array;
    };
    Object.defineProperty(globalThis.crypto, 'getRandomValues', { value: fill });
  }

  // The pipes.
  const write = (fd, bytes) => {
    for (let at = 0; at < bytes.length; ) {
      try {
        at += fs.writeSync(fd, bytes, at);
      } catch (e) {
        if (e.code === 'EPIPE') process.exit(0); // nobody listens any more
        if (e.code !== 'EAGAIN') throw e;
      }
    }
  };
  const { Readable, Writable } = require('stream');
  const stdin = new Readable({ read() {} });
  stdin.fd = 0;
  const stdout = new Writable({
    decodeStrings: true,
    write(chunk, _encoding, done) {
      write(1, chunk);
      done();
    },
  });
  stdout.fd = 1;
  Object.defineProperty(process, 'stdin', { get: () => stdin });
  Object.defineProperty(process, 'stdout', { get: () => stdout });
  console.log = (...args) => write(1, Buffer.from(`${require('util').format(...args)}\n`));
  console.info = console.debug = console.log;

  let rest = Buffer.alloc(0);
  const buffer = Buffer.alloc(1 << 16);
  // The next line with its newline; null at the end.
  const readLine = () => {
    const parts = [];
    for (;;) {
      const end = rest.indexOf(10);
      if (end >= 0) {
        parts.push(rest.subarray(0, end + 1));
        rest = rest.subarray(end + 1);
        return Buffer.concat(parts);
      }
      parts.push(rest);
      rest = Buffer.alloc(0);
      let length = 0;
      try {
        length = fs.readSync(0, buffer, 0, buffer.length, null);
      } catch (e) {
        if (e.code === 'EAGAIN') continue;
        if (e.code !== 'EOF') throw e;
      }
      if (length === 0) return null;
      rest = Buffer.from(buffer.subarray(0, length));
    }
  };

  // The disk. One sync is under way at a time, for all who have asked before it began.
  let syncing = [];
  let waiting = [];
  const beginSync = () => {
    if (syncing.length > 0 || waiting.length === 0) return;
    [syncing, waiting] = [waiting, []];
    told.commands.push('= sync\n');
  };
  const answered = (answer) => {
    if (answer !== '= synced') {
      // Nobody knows any more what is on the disk: = failed, and why.
      write(1, Buffer.from(`${answer}\n`));
      fail(`the disk has failed: ${answer.slice('= failed '.length)}`);
    }
    const done = syncing;
    syncing = [];
    for (const call of done) call();
    beginSync();
  };
  told = {
    files: [],
    commands: [],
    sync(done) {
      waiting.push(done);
      beginSync();
    },
  };

  let isInit = true;
  let arrived = null; // a message, behind the timers that are due when it comes
  // Ends a turn, and begins the next.
  const turn = () => {
    if (!isInit) {
      const deadline = timers.length > 0 ? timers[0].at : null;
      told.commands.push(deadline === null ? '= -\n' : `= ${deadline}\n`);
      write(1, Buffer.from(told.commands.splice(0).join('')));
    }
    let line = readLine();
    while (isInit && line !== null && /^= (again|file )/.test(line.toString('latin1', 0, 7))) {
      const [, , name, hex] = line.toString('latin1').trimEnd().split(' ');
      if (name !== undefined) told.files.push([name, Buffer.from(hex ?? '', 'hex')]);
      line = readLine();
    }
    if (line === null) {
      stdin.push(null);
      return false;
    }
    if (isInit) {
      isInit = false;
      stdin.push(line);
      return true;
    }
    const head = /^([0-9]+)( ?)(= )?/.exec(line.toString('latin1', 0, 32));
    if (head === null || (head[3] !== undefined && syncing.length === 0)) {
      const found = line.toString('utf8', 0, 200).trimEnd();
      fail(`lockstep: expected a time in nanoseconds and a message, found '${found}'`);
    }
    now = BigInt(head[1]);
    if (head[3] !== undefined) answered(line.toString('utf8', head[1].length + 1).trimEnd());
    else if (head[2] !== '') arrived = line.subarray(head[0].length);
    return true;
  };

  // One thing after the other, with all of its promises in between; and when nothing is
  // left, the next turn.
  const step = () => {
    if (immediates.length > 0) {
      const { callback, args } = immediates.shift();
      later(step);
      callback(...args);
    } else if (timers.length > 0 && timers[0].at <= now) {
      const timer = timers.shift();
      if (timer.repeats) timer.start();
      later(step);
      timer.callback(...timer.args);
    } else if (arrived !== null) {
      later(step);
      stdin.push(arrived);
      arrived = null;
    } else if (turn()) {
      later(step);
    }
  };
  write(1, Buffer.from('= lockstep\n'));
  later(step);
}
