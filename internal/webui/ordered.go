package webui

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// member is one field of a JSON object. Upstream's order is kept: it is that of the schema that was asked for.
type member struct {
	Name string
	Raw  json.RawMessage
}

// members splits an object into its fields, in order, without decoding their values.
func members(raw json.RawMessage) ([]member, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if err := expect(dec, '{'); err != nil {
		return nil, err
	}
	var list []member
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, err
		}
		m := member{Name: name.(string)} // the decoder accepts nothing else here
		if err := dec.Decode(&m.Raw); err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
}

// elements splits an array.
func elements(raw json.RawMessage) ([]json.RawMessage, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, err
	}
	return list, nil
}

func expect(dec *json.Decoder, want json.Delim) error {
	token, err := dec.Token()
	if err != nil {
		return err
	}
	if token != want {
		return fmt.Errorf("expected %v, found %v", want, token)
	}
	return nil
}

// isObject and isArray look at the first sign only; the value is known to be valid JSON.
func isObject(raw json.RawMessage) bool { return firstByte(raw) == '{' }
func isArray(raw json.RawMessage) bool  { return firstByte(raw) == '[' }

func firstByte(raw json.RawMessage) byte {
	if raw = bytes.TrimSpace(raw); len(raw) > 0 {
		return raw[0]
	}
	return 0
}
