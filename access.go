package taskyard

import (
	"context"
	"strings"
	"time"
)

// Role is what somebody may do on this server. Each role may do what those before it may.
type Role int

// The roles.
const (
	RoleNone  Role = iota // read a public task whose address one has
	RoleView              // read lists and all that is public
	RoleRun               // submit tasks, and change one's own
	RoleAdmin             // read and change everything, and give others access
)

var roleNames = [...]string{"none", "view", "run", "admin"}

// String is the role's name.
func (r Role) String() string {
	if r < 0 || int(r) >= len(roleNames) {
		return "unknown"
	}
	return roleNames[r]
}

// ParseRole reads the name of a role that a token can have.
func ParseRole(name string) (Role, error) {
	for r := RoleView; r <= RoleAdmin; r++ {
		if name == r.String() {
			return r, nil
		}
	}
	return RoleNone, Invalid("role", "a role is view, run or admin")
}

// Viewer is who asks.
type Viewer struct {
	ID   string // whose tasks are theirs; "" owns nothing
	Name string // for people; "" for somebody without one
	Role Role

	Shared string // the id of the one task that a link shows them; "" is none
}

// Everyone is who asks where nobody has to say who they are: on a server that only its own machine reaches.
var Everyone = Viewer{Role: RoleAdmin}

type viewerKey struct{}

// WithViewer says on whose behalf something is done.
func WithViewer(ctx context.Context, v Viewer) context.Context {
	return context.WithValue(ctx, viewerKey{}, v)
}

// ViewerOf returns on whose behalf something is done; false where nobody said so.
func ViewerOf(ctx context.Context) (Viewer, bool) {
	v, ok := ctx.Value(viewerKey{}).(Viewer)
	return v, ok
}

// VisitorPrefix begins the ids of those who have no token, and are known by a cookie.
const VisitorPrefix = "anon_"

// IsVisitor reports whether somebody has no token.
func (v Viewer) IsVisitor() bool { return v.ID == "" || strings.HasPrefix(v.ID, VisitorPrefix) }

// Owns reports whether a task is this viewer's own.
func (v Viewer) Owns(t Task) bool { return v.ID != "" && v.ID == t.Owner }

// MayRead reports whether a task, whose address is known, may be read.
func (v Viewer) MayRead(t Task) bool {
	return v.Role >= RoleAdmin || t.Visibility != Private || v.Owns(t) || v.Shared != "" && v.Shared == t.ID
}

// MayChange reports whether a task may be renamed, cancelled, sent again, shared and deleted.
func (v Viewer) MayChange(t Task) bool {
	return v.Role >= RoleAdmin || v.Role >= RoleRun && v.Owns(t)
}

// Visibility is who may read a task.
type Visibility string

// The visibilities.
const (
	Public  Visibility = "public"  // whoever has its address, and lists show it
	Private Visibility = "private" // its owner and those who administer the server
)

// ParseVisibility reads the name of a visibility.
func ParseVisibility(name string) (Visibility, error) {
	if v := Visibility(name); v == Public || v == Private {
		return v, nil
	}
	return "", Invalid("visibility", "visibility is public or private")
}

// Token lets somebody in. The token itself is told once, when it is made.
type Token struct {
	ID        string
	Name      string // 1 to MaxTokenName characters
	Role      Role
	CreatedAt time.Time
	UsedAt    time.Time // about when it was last used; zero if never
	RevokedAt time.Time // zero while it is good
}

// Bounds of tokens.
const (
	MaxTokenName = 80 // characters
	MaxTokens    = 500
)
