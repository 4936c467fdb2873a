package schema

import (
	"slices"
	"strconv"
)

// object makes the members that are asked for and most of those that may be left out.
func (m *maker) object(o *Object, depth int) any {
	v := &Object{}
	needed := stringsOf(o, "required")
	most, bounded := countOf(o, "maxProperties")
	for name, sub := range each(o, "properties") {
		if sub == false {
			continue
		}
		if !slices.Contains(needed, name) {
			if m.sparing(depth) || m.rand.IntN(6) == 0 || bounded && v.Len()+missing(v, needed) >= most {
				continue
			}
		}
		v.Set(name, m.member(o, name, depth))
	}
	for _, name := range required(o, v) {
		if _, ok := v.Get(name); !ok {
			v.Set(name, m.member(o, name, depth))
		}
	}
	m.fill(o, v, depth)
	return v
}

func missing(v *Object, needed []string) (n int) {
	for _, name := range needed {
		if _, ok := v.Get(name); !ok {
			n++
		}
	}
	return n
}

// member makes the value of one member.
func (m *maker) member(o *Object, name string, depth int) any {
	m.text += len(name)
	subs := memberSchemas(o, name)
	if len(subs) == 0 {
		return m.write(name, "")
	}
	sub := subs[0]
	for _, more := range subs[1:] {
		sub = both(sub, more)
	}
	return m.value(sub, name, "", depth+1)
}

// fill adds members with made-up names until there are minProperties.
func (m *maker) fill(o, v *Object, depth int) {
	least, _ := countOf(o, "minProperties")
	names, ruled := o.Get("propertyNames")
	for i := 0; v.Len() < least && i < maxMadeItems; i++ {
		name := "item_" + strconv.Itoa(i+1)
		if ruled {
			name, _ = m.value(both(names, textSchema()), "name", "", depth+1).(string)
		}
		for pattern := range each(o, "patternProperties") {
			name = m.fromPattern(pattern)
			break
		}
		if _, ok := v.Get(name); !ok {
			v.Set(name, m.member(o, name, depth))
		}
	}
}

func textSchema() *Object {
	o := &Object{}
	o.Set("type", "string")
	return o
}

// array makes two to five items where the schema leaves the number open.
func (m *maker) array(o *Object, name, description string, depth int) any {
	n := m.length(o, depth)
	items := make([]any, 0, n)
	for i := range n {
		items = append(items, m.item(o, items, i, name, description, depth))
	}
	return m.holdWanted(o, items, name, depth)
}

func (m *maker) length(o *Object, depth int) int {
	least, low := countOf(o, "minItems")
	most, high := countOf(o, "maxItems")
	n := 2 + m.rand.IntN(4)
	prefix := len(list(o, "prefixItems"))
	switch {
	case m.sparing(depth):
		n = 0
	case prefix > 0:
		n = prefix
	}
	if items, ok := o.Get("items"); ok && items == false {
		n = min(n, prefix)
	}
	if low {
		n = max(n, least)
	}
	if high {
		n = min(n, most)
	}
	return min(n, maxMadeItems)
}

// item makes the i-th item, unlike the earlier ones if it must be.
func (m *maker) item(o *Object, earlier []any, i int, name, description string, depth int) any {
	var v any
	for range 2 * maxTries {
		v = m.value(itemSchema(o, i), name, description, depth+1)
		twice := slices.ContainsFunc(earlier, func(e any) bool { return equal(e, v) })
		if !twice || o.values["uniqueItems"] != true {
			break
		}
	}
	return v
}

// holdWanted replaces the last items by what the list must contain, or appends it.
func (m *maker) holdWanted(o *Object, items []any, name string, depth int) any {
	wanted, ok := o.Get("contains")
	if !ok {
		return items
	}
	least, ok := countOf(o, "minContains")
	if !ok {
		least = 1
	}
	have := count(items, func(item any) bool { return m.conforms(wanted, item) })
	most, bounded := countOf(o, "maxItems")
	for i := len(items) - 1; have < least && len(items) < maxMadeItems; have++ {
		if bounded && len(items) >= most && i >= 0 {
			items[i] = m.value(both(itemSchema(o, i), wanted), name, "", depth+1)
			i--
			continue
		}
		items = append(items, m.value(both(itemSchema(o, len(items)), wanted), name, "", depth+1))
	}
	return items
}
