package main

import (
	"encoding/json"
	"os/exec"
	"testing"
)

// What the benchmark says of long queues is only looked at now and then; that it can
// still say it, always.
func TestBenchOfLongQueues(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			t.Run("a queue that has grown", func(t *testing.T) {
				t.Parallel()
				var got struct {
					Waiting, Settled int
					Steps            []struct {
						Name  string
						Ratio float64
					}
				}
				benchJSON(t, &got, "--engine="+engine, "--grown", "--waiting=4000", "--settled=40000", "--rounds=3")
				if got.Waiting != 4000 || got.Settled != 40000 || len(got.Steps) < 20 {
					t.Errorf("bench --grown tells %+v, want what it was asked for and all steps", got)
				}
				for _, s := range got.Steps {
					if s.Ratio <= 0 {
						t.Errorf("%q took %f times as long when full, want more than 0", s.Name, s.Ratio)
					}
				}
			})
			t.Run("a job that cancels", func(t *testing.T) {
				t.Parallel()
				var got struct {
					Cancelled, Events, Lost int
					Ratio                   float64
				}
				benchJSON(t, &got, "--engine="+engine, "--cancel=1200", "--rate=50")
				if got.Cancelled != 1200 || got.Events == 0 || got.Lost != 0 || got.Ratio <= 0 {
					t.Errorf("bench --cancel tells %+v, want 1200 cancelled and nothing lost", got)
				}
			})
		})
	}
}

// benchJSON runs the benchmark and reads its one report.
func benchJSON(t *testing.T, report any, args ...string) {
	t.Helper()
	path, err := waybill()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, append([]string{"bench", "--json"}, args...)...)
	cmd.Stderr = t.Output()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("bench %q: %v", args, err)
	}
	if err := json.Unmarshal(out, report); err != nil {
		t.Fatalf("bench %q printed %q: %v", args, out, err)
	}
}
