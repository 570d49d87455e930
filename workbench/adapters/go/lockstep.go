// Package lockstep is a clock, timers and a run loop for Maelstrom nodes in Go: those of the
// workbench, if it asks for lockstep; those of the machine if not, as on Maelstrom. One file, to
// be copied into a module of one's own.
//
// All of a node runs in Loop.Run, on one goroutine: its handler of lines and the functions of its
// timers. In lockstep, nothing else may decide anything: no other goroutine, no time package, no
// other random numbers than Loop.Rand, and no order of a map, which Go draws anew each time:
// sort its keys.
//
// Loop.OpenDisk is the node's disk: in lockstep the workbench has it, with all that can happen to one;
// else it is a folder below that which MAELSTROM_DISK names.
//
// The protocol is in workbench/LOCKSTEP.md.
package lockstep

import (
	"bufio"
	"bytes"
	"container/heap"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const version = "1"

// Loop has the time, and the pipes.
type Loop struct {
	isAsked bool
	input   *bufio.Reader
	output  *bufio.Writer
	rng     *rand.Rand
	timers  timers
	count   uint64        // of timers that were set
	now     time.Duration // in lockstep
	started time.Time     // in real time

	found    map[string][]byte // on the disk, when the node was started
	commands bytes.Buffer      // for the disk
	syncing  []func()          // to be called when the sync that is under way is done
	waiting  []func()          // and when the next one is
	failed   error             // the disk, in real time
}

// New makes a loop on these pipes, and agrees to lockstep if that is asked for. Its error says
// what is wrong with the seed.
func New(stdin io.Reader, stdout io.Writer) (*Loop, error) {
	l := &Loop{
		input:   bufio.NewReaderSize(stdin, 1<<16),
		output:  bufio.NewWriterSize(stdout, 1<<16),
		started: time.Now(),
	}
	asked, isAsked := os.LookupEnv("MAELSTROM_LOCKSTEP")
	versions, isSet := os.LookupEnv("MAELSTROM_LOCKSTEP_VERSIONS")
	if !isSet {
		versions = "1"
	}
	if !isAsked {
		l.rng = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
		return l, nil
	}
	seed, err := strconv.ParseUint(asked, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("MAELSTROM_LOCKSTEP: expected a seed, a number below 2^64, found %q", asked)
	}
	l.rng = rand.New(rand.NewPCG(seed, 0))
	for _, spoken := range strings.Fields(versions) {
		l.isAsked = l.isAsked || spoken == version
	}
	if l.isAsked {
		fmt.Fprintln(l.output, "= lockstep")
		return l, l.output.Flush()
	}
	return l, nil
}

// Now is the time since the node's start. In lockstep it stands still within a turn.
func (l *Loop) Now() time.Duration {
	if l.isAsked {
		return l.now
	}
	return time.Since(l.started)
}

// Rand draws random numbers, which in lockstep follow from the seed.
func (l *Loop) Rand() *rand.Rand { return l.rng }

// Say writes a line, without its newline. It is written at once, or at the end of the turn.
func (l *Loop) Say(line []byte) {
	l.output.Write(line) // an error stays, and Flush gives it
	l.output.WriteByte('\n')
}

// Timer is a function that is to be called.
type Timer struct {
	at    time.Duration
	place uint64
	f     func()
}

// After has f called when this time has passed, in Run. Functions that are due at the same time
// are called in the order in which they were set.
func (l *Loop) After(d time.Duration, f func()) *Timer {
	l.count++
	t := &Timer{at: l.Now() + max(d, 0), place: l.count, f: f}
	heap.Push(&l.timers, t)
	return t
}

// Stop has it not called, unless it was.
func (t *Timer) Stop() { t.f = nil }

// Run hands each line of stdin, without its newline, to handle, and calls what timers are for,
// until the end of the input. Its error is that of a pipe, or a line that breaks the protocol.
func (l *Loop) Run(handle func(line []byte)) error {
	if l.isAsked {
		return l.turns(handle)
	}
	return l.inRealTime(handle)
}

func (l *Loop) turns(handle func(line []byte)) error {
	isInit := true
	for {
		line, err := l.input.ReadBytes('\n')
		if err == io.EOF {
			return nil // half a line is none
		} else if err != nil {
			return err
		}
		line = line[:len(line)-1]
		if isInit && (string(line) == "= again" || bytes.HasPrefix(line, []byte("= file "))) {
			if err := l.find(string(line)); err != nil {
				return err
			}
			continue
		}
		event := line
		hasEvent := true
		if !isInit {
			var now []byte
			now, event, hasEvent = bytes.Cut(line, []byte(" "))
			nanos, err := strconv.ParseInt(string(now), 10, 64)
			isAnswer := bytes.HasPrefix(event, []byte("= "))
			if err != nil || isAnswer && l.syncing == nil {
				return fmt.Errorf("lockstep: expected a time in nanoseconds and a message, found %.200q", line)
			}
			l.now = time.Duration(nanos)
			if isAnswer {
				hasEvent = false
				if err := l.answered(string(event)); err != nil {
					return err
				}
			}
		}
		isInit = false
		l.due()
		if hasEvent {
			handle(event)
			l.due()
		}
		l.output.Write(l.commands.Bytes())
		l.commands.Reset()
		if deadline, isAny := l.next(); isAny {
			fmt.Fprintf(l.output, "= %d\n", deadline)
		} else {
			fmt.Fprintln(l.output, "= -")
		}
		if err := l.output.Flush(); err != nil {
			return err
		}
	}
}

func (l *Loop) inRealTime(handle func(line []byte)) error {
	lines := make(chan []byte)
	failed := make(chan error, 1)
	go func() {
		for {
			line, err := l.input.ReadBytes('\n')
			if err != nil {
				failed <- err
				return
			}
			lines <- line[:len(line)-1]
		}
	}()
	for {
		var due <-chan time.Time
		if deadline, isAny := l.next(); isAny {
			due = time.After(deadline - l.Now())
		}
		select {
		case line := <-lines:
			handle(line)
		case <-due:
		case err := <-failed:
			if err == io.EOF {
				return nil
			}
			return err
		}
		l.due()
		if err := l.output.Flush(); err != nil {
			return err
		}
		if l.failed != nil {
			return fmt.Errorf("the disk has failed: %w", l.failed)
		}
	}
}

// Disk is a node's files, by names of letters, digits, "-", "_" and ".". What was written is
// durable when a Sync is done; if the node is killed before, any part of it may be there, such as
// half a line. When the disk fails, the node is over: Run says so.
type Disk struct {
	// Files is what each holds. It is changed by the methods alone.
	Files  map[string][]byte
	loop   *Loop
	folder string // in real time, if it is kept
}

// OpenDisk finds what an earlier life of the node has left, after init has come. In real time,
// without MAELSTROM_DISK, nothing outlives the process.
func (l *Loop) OpenDisk(nodeID string) (*Disk, error) {
	d := &Disk{Files: map[string][]byte{}, loop: l}
	for name, data := range l.found {
		d.Files[name] = data
	}
	below := os.Getenv("MAELSTROM_DISK")
	if l.isAsked || below == "" {
		return d, nil
	}
	d.folder = filepath.Join(below, nodeID)
	if err := os.MkdirAll(d.folder, 0o755); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(d.folder)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		data, err := os.ReadFile(filepath.Join(d.folder, entry.Name()))
		if err != nil {
			return nil, err
		}
		d.Files[entry.Name()] = data
	}
	return d, nil
}

