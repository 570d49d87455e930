// A lin-kv node that keeps nothing: each request goes to Maelstrom's service lin-kv, in a goroutine
// that waits for the answer, or gives up after a second.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"log"
	"os"
	"sync"
	"time"
)

type message struct {
	Src  string         `json:"src"`
	Dest string         `json:"dest"`
	Body map[string]any `json:"body"`
}

type node struct {
	mu      sync.Mutex
	id      string
	next    int
	waiting map[int]chan map[string]any
}

func (n *node) send(dest string, body map[string]any) {
	line, err := json.Marshal(message{n.id, dest, body})
	if err != nil {
		log.Fatal(err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	os.Stdout.Write(append(line, '\n'))
}

// ask sends a request and waits for what comes back; nothing if that takes too long.
func (n *node) ask(ctx context.Context, dest string, body map[string]any) map[string]any {
	answer := make(chan map[string]any, 1)
	n.mu.Lock()
	n.next++
	id := n.next
	n.waiting[id] = answer
	n.mu.Unlock()
	body["msg_id"] = id
	n.send(dest, body)
	select {
	case body := <-answer:
		return body
	case <-ctx.Done():
		n.mu.Lock()
		delete(n.waiting, id)
		n.mu.Unlock()
		return nil
	}
}

func (n *node) serve(m message) {
	id := m.Body["msg_id"]
	delete(m.Body, "msg_id")
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	// Whether an operation that was not answered has happened, nobody knows: so says no error, too.
	if reply := n.ask(ctx, "lin-kv", m.Body); reply != nil {
		delete(reply, "msg_id")
		reply["in_reply_to"] = id
		n.send(m.Src, reply)
	}
}

func (n *node) handle(m message) {
	if id, is := m.Body["in_reply_to"].(float64); is {
		n.mu.Lock()
		if answer := n.waiting[int(id)]; answer != nil {
			delete(n.waiting, int(id))
			answer <- m.Body
		}
		n.mu.Unlock()
		return
	}
	switch m.Body["type"] {
	case "init":
		n.id = m.Body["node_id"].(string)
		n.send(m.Src, map[string]any{"type": "init_ok", "in_reply_to": m.Body["msg_id"]})
	default:
		go n.serve(m)
	}
}

func main() {
	n := &node{waiting: map[int]chan map[string]any{}}
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
		if _, isText := m.Body["type"].(string); !isText {
			log.Printf("no message: it has no type: %.200s", line)
			continue
		}
		n.handle(m)
	}
}
