package render

import (
	"sync"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

// zones holds the time zones used so far, *time.Location by name. Reading one
// from the system takes several times as long as making a body. There are only
// as many as the system knows, since no others are kept.
//
//nolint:gochecknoglobals // a cache of constants, the same for every caller.
var zones sync.Map

// zone returns the time zone with the given IANA name. "" and "Local", which
// the standard library takes for UTC and the machine's own, are errors here: a
// wrong time in a payload must not come from a forgotten setting.
func zone(name string) (*time.Location, error) {
	if z, ok := zones.Load(name); ok {
		return z.(*time.Location), nil
	}
	z, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, hook.Errorf(hook.Invalid,
			"the company's time zone %.80q is not known here; set an IANA name such as \"Europe/Berlin\"", name)
	}
	zones.Store(name, z)
	return z, nil
}
