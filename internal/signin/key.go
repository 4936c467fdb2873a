package signin

// Key is an API key that a user let this server have. It does not print.
type Key struct {
	hidden
	value *string // nil: no key
}

// Reveal returns the key itself.
func (k Key) Reveal() string {
	if k.value == nil {
		return ""
	}
	return *k.value
}

// maxKeyLength bounds a key, in characters, as app does for keys that are typed in.
const maxKeyLength = 512

// newKey takes what the provider gave for a key if it can be sent in a header. Only Parallel's API knows whether it is good.
func newKey(token string) (Key, error) {
	if token == "" || len(token) > maxKeyLength {
		return Key{}, distrust("the key that it gave has %d characters", len(token))
	}
	for _, c := range token {
		if c <= ' ' || c > '~' {
			return Key{}, distrust("the key that it gave holds a sign that no key has")
		}
	}
	return Key{value: &token}, nil
}
