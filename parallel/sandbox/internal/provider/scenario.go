package provider

import (
	"fmt"
	"strings"
)

// The scenarios that the code below asks for.
const (
	ok          = "ok"
	denied      = "denied"
	serverFails = "server-error"
	expiredCode = "expired-code"
	wrongState  = "wrong-state"
	wrongIssuer = "wrong-issuer"
	noIssuer    = "no-issuer"
	tokenFails  = "token-error"
	badKey      = "bad-key"
)

// Choice is something that the page offers.
type Choice struct{ Name, Summary string }

// Scenarios are what can be made to go wrong, and nothing.
func Scenarios() []Choice {
	return []Choice{
		{ok, "nothing special"},
		{denied, "access is denied, as by the button"},
		{serverFails, "the provider answers with the error server_error"},
		{expiredCode, "the code has expired when it arrives"},
		{wrongState, "another state comes back"},
		{wrongIssuer, "the answer names another issuer"},
		{noIssuer, "the answer names no issuer"},
		{tokenFails, "the exchange of the code is answered with 500"},
		{badKey, "the key that comes back is none"},
	}
}

// Accounts are who one can sign in as.
func Accounts() []Choice {
	return []Choice{
		{"one", "Account one"},
		{"two", "Account two, which sees nothing of the first one's"},
		{"nocredit", "An account without credit: its runs are refused with 402"},
		{"invalid", "An account whose key is refused with 401"},
	}
}

func checkScenario(name string) error {
	var names []string
	for _, s := range Scenarios() {
		if s.Name == name {
			return nil
		}
		names = append(names, s.Name)
	}
	return fmt.Errorf("there is no such scenario for sign-in; there are %s", strings.Join(names, ", "))
}

func isAccount(name string) bool {
	for _, a := range Accounts() {
		if a.Name == name {
			return true
		}
	}
	return false
}
