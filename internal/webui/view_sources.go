package webui

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/taskyard/taskyard/parallel"
)

// sources are the addresses that a run has read or cited, by host.
type sources struct {
	Hosts []hostGroup
	Total int
	Cut   bool
}

type hostGroup struct {
	Host  string
	Links []sourceLink
}

type sourceLink struct {
	Link  link
	Title string
	Cited bool
}

// sourcesOf joins what progress reported as read with what the result cites. Hosts with the most addresses
// come first; the order within a host is that of first sight.
func sourcesOf(read []string, basis []parallel.FieldBasis) sources {
	var list sources
	at := map[string]int{} // place of a host in list.Hosts
	seen := map[string][2]int{}
	add := func(address, title string, cited bool) {
		if place, ok := seen[address]; ok {
			s := &list.Hosts[place[0]].Links[place[1]]
			s.Cited = s.Cited || cited
			s.Title = cmp.Or(s.Title, title)
			return
		}
		if list.Total == maxSources {
			list.Cut = true
			return
		}
		l := linkTo(address)
		host := cmp.Or(l.Host, "Other")
		if _, ok := at[host]; !ok {
			at[host] = len(list.Hosts)
			list.Hosts = append(list.Hosts, hostGroup{Host: host})
		}
		group := &list.Hosts[at[host]]
		seen[address] = [2]int{at[host], len(group.Links)}
		group.Links = append(group.Links, sourceLink{Link: l, Title: title, Cited: cited})
		list.Total++
	}
	for _, b := range basis {
		for _, c := range b.Citations {
			title, _ := cut(c.Title, 200)
			add(c.URL, title, true)
		}
	}
	for _, address := range read {
		add(address, "", false)
	}
	slices.SortStableFunc(list.Hosts, func(a, b hostGroup) int { return cmp.Compare(len(b.Links), len(a.Links)) })
	return list
}

// citedBy reads no more of a result than its basis.
func citedBy(result json.RawMessage) []parallel.FieldBasis {
	if len(result) == 0 {
		return nil
	}
	r, err := readResult(result)
	if err != nil {
		return nil
	}
	return r.Output.Basis
}

// Short leaves the scheme out of an address that has no title: the host's heading and the link say enough.
func (sources) Short(address string) string {
	_, rest, found := strings.Cut(address, "://")
	if !found {
		return address
	}
	return rest
}
