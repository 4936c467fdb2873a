package provider

import (
	"container/list"
	"sync"
)

// fifo is a memory of bounded size; the oldest are forgotten first.
type fifo[K comparable, V any] struct {
	most int

	mu    sync.Mutex // guards all below
	byKey map[K]*list.Element
	order list.List // of entry[K, V], oldest first
}

type entry[K comparable, V any] struct {
	key   K
	value V
}

func (f *fifo[K, V]) put(key K, value V) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byKey == nil {
		f.byKey = make(map[K]*list.Element)
	}
	f.byKey[key] = f.order.PushBack(entry[K, V]{key, value})
	for f.order.Len() > f.most {
		f.remove(f.order.Front())
	}
}

func (f *fifo[K, V]) get(key K) (value V, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e, known := f.byKey[key]
	if !known {
		return value, false
	}
	return e.Value.(entry[K, V]).value, true
}

// take returns a value once.
func (f *fifo[K, V]) take(key K) (value V, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e, known := f.byKey[key]
	if !known {
		return value, false
	}
	return f.remove(e).value, true
}

// remove removes an entry. The caller holds mu.
func (f *fifo[K, V]) remove(e *list.Element) entry[K, V] {
	gone := f.order.Remove(e).(entry[K, V])
	delete(f.byKey, gone.key)
	return gone
}