// Append writes at the end of a file.
func (d *Disk) Append(name string, data []byte) {
	d.Files[name] = append(d.Files[name], data...)
	d.write("append", name, hex.EncodeToString(data), data)
}

// Replace writes all of a file anew, at one stroke.
func (d *Disk) Replace(name string, data []byte) {
	d.Files[name] = bytes.Clone(data)
	d.write("replace", name, hex.EncodeToString(data), nil)
}

// Truncate cuts a file off behind so many bytes.
func (d *Disk) Truncate(name string, length int) {
	d.Files[name] = d.Files[name][:min(length, len(d.Files[name]))]
	d.write("truncate", name, strconv.Itoa(length), nil)
}

// Sync has done called when all that was written is durable: in a later turn, or at once in real time.
func (d *Disk) Sync(done func()) {
	if !d.loop.isAsked {
		done()
		return
	}
	d.loop.waiting = append(d.loop.waiting, done)
	d.loop.beginSync()
}

func (d *Disk) write(command, name, argument string, appended []byte) {
	if d.loop.isAsked {
		fmt.Fprintf(&d.loop.commands, "= %s %s %s\n", command, name, argument)
	} else if d.folder != "" && d.loop.failed == nil {
		d.loop.failed = writeFile(filepath.Join(d.folder, name), d.Files[name], appended)
	}
}

