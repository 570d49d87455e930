// Broadcast: what a node hears of it passes on to its neighbours, to each again and again until it
// is acknowledged. Nothing here knows of virtual time: it is the standard library's goroutines,
// tickers and mutexes, on Maelstrom as in a module.
package main

import (
	"bufio"
	"encoding/json"
	"log"
	"os"
	"sort"
	"sync"
	"time"
)

const retryAfter = 250 * time.Millisecond

type message struct {
	Src  string `json:"src"`
	Dest string `json:"dest"`
	Body body   `json:"body"`
}

type body struct {
	Type      string              `json:"type"`
	MsgID     int                 `json:"msg_id,omitempty"`
	InReplyTo int                 `json:"in_reply_to,omitempty"`
	NodeID    string              `json:"node_id,omitempty"`
	Topology  map[string][]string `json:"topology,omitempty"`
	Message   *int                `json:"message,omitempty"`
	Values    []int               `json:"values,omitempty"`
	Messages  *[]int              `json:"messages,omitempty"`
}

type node struct {
	mu         sync.Mutex
	id         string
	neighbours []string
	seen       map[int]bool
	// What each neighbour has not acknowledged yet.
	owed map[string]map[int]bool
}

func (n *node) send(dest string, b body) {
	line, err := json.Marshal(message{n.id, dest, b})
	if err != nil {
		log.Fatal(err)
	}
	os.Stdout.Write(append(line, '\n'))
}

// learn takes in values, and owes those that are new to all neighbours but the one that told them.
func (n *node) learn(values []int, from string) {
	for _, value := range values {
		if n.seen[value] {
			continue
		}
		n.seen[value] = true
		for _, neighbour := range n.neighbours {
			if neighbour != from {
				n.owed[neighbour][value] = true
				n.send(neighbour, body{Type: "pass", Values: []int{value}})
			}
		}
	}
}

func (n *node) handle(m message) {
	n.mu.Lock()
	defer n.mu.Unlock()
	reply := body{Type: m.Body.Type + "_ok", InReplyTo: m.Body.MsgID}
	switch m.Body.Type {
	case "init":
		n.id = m.Body.NodeID
	case "topology":
		n.neighbours = m.Body.Topology[n.id]
		for _, neighbour := range n.neighbours {
			n.owed[neighbour] = map[int]bool{}
		}
	case "broadcast":
		n.learn([]int{*m.Body.Message}, "")
	case "read":
		all := sorted(n.seen)
		reply.Messages = &all
	case "pass":
		n.learn(m.Body.Values, m.Src)
		reply.Values = m.Body.Values
	case "pass_ok":
		for _, value := range m.Body.Values {
			delete(n.owed[m.Src], value)
		}
		return
	default:
		log.Printf("unknown: %s", m.Body.Type)
		return
	}
	n.send(m.Src, reply)
}

func (n *node) retry() {
	for range time.Tick(retryAfter) {
		n.mu.Lock()
		// A map's order is random, and a list's is not.
		for _, neighbour := range n.neighbours {
			if owed := sorted(n.owed[neighbour]); len(owed) > 0 {
				n.send(neighbour, body{Type: "pass", Values: owed})
			}
		}
		n.mu.Unlock()
	}
}

func sorted(set map[int]bool) []int {
	all := make([]int, 0, len(set))
	for value := range set {
		all = append(all, value)
	}
	sort.Ints(all)
	return all
}

func main() {
	n := &node{seen: map[int]bool{}, owed: map[string]map[int]bool{}}
	go n.retry()
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var m message
		if err := json.Unmarshal(line, &m); err != nil {
			log.Printf("no message: %v", err)
			continue
		}
		n.handle(m)
	}
}
