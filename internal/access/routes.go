package access

import (
	"net/http"
	"strings"

	"github.com/taskyard/taskyard"
)

// open are the addresses that everybody may use: what protects a task is its own address, and [Guard] keeps private ones.
// All others need a role.
var open = map[string]bool{
	"/tasks/{id}": true, "/tasks/{id}/result.json": true, "/tasks/{id}/report.md": true, "/tasks/{id}/table.csv": true,
	"/tasks/{id}/recording": true, "/tasks/{id}/raw": true, "/tasks/{id}/events/{seq}": true,
	"/task/{id}": true, "/api/tasks/{id}": true, "/api/tasks/{id}/events": true,
	"/api/events":              true, // carries the logs of tasks; of the list, Watch keeps what it must
	"/assets/{hash}/{path...}": true, "/openapi.json": true, "/healthz": true, "/readyz": true, "/": true, "/api/": true,
	"/sign-in": true, "/sign-out": true, "/s/{token}": true,
}

// administered are the addresses that give others access.
var administered = map[string]bool{
	"/access": true, "/access/tokens": true, "/access/tokens/{id}/revoke": true, "/api/tokens": true, "/api/tokens/{id}": true,
}

// changing are open addresses at which something can be changed by everybody: who somebody is.
var changing = map[string]bool{"/sign-in": true, "/sign-out": true, "/sign-in/parallel/end": true}

// roleFor is the least role that an address needs, by the pattern that it was found by.
func roleFor(method, pattern string) taskyard.Role {
	if _, path, ok := strings.Cut(pattern, " "); ok {
		pattern = path
	}
	reads := method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
	switch {
	case administered[pattern]:
		return taskyard.RoleAdmin
	case changing[pattern], reads && open[pattern]:
		return taskyard.RoleNone
	case reads:
		return taskyard.RoleView
	default:
		return taskyard.RoleRun
	}
}
