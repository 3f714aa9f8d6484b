package spec_test

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/openjson"
	"github.com/waybillhq/waybill/internal/partner"
	"github.com/waybillhq/waybill/internal/spec/spectest"
	"github.com/waybillhq/waybill/internal/trade"
)

// What receivers can call is served, under these methods and paths.
func TestCallsAreServed(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	(&partner.Server{}).Mount(mux)
	s := spectest.Named(t, "receiver-calls")
	for _, op := range s.Operations {
		req, err := http.NewRequestWithContext(t.Context(), op.Method, strings.NewReplacer("{", "", "}", "").Replace(op.Path), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, pattern := mux.Handler(req); !strings.HasPrefix(pattern, op.Method+" ") {
			t.Errorf("%s %s is served by %q", op.Method, op.Path, pattern)
		}
	}
}

// What package partner reads and writes besides has the members that are described.
func TestCallsHaveTheseMembers(t *testing.T) {
	t.Parallel()
	s := spectest.Named(t, "receiver-calls")
	for name, of := range map[string]reflect.Type{
		"OrderPoll": reflect.TypeFor[partner.Poll[trade.ProcessStatus]](), "OrderFilters": reflect.TypeFor[partner.PollFilters[trade.ProcessStatus]](),
		"OrderStatusFilter": reflect.TypeFor[partner.PollStatus[trade.ProcessStatus]](),
		"ShipmentPoll":      reflect.TypeFor[partner.Poll[trade.ShipmentStatus]](), "ShipmentFilters": reflect.TypeFor[partner.PollFilters[trade.ShipmentStatus]](),
		"ShipmentStatusFilter": reflect.TypeFor[partner.PollStatus[trade.ShipmentStatus]](), "FileMetadata": reflect.TypeFor[partner.Metadata](),
	} {
		var got, want []string
		for _, described := range s.Types {
			if described.Name == name {
				for _, m := range described.Members {
					got = append(got, m.Name)
				}
			}
		}
		members, _ := openjson.Members(of)
		for _, m := range members {
			want = append(want, m.Name)
		}
		if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
			t.Errorf("%s has the members %q, want %q", name, got, want)
		}
	}
}
