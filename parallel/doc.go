// Package parallel is a client of Parallel's Task API.
//
// A task is sent with [Client.CreateRun], followed with [Client.Events] and read with [Client.Result]:
//
//	client, err := parallel.New(os.Getenv("PARALLEL_API_KEY"))
//	if err != nil {
//		return err
//	}
//	run, err := client.CreateRun(ctx, &parallel.TaskRunInput{
//		Processor: "core",
//		Input:     parallel.TextInput("What was the GDP of France in 2023?"),
//		TaskSpec:  &parallel.TaskSpec{OutputSchema: parallel.TextSchema("GDP in USD, with the year")},
//	})
//	if err != nil {
//		return err
//	}
//	for event, err := range client.Events(ctx, run.RunID) {
//		if err != nil {
//			return err
//		}
//		if m, ok := event.Message(); ok {
//			fmt.Println(m.Message)
//		}
//	}
//	result, err := client.Result(ctx, run.RunID, 10*time.Minute)
//	if err != nil {
//		return err
//	}
//	fmt.Println(result.Output.Text())
//
// # No hidden retries
//
// Every method makes one HTTP request. There is no idempotency key upstream, so a create that is sent again
// may be billed again; only the caller can decide that. Errors say what a caller needs to decide:
// [APIError] is upstream's refusal, [RequestError] says whether the request can have reached the server.
// Upstream closes an event stream after 570 s whether or not the run has ended, and replays its trace on
// the next one; telling replays apart is the caller's business too.
//
// # What survives a round trip
//
// The API grows, so statuses, event kinds, warning types and processors are open sets, and every type keeps
// what it does not know. Decoding an object and encoding it again gives an equal JSON value:
//
//   - A field without a place in the Go type is kept in Extra under its name.
//   - A known field whose value the Go field cannot express is kept in Extra as well: an explicit null, an
//     empty string where empty means absent, a value of an unexpected type. Extra's value is written as long
//     as the Go field is zero; once it is set, it wins. An unexpected type also makes json.Unmarshal return a
//     [FieldError], after all other fields have been filled; the client itself accepts such answers.
//   - Numbers in open values keep their digits, absent and null and empty lists stay apart.
//
// Not kept: the order of fields, white space and escapes, all but the last of duplicate names, and bytes of
// strings that are not UTF-8. A required field that was absent is written with its zero value. Whoever needs
// the bytes uses RawJSON and [Event.Raw].
package parallel
