package access

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"github.com/taskyard/taskyard"
)

var errNotYours = taskyard.Errorf(taskyard.CodeForbidden, "This task is somebody else's: only its owner and those who administer the server can change it.")

var errNobody = taskyard.Errorf(taskyard.CodeForbidden, "Without a token or a cookie nobody knows whose this would be.")

// asking is who asks. Where nobody said so it is a fault of the program, and nothing is told.
func asking(ctx context.Context) (taskyard.Viewer, error) {
	v, ok := taskyard.ViewerOf(ctx)
	if !ok {
		return v, taskyard.Errorf(taskyard.CodeForbidden, "nobody said who asks")
	}
	return v, nil
}

func needs(ctx context.Context, role taskyard.Role) (taskyard.Viewer, error) {
	v, err := asking(ctx)
	if err != nil {
		return v, err
	}
	return v, suffices(v, role)
}

// Guard is a store that shows whoever asks only what they may see. What drives tasks uses the store itself.
type Guard struct {
	taskyard.Store
}

// Task returns a task that may be read.
func (g Guard) Task(ctx context.Context, id string) (taskyard.Task, error) {
	v, err := asking(ctx)
	if err != nil {
		return taskyard.Task{}, err
	}
	t, err := g.Store.Task(ctx, id)
	if err == nil && !v.MayRead(t) {
		return taskyard.Task{}, taskyard.ErrHidden
	}
	return t, err
}

// Document returns the large parts of a task that may be read.
func (g Guard) Document(ctx context.Context, id string) (taskyard.Document, error) {
	if _, err := g.Task(ctx, id); err != nil {
		return taskyard.Document{}, err
	}
	return g.Store.Document(ctx, id)
}

// Tasks returns a page of what may be seen in lists.
func (g Guard) Tasks(ctx context.Context, q taskyard.TaskQuery) (taskyard.TaskPage, error) {
	v, err := needs(ctx, taskyard.RoleView)
	if err != nil {
		return taskyard.TaskPage{}, err
	}
	if v.Role < taskyard.RoleAdmin {
		q.VisibleTo = &v.ID
	}
	return g.Store.Tasks(ctx, q)
}

// OfRun returns the task of a run, if it may be read.
func (g Guard) OfRun(ctx context.Context, upstream, name string) (taskyard.Task, error) {
	v, err := asking(ctx)
	if err != nil {
		return taskyard.Task{}, err
	}
	t, err := g.Store.OfRun(ctx, upstream, name)
	if err == nil && !v.MayRead(t) {
		return taskyard.Task{}, taskyard.ErrHidden
	}
	return t, err
}

// Thread returns the tasks of a thread that may be seen in lists, with the one that is asked for.
func (g Guard) Thread(ctx context.Context, id string, _ *string) ([]taskyard.Task, error) {
	if _, err := g.Task(ctx, id); err != nil {
		return nil, err
	}
	v, err := asking(ctx)
	if err != nil {
		return nil, err
	}
	if v.Role >= taskyard.RoleAdmin {
		return g.Store.Thread(ctx, id, nil)
	}
	return g.Store.Thread(ctx, id, &v.ID)
}

// Templates returns one's own.
func (g Guard) Templates(ctx context.Context, _ string) ([]taskyard.Template, error) {
	v, err := needs(ctx, taskyard.RoleView)
	if err != nil || v.ID == "" && v.Role < taskyard.RoleAdmin {
		return nil, err
	}
	return g.Store.Templates(ctx, v.ID)
}

// TeamTemplates returns those of others, to those whom one operator gave tokens. Strangers keep theirs from each other.
func (g Guard) TeamTemplates(ctx context.Context, _ string) ([]taskyard.Template, error) {
	v, err := needs(ctx, taskyard.RoleView)
	if err != nil || v.IsVisitor() && v.Role < taskyard.RoleAdmin {
		return nil, err
	}
	return g.Store.TeamTemplates(ctx, v.ID)
}

// Template returns one that whoever asks may begin from.
func (g Guard) Template(ctx context.Context, id string) (taskyard.Template, error) {
	v, err := needs(ctx, taskyard.RoleView)
	if err != nil {
		return taskyard.Template{}, err
	}
	t, err := g.Store.Template(ctx, id)
	if err == nil && !mayUse(v, t) {
		return taskyard.Template{}, taskyard.Errorf(taskyard.CodeNotFound, "There is no such template.")
	}
	return t, err
}

