// A node of broadcast: what is new goes to the neighbours, again and again until they have
// acknowledged it. On Maelstrom it runs in real time; in lockstep it repeats.
package main

import (
	"encoding/json"
	"fmt"
	"os"
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
	id             string
	neighbours     []string
	seen           []int
	isSeen         map[int]bool
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

func (n *node) learn(m int, source string) {
	if n.isSeen[m] {
		return
	}
	n.isSeen[m] = true
	n.seen = append(n.seen, m)
	for _, neighbour := range n.neighbours {
		if neighbour != source {
			n.passOn(owed{neighbour, m})
		}
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
	case b.Type == "topology":
		n.neighbours = b.Topology[n.id]
	case b.Type == "broadcast" && b.Message != nil:
		n.learn(*b.Message, m.Src)
	case b.Type == "read":
		reply.Messages = &n.seen
	case b.Type == "pass_on" && b.Message != nil:
		n.learn(*b.Message, m.Src)
		reply = body{Type: "passed_on", Message: b.Message}
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
			unacknowledged: map[owed]*lockstep.Timer{},
		}
		err = loop.Run(n.handle)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
