package change

import (
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/openjson"
)

// Merge applies a JSON merge patch (RFC 7396) to a JSON text and returns the
// result, for ReadOrder or ReadShipment. An array, such as that of an order's
// lines, is replaced as a whole. The error, a *hook.Error of fault Invalid, is
// about the patch: target is the JSON of a state.
func Merge(target, patch []byte) ([]byte, error) {
	merged, err := openjson.Merge(target, patch)
	if err != nil {
		return nil, hook.InvalidField("", "the patch %s", err)
	}
	return merged, nil
}
