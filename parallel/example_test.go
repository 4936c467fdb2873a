package parallel_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/taskyard/taskyard/parallel"
)

// fakeAPI answers like the Task API for one run that completes at once.
func fakeAPI() *httptest.Server {
	const run = `{"run_id":"trun_1","interaction_id":"trun_1","status":"completed","is_active":false,"processor":"core","created_at":null,"modified_at":null}`
	const output = `{"type":"text","content":"$3.05 trillion (2023)","basis":[{"field":"output","reasoning":"National accounts.","citations":[{"url":"https://stats.example.com"}]}]}`
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/tasks/runs", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("x-api-key") == "invalid" {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"type":"error","error":{"ref_id":"ref-1","message":"Unauthorized: invalid or missing credentials"}}`)
			return
		}
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, run)
	})
	mux.HandleFunc("GET /v1/tasks/runs/trun_1/events", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, `data: {"type":"task_run.progress_msg.search","message":"Looking at national accounts","timestamp":null}`+"\n\n")
		_, _ = io.WriteString(w, `data: {"type":"task_run.state","event_id":null,"run":`+run+`,"output":`+output+"}\n\n")
	})
	mux.HandleFunc("GET /v1/tasks/runs/trun_1/result", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"run":`+run+`,"output":`+output+`}`)
	})
	return httptest.NewServer(mux)
}

// A task from its creation to its result.
func Example() {
	server := fakeAPI()
	defer server.Close()
	ctx := context.Background()

	client, err := parallel.New("my-key", parallel.WithBaseURL(server.URL), parallel.WithHTTPClient(server.Client()))
	if err != nil {
		log.Fatal(err)
	}
	run, err := client.CreateRun(ctx, &parallel.TaskRunInput{
		Processor: "core",
		Input:     parallel.TextInput("What was the GDP of France in 2023?"),
		TaskSpec:  &parallel.TaskSpec{OutputSchema: parallel.TextSchema("GDP in USD, with the year")},
	})
	if err != nil {
		log.Fatal(err)
	}
	for event, err := range client.Events(ctx, run.RunID) {
		if err != nil {
			log.Fatal(err)
		}
		if m, ok := event.Message(); ok {
			fmt.Println(m.Message)
		}
	}
	result, err := client.Result(ctx, run.RunID, 10*time.Minute)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Output.Text())
	for _, basis := range result.Output.Basis {
		fmt.Println(basis.Reasoning, basis.Citations[0].URL)
	}
	// Output:
	// Looking at national accounts
	// $3.05 trillion (2023)
	// National accounts. https://stats.example.com
}

// What a failed create means decides whether it may be sent again.
func ExampleClient_CreateRun_errors() {
	server := fakeAPI()
	defer server.Close()
	client, err := parallel.New("invalid", parallel.WithBaseURL(server.URL), parallel.WithHTTPClient(server.Client()))
	if err != nil {
		log.Fatal(err)
	}

	_, err = client.CreateRun(context.Background(), &parallel.TaskRunInput{Processor: "core", Input: parallel.TextInput("Hello")})
	var refused *parallel.APIError
	var lost *parallel.RequestError
	switch {
	case errors.As(err, &refused) && refused.Temporary() && refused.WellFormed:
		fmt.Println("again after", refused.RetryAfter)
	case errors.As(err, &refused):
		fmt.Println("never:", refused)
	case errors.As(err, &lost) && !lost.Sent:
		fmt.Println("again: nothing was sent")
	case err != nil:
		fmt.Println("ask the user: there may be a run")
	}
	// Output:
	// never: create run: 401 Unauthorized: Unauthorized: invalid or missing credentials (ref_id ref-1)
}

// A watchdog ends a connection on which nothing, not even a heartbeat, has come for too long.
func ExampleWithActivity() {
	server := fakeAPI()
	defer server.Close()
	client, err := parallel.New("my-key", parallel.WithBaseURL(server.URL), parallel.WithHTTPClient(server.Client()))
	if err != nil {
		log.Fatal(err)
	}

	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	const silence = time.Minute
	watchdog := time.AfterFunc(silence, func() { cancel(errors.New("the connection is silent")) })
	defer watchdog.Stop()
	alive := parallel.WithActivity(func() { watchdog.Reset(silence) })
	for event, err := range client.Events(ctx, "trun_1", alive) {
		var invalid *parallel.InvalidFrameError
		switch {
		case errors.As(err, &invalid):
			fmt.Printf("passed over %d bytes\n", len(invalid.Data))
		case err != nil:
			log.Fatal(err)
		default:
			fmt.Println(event.Type)
		}
	}
	// Output:
	// task_run.progress_msg.search
	// task_run.state
}

func ExampleJSONSchema() {
	spec := parallel.TaskSpec{OutputSchema: parallel.JSONSchema(json.RawMessage(
		`{"type":"object","properties":{"gdp":{"type":"string"}},"required":["gdp"],"additionalProperties":false}`))}
	b, err := json.Marshal(spec)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(b))
	// Output:
	// {"output_schema":{"type":"json","json_schema":{"type":"object","properties":{"gdp":{"type":"string"}},"required":["gdp"],"additionalProperties":false}}}
}

func ExampleLookupProcessor() {
	p, ok := parallel.LookupProcessor("pro-fast")
	fmt.Println(ok, p.Price, p.MinLatency, p.MaxLatency)
	// Output:
	// true 100 30s 5m0s
}