func mayUse(v taskyard.Viewer, t taskyard.Template) bool {
	return v.Role >= taskyard.RoleAdmin || v.ID != "" && t.Owner == v.ID || !v.IsVisitor() && t.Visibility == taskyard.Public
}

// SaveTemplate keeps a template for whoever asks; what a visitor keeps is theirs alone.
func (g Guard) SaveTemplate(ctx context.Context, t taskyard.Template) error {
	v, err := needs(ctx, taskyard.RoleRun)
	if err != nil {
		return err
	}
	if v.ID == "" && v.Role < taskyard.RoleAdmin {
		return errNobody
	}
	if t.Owner = v.ID; v.ID != "" && v.IsVisitor() {
		t.Visibility = taskyard.Private
	}
	return g.Store.SaveTemplate(ctx, t)
}

// DeleteTemplate forgets a template of whoever asks.
func (g Guard) DeleteTemplate(ctx context.Context, id string) error {
	v, err := needs(ctx, taskyard.RoleRun)
	if err != nil {
		return err
	}
	t, err := g.Template(ctx, id)
	if err != nil {
		return err
	}
	if v.Role < taskyard.RoleAdmin && t.Owner != v.ID {
		return taskyard.Errorf(taskyard.CodeForbidden, "This template is somebody else's.")
	}
	return g.Store.DeleteTemplate(ctx, id)
}

// Uses returns what was spent, to those who may see what others do.
func (g Guard) Uses(ctx context.Context, since time.Time) ([]taskyard.Use, error) {
	v, err := needs(ctx, taskyard.RoleView)
	if err != nil || v.IsVisitor() && v.Role < taskyard.RoleAdmin {
		return nil, err
	}
	return g.Store.Uses(ctx, since)
}

// Name renames a task of whoever asks.
func (g Guard) Name(ctx context.Context, id string, n taskyard.Naming) (taskyard.Task, error) {
	if err := mayChange(ctx, g.Store, id); err != nil {
		return taskyard.Task{}, err
	}
	return g.Store.Name(ctx, id, n)
}

// Show changes who may read a task of whoever asks.
func (g Guard) Show(ctx context.Context, id string, v taskyard.Visibility) (taskyard.Task, error) {
	if err := mayChange(ctx, g.Store, id); err != nil {
		return taskyard.Task{}, err
	}
	return g.Store.Show(ctx, id, v)
}

// AddShare keeps a link of whoever asks, to a task that they may change: a link shows what is private.
func (g Guard) AddShare(ctx context.Context, s taskyard.Share) error {
	if err := mayChange(ctx, g.Store, s.Task.ID); err != nil {
		return err
	}
	v, err := asking(ctx)
	if err != nil {
		return err
	}
	s.Owner = v.ID
	return g.Store.AddShare(ctx, s)
}

// Shares returns the links of whoever asks, to those who administer everybody's; of one task that whoever asks may change,
// all links, as they can revoke them.
func (g Guard) Shares(ctx context.Context, q taskyard.ShareQuery) (taskyard.SharePage, error) {
	v, err := needs(ctx, taskyard.RoleView)
	switch {
	case err != nil:
		return taskyard.SharePage{}, err
	case q.Task != "":
		if err := mayChange(ctx, g.Store, q.Task); err != nil {
			return taskyard.SharePage{}, err
		}
		q.Owner = nil
	case v.Role >= taskyard.RoleAdmin:
		q.Owner = nil
	case v.ID == "":
		return taskyard.SharePage{}, nil
	default:
		q.Owner = &v.ID
	}
	return g.Store.Shares(ctx, q)
}

// RevokeShare ends a link to a task that whoever asks may change.
func (g Guard) RevokeShare(ctx context.Context, token string) error {
	s, err := g.Store.Share(ctx, token)
	if err != nil {
		return err
	}
	if err := mayChange(ctx, g.Store, s.Task.ID); err != nil {
		return err
	}
	return g.Store.RevokeShare(ctx, token)
}

// Delete removes a task of whoever asks.
func (g Guard) Delete(ctx context.Context, id string) error {
	if err := mayChange(ctx, g.Store, id); err != nil {
		return err
	}
	return g.Store.Delete(ctx, id)
}

// What drives tasks has no business with whoever asks, and uses the store itself.
var errNotForViewers = taskyard.Errorf(taskyard.CodeForbidden, "this is not done on anybody's behalf")

