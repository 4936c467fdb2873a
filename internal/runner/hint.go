package runner

const hintSealKey = "The task's key was sealed with another seal key. Start the server with that key, or submit the task again."

// hint says what a user can do about a status that upstream refused a call with (upstream.md, "Errors").
func hint(status int) string {
	switch status {
	case 401:
		return "Check the API key: Parallel did not accept it."
	case 402:
		return "Add credit to the Parallel account, or wait: running tasks reserve some of it."
	case 403:
		return "This key may not use this processor. Choose another, or ask for access."
	case 404:
		return "Parallel does not know this run, or this address is not its API."
	case 422:
		return "Change what the message names, and submit again."
	default:
		return ""
	}
}
