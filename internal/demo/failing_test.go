package demo

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/receiver"
)

func TestRunOnceSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	for plan, want := range map[string][]string{
		"503": {"ORDER: its answer is 503, want 200", "INVOICE: it has arrived, but its delivery is waiting"},
		"cut": {"ORDER: its answer is 0, want 200"},
		"hang": {
			"ORDER: it has arrived, but its delivery is sending",
			"ProductChanged: its answer is 0, want 200",
		},
	} {
		t.Run("when the receiver's plan is "+plan, func(t *testing.T) {
			t.Parallel()
			parsed, err := receiver.ParsePlan(plan)
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			err = Run(t.Context(), Options{
				Once: true, Out: &out, Log: slog.New(slog.DiscardHandler), Version: "test",
				limit: 1500 * time.Millisecond, plan: parsed,
			})
			for _, part := range want {
				if err == nil || !strings.Contains(err.Error(), part) {
					t.Errorf("Run = %v, want %q in it", err, part)
				}
			}
			if strings.Contains(out.String(), "arrived intact") {
				t.Error("Run wrote that all arrived intact")
			}
		})
	}
}