// Create is not done on anybody's behalf; see [Service.Submit].
func (Guard) Create(context.Context, taskyard.NewTask, func(*sql.Tx, taskyard.Task) error) (taskyard.Task, bool, error) {
	return taskyard.Task{}, false, errNotForViewers
}

// ToDrive is not done on anybody's behalf.
func (Guard) ToDrive(context.Context) ([]string, error) { return nil, errNotForViewers }

// Take is not done on anybody's behalf.
func (Guard) Take(context.Context, string) (taskyard.Owned, error) {
	return taskyard.Owned{}, errNotForViewers
}

// Append is not done on anybody's behalf.
func (Guard) Append(taskyard.Write) *taskyard.Receipt {
	r := taskyard.NewReceipt()
	r.Resolve(errNotForViewers)
	return r
}

// Reopen is not done on anybody's behalf; see [Service.SubmitAgain].
func (Guard) Reopen(context.Context, string, taskyard.NewEvent, func(*sql.Tx, taskyard.Task) error) (taskyard.Task, error) {
	return taskyard.Task{}, errNotForViewers
}

// RequestCancel is not done on anybody's behalf; see [Service.Cancel].
func (Guard) RequestCancel(context.Context, string, func(*sql.Tx, taskyard.Task) error) (taskyard.Task, error) {
	return taskyard.Task{}, errNotForViewers
}

// mayChange returns why a task may not be changed, if so.
func mayChange(ctx context.Context, tasks taskyard.Store, id string) error {
	v, err := asking(ctx)
	if err != nil {
		return err
	}
	t, err := tasks.Task(ctx, id)
	switch {
	case err != nil:
		return err
	case !v.MayRead(t):
		return taskyard.ErrHidden
	case !v.MayChange(t):
		return errNotYours
	}
	return nil
}

// Service is what whoever asks may do to tasks.
type Service struct {
	taskyard.Service
	tasks      taskyard.Store
	visibility taskyard.Visibility // of tasks that do not say
}

// Serve stands before a service, whose tasks have a visibility where they do not say.
func Serve(s taskyard.Service, tasks taskyard.Store, v taskyard.Visibility) Service {
	return Service{s, tasks, v}
}

// Submit makes a task of whoever asks.
func (s Service) Submit(ctx context.Context, what taskyard.Submit) (taskyard.Task, bool, error) {
	v, err := needs(ctx, taskyard.RoleRun)
	if err != nil {
		return taskyard.Task{}, false, err
	}
	if err := s.mayMake(v, what.Visibility); err != nil {
		return taskyard.Task{}, false, err
	}
	var follows struct {
		Interaction string `json:"previous_interaction_id"`
	}
	if json.Unmarshal(what.Request, &follows) == nil {
		if err := s.mayUseRun(ctx, v, what.Upstream, follows.Interaction, what.APIKey.IsZero()); err != nil {
			return taskyard.Task{}, false, err
		}
	}
	if v.ID == "" && v.Role < taskyard.RoleAdmin && what.IdempotencyKey != "" { // strangers are told apart by their API keys
		sum := sha256.Sum256([]byte(what.APIKey.Reveal() + "\x00" + what.IdempotencyKey))
		what.IdempotencyKey = hex.EncodeToString(sum[:])
	}
	what.Owner = v.ID
	return s.Service.Submit(ctx, what)
}

// mayMake refuses a private task that nobody could ever read.
func (s Service) mayMake(v taskyard.Viewer, asked taskyard.Visibility) error {
	if cmp.Or(asked, s.visibility) == taskyard.Private && v.ID == "" && v.Role < taskyard.RoleAdmin {
		return taskyard.Invalid("visibility", "Without a token or a cookie nobody knows whose a private task would be.")
	}
	return nil
}

// mayUseRun keeps the run of a private task from those who know its name alone: with a key that many share, the server's
// own or the simulator's, upstream would tell them all of it. A key of one's own is upstream's to judge.
func (s Service) mayUseRun(ctx context.Context, v taskyard.Viewer, upstream, name string, sharedKey bool) error {
	if name == "" || !sharedKey {
		return nil
	}
	if upstream == "" {
		upstream = s.Service.Upstreams()[0].Name
	}
	t, err := s.tasks.OfRun(ctx, upstream, name)
	if errors.Is(err, taskyard.ErrNotFound) || err == nil && v.MayRead(t) {
		return nil
	}
	if err != nil {
		return err
	}
	return &taskyard.Error{Code: taskyard.CodeNotFound, Field: "runId", Message: "There is no such run."}
}

