package webui

import (
	"encoding/json"
	"strconv"

	"github.com/taskyard/taskyard/parallel"
)

// tree is an output as a tree. The server draws its beginning as nested details, for browsers without script; the script
// fetches all of it and draws what is in sight.
type tree struct {
	Nodes    []treeNode
	Cut      bool
	Evidence []*evidence
}

type treeNode struct {
	Key   string
	Value value // of a leaf
	Nodes []treeNode
	Size  string // of what holds others: "3 fields", "12 elements"
	Open  bool
}

// treeNodes bounds what the server draws.
const treeNodes = 2_000

func treeOf(o parallel.TaskRunOutput) *tree {
	b := treeBuilder{left: treeNodes}
	root := b.node("output", o.Content, 0)
	t := &tree{Nodes: []treeNode{root}, Cut: b.left == 0}
	index := indexBasis(o.Basis)
	for _, field := range index.order {
		t.Evidence = append(t.Evidence, index.byField[field])
	}
	return t
}

type treeBuilder struct{ left int }

func (b *treeBuilder) node(key string, raw json.RawMessage, depth int) treeNode {
	n := treeNode{Key: key, Open: depth < 2}
	b.left = max(b.left-1, 0)
	switch list, items := membersOr(raw, depth), elementsOr(raw, depth); {
	case len(list) > 0:
		n.Size = plural(len(list), "field")
		for _, m := range list {
			if b.left == 0 {
				break
			}
			n.Nodes = append(n.Nodes, b.node(m.Name, m.Raw, depth+1))
		}
	case len(items) > 0:
		n.Size = plural(len(items), "element")
		for i, item := range items {
			if b.left == 0 {
				break
			}
			n.Nodes = append(n.Nodes, b.node(strconv.Itoa(i), item, depth+1))
		}
	default:
		n.Value = scalarOrJSON(raw)
	}
	return n
}
