// A node of broadcast: what is new goes to the neighbours, again and again until they have
// acknowledged it. What it has acknowledged itself is on its disk, so that it may be killed. On
// Maelstrom it runs in real time; in lockstep it repeats.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"lockstep"
)

// How long until a message is sent again; up to a half more.
const retry = 500 * time.Millisecond

type message struct {
	Src  string          `json:"src"`
	Dest string          `json:"dest"`
	Body json.RawMessage `json:"body"`
}

type body struct {
	Type      string              `json:"type"`
	MsgID     *int                `json:"msg_id,omitempty"`
	InReplyTo *int                `json:"in_reply_to,omitempty"`
	NodeID    string              `json:"node_id,omitempty"`
	Topology  map[string][]string `json:"topology,omitempty"`
	Message   *int                `json:"message,omitempty"`
	Messages  *[]int              `json:"messages,omitempty"`
	Code      int                 `json:"code,omitempty"`
	Text      string              `json:"text,omitempty"`
}

type owed struct {
	neighbour string
	message   int
}

type node struct {
	*lockstep.Loop
	disk           *lockstep.Disk
	id             string
	neighbours     []string
	seen           []int
	isSeen         map[int]bool
	learning       map[int][]func() // until it is on the disk
	unacknowledged map[owed]*lockstep.Timer
}

func (n *node) send(dest string, b body) {
	text, _ := json.Marshal(b)
	line, _ := json.Marshal(message{Src: n.id, Dest: dest, Body: text})
	n.Say(line)
}

func (n *node) passOn(to owed) {
	n.send(to.neighbour, body{Type: "pass_on", Message: &to.message})
	wait := retry + time.Duration(n.Rand().Int64N(int64(retry)/2))
	n.unacknowledged[to] = n.After(wait, func() { n.passOn(to) })
}

// begin takes up what an earlier life has left.
func (n *node) begin() error {
	disk, err := n.OpenDisk(n.id)
	if err != nil {
		return err
	}
	n.disk = disk
	json.Unmarshal(disk.Files["neighbours"], &n.neighbours) // nothing at first
	lines := bytes.SplitAfter(disk.Files["seen"], []byte("\n"))
	// Behind the last newline is what was not written to its end.
	disk.Truncate("seen", len(disk.Files["seen"])-len(lines[len(lines)-1]))
	for _, line := range lines[:len(lines)-1] {
		if m, err := strconv.Atoi(strings.TrimSuffix(string(line), "\n")); err == nil {
			n.know(m, "")
		}
	}
	return nil
}

func (n *node) know(m int, source string) {
	n.isSeen[m] = true
	n.seen = append(n.seen, m)
	for _, neighbour := range n.neighbours {
		if neighbour != source {
			n.passOn(owed{neighbour, m})
		}
	}
}

// learn has done called when the message is on the disk.
func (n *node) learn(m int, source string, done func()) {
	waiting, isLearning := n.learning[m]
	switch {
	case n.isSeen[m]:
		done()
	case isLearning:
		n.learning[m] = append(waiting, done)
	default:
		n.learning[m] = []func(){done}
		n.disk.Append("seen", []byte(strconv.Itoa(m)+"\n"))
		n.disk.Sync(func() {
			n.know(m, source)
			waiting := n.learning[m]
			delete(n.learning, m)
			for _, done := range waiting {
				done()
			}
		})
	}
}

func (n *node) handle(line []byte) {
	var m message
	var b body
	err := json.Unmarshal(line, &m)
	if err == nil {
		err = json.Unmarshal(m.Body, &b)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "skipped: %.200s: %v\n", line, err)
		return
	}
	reply := body{Type: b.Type + "_ok", InReplyTo: b.MsgID}
	switch {
	case b.Type == "init":
		n.id = b.NodeID
		if err := n.begin(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	case b.Type == "topology":
		n.neighbours = b.Topology[n.id]
		text, _ := json.Marshal(n.neighbours)
		n.disk.Replace("neighbours", text)
		n.disk.Sync(func() { n.send(m.Src, reply) })
		return
	case b.Type == "broadcast" && b.Message != nil:
		n.learn(*b.Message, m.Src, func() { n.send(m.Src, reply) })
		return
	case b.Type == "read":
		reply.Messages = &n.seen
	case b.Type == "pass_on" && b.Message != nil:
		reply = body{Type: "passed_on", Message: b.Message}
		n.learn(*b.Message, m.Src, func() { n.send(m.Src, reply) })
		return
	case b.Type == "passed_on" && b.Message != nil:
		key := owed{m.Src, *b.Message}
		if timer, isThere := n.unacknowledged[key]; isThere {
			timer.Stop()
			delete(n.unacknowledged, key)
		}
		return
	case b.MsgID != nil:
		reply = body{Type: "error", InReplyTo: b.MsgID, Code: 10, Text: b.Type + " is not supported"}
	default:
		return
	}
	n.send(m.Src, reply)
}

func main() {
	loop, err := lockstep.New(os.Stdin, os.Stdout)
	if err == nil {
		n := &node{
			Loop:           loop,
			seen:           []int{},
			isSeen:         map[int]bool{},
			learning:       map[int][]func(){},
			unacknowledged: map[owed]*lockstep.Timer{},
		}
		err = loop.Run(n.handle)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