// Import makes a task of whoever asks.
func (s Service) Import(ctx context.Context, what taskyard.Import) (taskyard.Task, bool, error) {
	v, err := needs(ctx, taskyard.RoleRun)
	if err != nil {
		return taskyard.Task{}, false, err
	}
	if err := s.mayMake(v, what.Visibility); err != nil {
		return taskyard.Task{}, false, err
	}
	if err := s.mayUseRun(ctx, v, what.Upstream, what.RunID, what.APIKey.IsZero()); err != nil {
		return taskyard.Task{}, false, err
	}
	what.Owner = v.ID
	return s.Service.Import(ctx, what)
}

// SubmitAgain sends a task of whoever asks again.
func (s Service) SubmitAgain(ctx context.Context, id string) (taskyard.Task, error) {
	if err := mayChange(ctx, s.tasks, id); err != nil {
		return taskyard.Task{}, err
	}
	return s.Service.SubmitAgain(ctx, id)
}

// Cancel ends a task of whoever asks.
func (s Service) Cancel(ctx context.Context, id string) (taskyard.Task, error) {
	if err := mayChange(ctx, s.tasks, id); err != nil {
		return taskyard.Task{}, err
	}
	return s.Service.Cancel(ctx, id)
}

// Delete removes a task of whoever asks.
func (s Service) Delete(ctx context.Context, id string) error {
	if err := mayChange(ctx, s.tasks, id); err != nil {
		return err
	}
	return s.Service.Delete(ctx, id)
}

// recheck is how often a reader who follows a task is asked again whether they may.
const recheck = 10 * time.Second

// Live follows what whoever asks may read.
type Live struct {
	taskyard.Live
	tasks taskyard.Store
}

// Watch stands before the live logs.
func Watch(l taskyard.Live, tasks taskyard.Store) Live { return Live{l, tasks} }

// Tail follows a task that may be read.
func (l Live) Tail(ctx context.Context, id string, after int64) (taskyard.Tail, error) {
	guard := Guard{l.tasks}
	if _, err := guard.Task(ctx, id); err != nil {
		return nil, err
	}
	t, err := l.Live.Tail(ctx, id, after)
	if err != nil {
		return nil, err
	}
	return &tail{Tail: t, guard: guard, id: id, asked: time.Now()}, nil
}

type tail struct {
	taskyard.Tail
	guard Guard
	id    string
	asked time.Time
}

// Next ends, as at a deletion, soon after the task may not be read any more.
func (t *tail) Next(ctx context.Context, wait time.Duration) ([]taskyard.Event, error) {
	events, err := t.Tail.Next(ctx, wait)
	if err != nil || time.Since(t.asked) < recheck {
		return events, err
	}
	t.asked = time.Now()
	if err := still(ctx); err != nil {
		return nil, err
	}
	if _, err := t.guard.Task(ctx, t.id); err != nil {
		return nil, err
	}
	return events, nil
}

type stillKey struct{}

// still returns why whoever began to follow something may not go on: their token was revoked, or they signed out.
func still(ctx context.Context) error {
	ask, ok := ctx.Value(stillKey{}).(func(context.Context) (taskyard.Viewer, error))
	if !ok {
		return nil
	}
	was, err := asking(ctx)
	if err != nil {
		return err
	}
	now, err := ask(ctx)
	if err != nil {
		return err
	}
	if now.ID != was.ID || now.Role != was.Role {
		return taskyard.Errorf(taskyard.CodeUnauthorized, "You are not signed in any more.")
	}
	return nil
}

// Changes follows the list, for those who may see lists. What they may not see, a look at the task says.
func (l Live) Changes() taskyard.Changes { return &changes{l.Live.Changes(), time.Now()} }

type changes struct {
	taskyard.Changes
	asked time.Time
}

// Next is refused to whoever may see no list.
func (c *changes) Next(ctx context.Context, wait time.Duration) ([]string, error) {
	if _, err := needs(ctx, taskyard.RoleView); err != nil {
		return nil, err
	}
	ids, err := c.Changes.Next(ctx, wait)
	if err != nil || time.Since(c.asked) < recheck {
		return ids, err
	}
	c.asked = time.Now()
	return ids, still(ctx)
}
