// Package sandbox simulates Parallel's Task API, so that programs can be written and tested against it without a
// key, without a network and without cost. A [Sandbox] is an [net/http.Handler]:
//
//	sim, err := sandbox.New(sandbox.WithScale(sandbox.DemoScale))
//	if err != nil {
//		return err
//	}
//	defer sim.Close()
//	return http.ListenAndServe("127.0.0.1:8081", sim)
//
// Nothing it answers is true, and it says so: reports begin with a line about it, made-up names carry
// "(simulated)", and sources lie under example.com, example.org and example.net, which nobody can own. It makes
// no calls of its own: webhooks and MCP servers are checked in form and never contacted.
//
// # Calls
//
//	POST /v1/tasks/runs                    makes a run: 202
//	GET  /v1/tasks/runs/{run_id}           its status
//	GET  /v1/tasks/runs/{run_id}/input     what it was made with
//	GET  /v1/tasks/runs/{run_id}/result    its output; waits up to ?timeout= seconds of real time, then 408
//	GET  /v1/tasks/runs/{run_id}/events    its event stream; also under /v1beta
//
// Any x-api-key is good but for two: one that begins with "invalid" is answered with 401, as is a missing one, and
// one that begins with "nocredit" cannot create (402). A run is seen with the key that made it and is unknown (404)
// to any other. Requests are held to upstream's documented limits; what breaks one is refused with 422 and the
// field's name in the detail, an unknown processor with 403. Not imitated: the limit on creates a minute (the
// scenario rate-limit shows what it looks like), task groups, and any delivery of webhooks.
//
// One call is the simulator's own; Parallel has nothing like it:
//
//	POST /v1/tasks/runs/{run_id}/cancel    cancels a run: 202, or 409 if it has ended
//
// It needs no body, and [CancelRun] makes it. The run is cancelling at once and cancelled six simulated seconds later;
// nothing else happens any more. Its streams, open ones too, bring both states. Asking again changes nothing.
//
// # Sign-in
//
// It is an OAuth 2.1 provider too, as https://platform.parallel.ai is: for public clients with PKCE by S256, whose
// access token is an API key.
//
//	GET  /.well-known/oauth-authorization-server   describes the rest (RFC 8414)
//	POST /getKeys/register                         registers a client (RFC 7591), until the sandbox ends
//	GET  /getKeys/authorize                        a page with Allow and Deny ([AuthorizePath])
//	POST /getKeys/token                            gives the key for a code
//
// A client is registered or is named by the host of its redirect_uri, which is https, or http on this machine. A code
// is good for one minute and once, with the redirect_uri and the client_id that it was made for. Answers name
// the issuer (RFC 9207): the address that was asked, or that of [WithIssuer].
//
// There are no passwords: the page offers some accounts, each of which has one key that stays the same for a seed. So
// nothing must be guarded by it. The page also offers what can go wrong ([SignInScenarios]), tests let [SignIn]
// press its buttons. Codes and registrations are kept in memory: all calls of one sign-in have to reach the same
// sandbox. Not known of Parallel, and therefore this simulator's own: how long a code is good, the issuer in answers,
// and the words of errors.
//
// # Time
//
// A run takes as long as its processor is documented to take, divided by the scale ([WithScale]): with
// [DemoScale], a pro task takes about 25 seconds. The 570 seconds after which a stream is closed, and all times in
// scenarios and scripts, are simulated seconds too. Timestamps are real.
//
// # Runs are functions
//
// What a run does is computed from its record (number, time, request, seed, scale, scenario) whenever somebody asks;
// no goroutine and no timer belongs to a run. So its answers are the same however often one asks, a second sandbox
// with the same seed tells the same stories, and with a state file ([WithStateFile]) runs go on over a restart as if
// nothing had happened. What goes wrong "the first n times" is counted in memory and begins anew after a restart.
//
// # The event stream
//
// A stream opens with a task_run.state, brings the whole trace so far with its original timestamps, then the latest
// progress_stats, then goes on live, and ends with a state that carries the output. There are no ids: it cannot
// be resumed. After 570 seconds it ends, whether or not the run has. On a run that has ended it opens with the
// terminal state without the output, brings the trace, and closes with the state that has it.
//
// # Scenarios
//
// A run whose metadata has the key "sandbox" follows the scenarios named there, others the one of [WithScenario]:
// for instance "fail", "drop:3", or several as in "takes:1h,drop:3,replay-none". [Scenarios] lists them. Tests
// that need more say exactly what happens with [WithScript].
package sandbox
