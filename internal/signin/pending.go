package signin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/taskyard/taskyard"
)

// Life is how long a sign-in may take, from Begin to Finish.
const Life = 10 * time.Minute

// maxPending bounds what is read as a Pending, in bytes: above what the longest addresses make of it. A usual one has
// some 350, so that it fits into a cookie when it is sealed.
const maxPending = 3000

// Pending is a sign-in that has begun. It holds secrets, so it does not print; MarshalBinary is for sealing it.
type Pending struct {
	taskyard.Unprintable
	kept kept
}

// kept is what a Pending is when it is sealed.
type kept struct {
	State    *string   `json:"state"` // pointers, as fmt looks into what is kept without asking
	Verifier *string   `json:"verifier"`
	Issuer   string    `json:"issuer"`
	Named    bool      `json:"named,omitempty"` // the issuer names itself in its answers
	Redirect string    `json:"redirect"`
	ClientID string    `json:"client"`
	Begun    time.Time `json:"begun"`
}

// MarshalBinary returns what the caller seals.
func (p Pending) MarshalBinary() ([]byte, error) {
	var data bytes.Buffer
	e := json.NewEncoder(&data)
	e.SetEscapeHTML(false) // & is in addresses
	err := e.Encode(p.kept)
	return data.Bytes(), err
}

// UnmarshalBinary reads what MarshalBinary made.
func (p *Pending) UnmarshalBinary(data []byte) error {
	if len(data) > maxPending {
		return fmt.Errorf("a pending sign-in has at most %d bytes", maxPending)
	}
	var read kept
	if json.Unmarshal(data, &read) != nil || !read.whole() {
		return errors.New("this is no pending sign-in") // what was wrong with it may be what it holds
	}
	p.kept = read
	return nil
}

func (k *kept) whole() bool {
	return k.State != nil && *k.State != "" && k.Verifier != nil && *k.Verifier != "" && k.Issuer != "" && k.Redirect != "" && k.ClientID != "" && !k.Begun.IsZero()
}

// RedirectURI is where the browser comes back to.
func (p Pending) RedirectURI() string { return p.kept.Redirect }

// Expires is when it is too late for Finish.
func (p Pending) Expires() time.Time { return p.kept.Begun.Add(Life) }

// timely reports whether the sign-in has begun and may still be finished. Clocks of two nodes may differ a little.
func (p Pending) timely(now time.Time) bool {
	const skew = time.Minute
	return p.kept.whole() && now.Before(p.Expires()) && now.After(p.kept.Begun.Add(-skew))
}
