package sandbox_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"

	"github.com/taskyard/taskyard/parallel"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

// A program that uses the Task API is tested against a server that nobody has to pay.
func Example() {
	sim, err := sandbox.New(sandbox.WithScale(10_000))
	if err != nil {
		log.Fatal(err)
	}
	defer sim.Close()
	server := httptest.NewServer(sim)
	defer server.Close()

	client, err := parallel.New("any-key", parallel.WithBaseURL(server.URL))
	if err != nil {
		log.Fatal(err)
	}
	run, err := client.CreateRun(context.Background(), &parallel.TaskRunInput{
		Processor: "lite",
		Input:     parallel.TextInput("Who invented the bicycle?"),
		TaskSpec:  &parallel.TaskSpec{OutputSchema: parallel.TextSchema("One paragraph")},
	})
	if err != nil {
		log.Fatal(err)
	}
	result, err := client.Result(context.Background(), run.RunID, -1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Run.Status, result.Output.Type)
	// Output: completed text
}

// Metadata makes one run misbehave.
func ExampleScenarios() {
	for _, s := range sandbox.Scenarios()[:3] {
		fmt.Printf("%s: %s\n", s.Name, s.Summary)
	}
	// Output:
	// ok: nothing special
	// fail: the run fails, with a ref_id and a reason
	// cancelled: the run is cancelled on upstream's side
}
