package signin

import "github.com/taskyard/taskyard"

// maxKeyLength bounds a key, in characters, as app does for keys that are typed in.
const maxKeyLength = 512

// newKey takes what the provider gave for a key if it can be sent in a header. Only Parallel's API knows whether it is good.
func newKey(token string) (taskyard.Hidden, error) {
	if token == "" || len(token) > maxKeyLength {
		return taskyard.Hidden{}, distrust("the key that it gave has %d characters", len(token))
	}
	for _, c := range token {
		if c <= ' ' || c > '~' {
			return taskyard.Hidden{}, distrust("the key that it gave holds a sign that no key has")
		}
	}
	return taskyard.Hide(token), nil
}
