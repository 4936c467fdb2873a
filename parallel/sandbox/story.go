package sandbox

import (
	"encoding/json"
	"math"
	"math/rand/v2"

	"github.com/taskyard/taskyard/parallel"
	"github.com/taskyard/taskyard/parallel/sandbox/internal/fiction"
)

// story words what a run says. It is made for one call and used by one goroutine.
type story struct {
	run  *run
	bulk int // bytes that the output is to have at least; 0: what the processor makes of it

	about *fiction.Topic
	pages []fiction.Source
	size  *shape
}

// What random numbers are for: each use has its own, so that one can be asked without the others.
const (
	ofShape uint64 = iota
	ofLength
	ofPace
	ofKind
	ofPages
	ofMessage
	ofContent
	ofBasis
	ofTools
)

// random returns the run's random numbers for the i-th use of a kind.
func (r *run) random(use uint64, i int) *rand.Rand {
	const odd = 0x9e3779b97f4a7c15 // spreads neighbouring numbers
	return rand.New(rand.NewPCG(r.Seed+uint64(r.N)*odd, use<<56^uint64(i)*odd))
}

func (s *story) topic() *fiction.Topic {
	if s.about == nil {
		s.about = fiction.NewTopic(inputText(s.run.input.Input), s.run.Previous)
	}
	return s.about
}

func (s *story) shape() shape {
	if s.size == nil {
		s.size = new(shapeOf(s.run))
	}
	return *s.size
}

// sources are the pages that the run reads, in order.
func (s *story) sources() []fiction.Source {
	if s.pages == nil {
		var include, exclude []string
		if p := s.run.input.SourcePolicy; p != nil {
			include, exclude = p.IncludeDomains, p.ExcludeDomains
		}
		s.pages = s.topic().Sources(s.run.random(ofPages, 0), int(s.shape().read), include, exclude)
	}
	return s.pages
}

// kind is what follows "task_run.progress_msg." in the type of message n.
func (s *story) kind(n, of int) string {
	switch {
	case n == 0 || n == 1 && of > 8:
		return "plan"
	case n == of-1:
		return "exec_status"
	case n == of-2:
		return "analysis"
	}
	switch d := s.run.random(ofKind, n).IntN(100); {
	case d < 32:
		return "search"
	case d < 68:
		return "result"
	case d < 76 && len(s.run.input.MCPServers) > 0:
		return "tool_call"
	case d < 88:
		return "reasoning"
	case d < 94:
		return "analysis"
	}
	return "exec_status"
}

func (s *story) message(n, of int) string {
	random := s.run.random(ofMessage, n)
	page := &s.sources()[n*len(s.sources())/of]
	return s.topic().Message(random, s.kind(n, of), n, of, page)
}

// stats are those after message n.
func (s *story) stats(n, of int) Stats {
	done := float64(n+1) / float64(of)
	considered := int64(math.Ceil(float64(s.shape().considered) * math.Sqrt(done))) // most are found early
	read := int64(math.Ceil(float64(s.shape().read) * done))
	stats := Stats{Considered: max(considered, read), Read: read, Meter: math.Round(1000*done) / 10}
	pages := s.sources()
	for i := max(0, int(read)-sampleSize); i < min(int(read), len(pages)); i++ {
		stats.Sample = append(stats.Sample, pages[i].URL)
	}
	return stats
}

// sampleSize is how many of the sources that were read last the stats name.
const sampleSize = 10

// toolCalls are those that the run made to its MCP servers.
func (s *story) toolCalls() []parallel.MCPToolCall {
	var calls []parallel.MCPToolCall
	for i, server := range s.run.input.MCPServers {
		random := s.run.random(ofTools, i)
		tools := server.AllowedTools
		if len(tools) == 0 {
			tools = []string{"search", "lookup"}
		}
		call := parallel.MCPToolCall{
			ToolCallID: s.run.ID + "-tool-" + string(rune('a'+i)), ServerName: server.Name, ToolName: tools[random.IntN(len(tools))],
			Arguments: string(encode(map[string]string{"query": s.topic().Subject()})),
		}
		if random.IntN(5) == 0 {
			call.Error = "The tool did not answer in time (simulated)"
		} else {
			call.Content = "(simulated) " + s.topic().Excerpts(random, "tool", 1)[0]
		}
		calls = append(calls, call)
	}
	return calls
}

// output is the TaskRunOutput that the request asks for.
func (s *story) output() json.RawMessage {
	out := s.content()
	out.MCPToolCalls = s.toolCalls()
	return encode(out)
}
