package snippet

import (
	"errors"
	"net/url"
	"strings"

	"github.com/taskyard/taskyard/parallel"
)

const parallelURL = parallel.DefaultBaseURL

// checkBase returns the base URL without a slash at its end. What is wrong with it is said without it: it may hold
// credentials.
func checkBase(address string) (string, error) {
	if address == "" {
		return parallelURL, nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", errors.New("the base URL is no address that begins with http:// or https://")
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return "", errors.New("the base URL must have no credentials, query or fragment")
	}
	return strings.TrimRight(u.String(), "/"), nil
}
