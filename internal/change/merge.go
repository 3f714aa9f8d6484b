package change

import (
	"bytes"
	"encoding/json"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/openjson"
)

// Merge applies a JSON merge patch (RFC 7396) to a JSON text and returns the
// result, for ReadOrder or ReadShipment. An array, such as that of an order's
// lines, is replaced as a whole. The error, a *hook.Error of fault Invalid, is
// about the patch: target is the JSON of a state.
func Merge(target, patch []byte) ([]byte, error) {
	var problem struct{}
	if problems := openjson.Decode(patch, &problem); len(problems) > 0 {
		return nil, hook.InvalidField(problems[0].Field, "the patch %s", problems[0].Reason)
	}
	merged, err := merge(target, patch)
	if err != nil {
		return nil, hook.InvalidField("", "the patch can't be applied: %s", err)
	}
	return merged, nil
}

// merge is MergePatch of RFC 7396, section 2.
func merge(target, patch json.RawMessage) (json.RawMessage, error) {
	if !isObject(patch) {
		return patch, nil
	}
	var changes map[string]json.RawMessage
	if err := json.Unmarshal(patch, &changes); err != nil {
		return nil, err
	}
	result := make(map[string]json.RawMessage)
	if isObject(target) {
		if err := json.Unmarshal(target, &result); err != nil {
			return nil, err
		}
	}
	for name, value := range changes {
		if string(value) == "null" {
			delete(result, name)
			continue
		}
		merged, err := merge(result[name], value)
		if err != nil {
			return nil, err
		}
		result[name] = merged
	}
	return json.Marshal(result)
}

func isObject(raw []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("{"))
}
