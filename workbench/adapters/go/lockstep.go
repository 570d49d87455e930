// Package lockstep is a clock, timers and a run loop for Maelstrom nodes in Go: those of the
// workbench, if it asks for lockstep; those of the machine if not, as on Maelstrom. One file, to
// be copied into a module of one's own.
//
// All of a node runs in Loop.Run, on one goroutine: its handler of lines and the functions of its
// timers. In lockstep, nothing else may decide anything: no other goroutine, no time package, no
// other random numbers than Loop.Rand, and no order of a map, which Go draws anew each time:
// sort its keys.
//
// The protocol is in workbench/LOCKSTEP.md. Not here: a disk.
package lockstep

import (
	"bufio"
	"bytes"
	"container/heap"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
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
			continue // a disk, which this node does not have
		}
		event := line
		hasEvent := true
		if !isInit {
			var now []byte
			now, event, hasEvent = bytes.Cut(line, []byte(" "))
			nanos, err := strconv.ParseInt(string(now), 10, 64)
			if err != nil || bytes.HasPrefix(event, []byte("= ")) {
				return fmt.Errorf("lockstep: expected a time in nanoseconds and a message, found %.200q", line)
			}
			l.now = time.Duration(nanos)
		}
		isInit = false
		l.due()
		if hasEvent {
			handle(event)
			l.due()
		}
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
	}
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
