package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// role is what a process of the harness's own does: the far end of the streams, a floor, the viewers. Each is a process,
// so that the system tells its costs apart. It answers lines of its input with lines of JSON, and ends with its input.
type role interface {
	at() string // where it listens, "" if it does not
	answer(command string) (any, error)
}

// served is a role that has an address.
type served struct {
	address string
	reply   func(command string) (any, error)
}

func (s served) at() string                         { return s.address }
func (s served) answer(command string) (any, error) { return s.reply(command) }

// roles by the name that is the first argument of such a process.
var roles = map[string]func(context.Context, []string) (role, error){
	"upstream":  upstreamRole,
	"reader":    readerRole,
	"broadcast": broadcastRole,
	"viewers":   viewersRole,
}

// roleMark as the first argument makes this program one of its roles.
const roleMark = "as"

// reply is a line of a role's.
type reply struct {
	Error  string          `json:"error,omitempty"`
	Answer json.RawMessage `json:"answer,omitempty"`
}

// playRole is the main function of a role.
func playRole(args []string, in io.Reader, out io.Writer) error {
	begin := roles[args[0]]
	if begin == nil {
		return fmt.Errorf("there is no role %s", args[0])
	}
	if _, err := raiseFiles(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r, err := begin(ctx, args[1:])
	if err != nil {
		return say(out, nil, err)
	}
	if err := say(out, r.at(), nil); err != nil {
		return err
	}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		answer, err := r.answer(lines.Text())
		if err := say(out, answer, err); err != nil {
			return err
		}
	}
	return lines.Err()
}

func say(out io.Writer, answer any, failed error) error {
	line := reply{}
	if failed != nil {
		line.Error = failed.Error()
	}
	var err error
	if line.Answer, err = json.Marshal(answer); err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(line)
}

// helper is a process with a role, from the other side.
type helper struct {
	*process
	address string
	in      io.WriteCloser
	out     *json.Decoder
}

// help starts a process with a role, and returns when it is ready.
func help(name string, args ...string) (*helper, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(context.Background(), self, append([]string{roleMark, name}, args...)...)
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, write := io.Pipe()
	h := &helper{in: in, out: json.NewDecoder(out)}
	if h.process, err = launch(cmd, write); err != nil {
		return nil, err
	}
	go func() { // ends with the process
		<-h.done
		_ = write.CloseWithError(errors.New("it ended: " + h.said.String()))
	}()
	if err := h.read(&h.address); err != nil {
		return nil, errors.Join(fmt.Errorf("start the %s: %w", name, err), h.stop())
	}
	return h, nil
}

// ask sends a command and reads what it is answered into answer, if that is not nil.
func (h *helper) ask(command string, answer any) error {
	if _, err := io.WriteString(h.in, command+"\n"); err != nil {
		return fmt.Errorf("%w: %s", err, h.said)
	}
	return h.read(answer)
}

func (h *helper) read(answer any) error {
	var line reply
	if err := h.out.Decode(&line); err != nil {
		return err
	}
	if line.Error != "" {
		return errors.New(line.Error)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(line.Answer, answer)
}

func (h *helper) stop() error {
	_ = h.in.Close() // ends it
	return h.await(10 * time.Second)
}