// writeFile appends to a file, if that is all; or writes it anew, and puts it in its place when it
// is whole.
func writeFile(path string, all, appended []byte) error {
	draft, data, how := path+"~", all, os.O_TRUNC
	if appended != nil {
		draft, data, how = path, appended, os.O_APPEND
	}
	file, err := os.OpenFile(draft, os.O_CREATE|os.O_WRONLY|how, 0o644)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.Write(data); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	return os.Rename(draft, path)
}

// find takes what is told of the disk before init: "= again", or "= file NAME HEX".
func (l *Loop) find(line string) error {
	words := strings.SplitN(line, " ", 4)
	if len(words) < 4 {
		return nil
	}
	data, err := hex.DecodeString(words[3])
	if err != nil {
		return fmt.Errorf("lockstep: expected a file in hexadecimal, found %.200q", line)
	}
	if l.found == nil {
		l.found = map[string][]byte{}
	}
	l.found[words[2]] = data
	return nil
}

// beginSync begins one for all who wait, if none is under way.
func (l *Loop) beginSync() {
	if l.syncing == nil && l.waiting != nil {
		l.syncing, l.waiting = l.waiting, nil
		l.commands.WriteString("= sync\n")
	}
}

// answered is told how a sync has ended.
func (l *Loop) answered(answer string) error {
	if answer != "= synced" {
		// Nobody knows any more what is on the disk: = failed, and why.
		fmt.Fprintln(l.output, answer)
		if err := l.output.Flush(); err != nil {
			return err
		}
		return fmt.Errorf("the disk has failed: %s", strings.TrimPrefix(answer, "= failed "))
	}
	done := l.syncing
	l.syncing = nil
	for _, f := range done {
		f()
	}
	l.beginSync()
	return nil
}

// due calls what is due now, and what that makes due.
func (l *Loop) due() {
	for {
		at, isAny := l.next()
		if !isAny || at > l.Now() {
			return
		}
		heap.Pop(&l.timers).(*Timer).f()
	}
}

// next is when the first timer is due, if there is any.
func (l *Loop) next() (time.Duration, bool) {
	for len(l.timers) > 0 && l.timers[0].f == nil {
		heap.Pop(&l.timers)
	}
	if len(l.timers) == 0 {
		return 0, false
	}
	return l.timers[0].at, true
}

type timers []*Timer

func (t timers) Len() int { return len(t) }
func (t timers) Less(i, j int) bool {
	return t[i].at < t[j].at || t[i].at == t[j].at && t[i].place < t[j].place
}
func (t timers) Swap(i, j int) { t[i], t[j] = t[j], t[i] }
func (t *timers) Push(it any)  { *t = append(*t, it.(*Timer)) }
func (t *timers) Pop() any {
	last := len(*t) - 1
	it := (*t)[last]
	*t = (*t)[:last]
	return it
}
