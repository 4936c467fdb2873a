package live

import (
	"sync"

	"github.com/taskyard/taskyard"
)

// maxTold bounds what a node keeps to say besides announcements. Whoever would have heard it finds out by looking.
const maxTold = 1000

// outbox is what a node has yet to say. What tasks do while it waits is said once.
type outbox struct {
	due chan struct{} // capacity 1: there is something

	mu      sync.Mutex // guards below
	order   []string   // tasks that moved, oldest first
	pending map[string]struct{}
	lost    bool // more moved than are kept
	told    []message
}

func newOutbox() *outbox {
	return &outbox{due: make(chan struct{}, 1), pending: make(map[string]struct{})}
}

// announce adds tasks that moved. It never blocks.
func (o *outbox) announce(as []taskyard.Announcement) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, a := range as {
		if _, there := o.pending[a.ID]; there || !isWord(a.ID) {
			continue
		}
		if len(o.order) == maxPending {
			o.lost = true
			break
		}
		o.pending[a.ID] = struct{}{}
		o.order = append(o.order, a.ID)
	}
	wake(o.due)
}

// tell adds something else. It never blocks. Words with spaces, and messages that are too long, are not sent.
func (o *outbox) tell(kind string, args ...string) {
	m := message{kind: kind, args: args}
	for _, arg := range args {
		if !isWord(arg) {
			return
		}
	}
	if len(m.body()) > maxPayload-2*maxName {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.told) == maxTold {
		o.told = o.told[1:]
	}
	o.told = append(o.told, m)
	wake(o.due)
}

// take empties the outbox into messages, each short enough.
func (o *outbox) take() []message {
	o.mu.Lock()
	defer o.mu.Unlock()
	list := o.told
	if o.lost {
		list = append(list, message{kind: kindLost})
	} else {
		list = append(list, moved(o.order)...)
	}
	o.order, o.told, o.lost = nil, nil, false
	clear(o.pending)
	return list
}

// moved makes as few messages of these tasks as there can be.
func moved(ids []string) []message {
	var list []message
	size := maxPayload
	for _, id := range ids {
		if size+1+len(id) > maxPayload-2*maxName {
			list = append(list, message{kind: kindMoved})
			size = len(kindMoved)
		}
		last := &list[len(list)-1]
		last.args = append(last.args, id)
		size += 1 + len(id)
	}
	return list
}
