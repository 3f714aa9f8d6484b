package receiver_test

import (
	"strings"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/receiver"
)

func TestParsePlan(t *testing.T) {
	t.Parallel()
	ok := receiver.Step{Action: receiver.Answer, Status: 200}
	for text, want := range map[string][]receiver.Step{ // what the first requests get
		"200":     {ok, ok},
		" 204 ":   {{Action: receiver.Answer, Status: 204}},
		"hang":    {{Action: receiver.Hang}, {Action: receiver.Hang}},
		"cut":     {{Action: receiver.Cut}},
		"503,200": {{Action: receiver.Answer, Status: 503, Count: 1}, ok, ok},
		"503x3, 200": {
			{Action: receiver.Answer, Status: 503, Count: 3},
			{Action: receiver.Answer, Status: 503, Count: 3},
			{Action: receiver.Answer, Status: 503, Count: 3},
			ok, ok,
		},
		"cutx1,hangx1,410":       {{Action: receiver.Cut, Count: 1}, {Action: receiver.Hang, Count: 1}, {Action: receiver.Answer, Status: 410}},
		"delay=4s":               {{Action: receiver.Answer, Status: 200, Delay: 4 * time.Second}},
		"200 delay=4s flaky=0.2": {{Action: receiver.Answer, Status: 200, Delay: 4 * time.Second, Flaky: 0.2}},
		"flaky=1,cut delay=1ms":  {{Action: receiver.Answer, Status: 200, Count: 1, Flaky: 1}, {Action: receiver.Cut, Delay: time.Millisecond}},
	} {
		p, err := receiver.ParsePlan(text)
		if err != nil {
			t.Errorf("ParsePlan(%q) = %v", text, err)
			continue
		}
		for n, w := range want {
			if got := p.At(n); got != w {
				t.Errorf("ParsePlan(%q).At(%d) = %+v, want %+v", text, n, got, w)
			}
		}
	}
	if got := (receiver.Plan{}).At(7); got != ok {
		t.Errorf("Plan{}.At(7) = %+v, want %+v", got, ok)
	}
}

func TestParsePlanNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                      `step 1 of the plan, "": is empty`,
		"200,":                  `step 2 of the plan, "": is empty`,
		"20":                    `"20" is not an action; write a status from 200 to 599`,
		"100":                   `"100" is not an action`,
		"600":                   `"600" is not an action`,
		"0200":                  `"0200" is not an action`,
		"explode":               `"e" is not an action`,
		"503x3":                 "add a step after it, such as 503x3,200",
		"503x,200":              `"" is not a count`,
		"503x0,200":             `"0" is not a count`,
		"503x-1,200":            `"-1" is not a count`,
		"503x9999999,200":       "is not a count; write a number from 1 to 1000000",
		"200 delay=long":        `"long" is not a delay`,
		"200 delay=-1s":         `"-1s" is not a delay`,
		"200 delay=2h":          "one up to an hour",
		"200 delay":             `"" is not a delay`,
		"flaky=20%":             `"20%" is not a share`,
		"flaky=1.1":             `"1.1" is not a share`,
		"flaky=NaN":             `"NaN" is not a share`,
		"200 delay=1s delay=2s": "delay is there twice",
		"200 retry=4":           `"retry" is not a setting; the settings are`,
		"200 503":               `"503" is not a setting`,
	} {
		if _, err := receiver.ParsePlan(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParsePlan(%q) = %v, want an error with %q", text, err, want)
		}
	}
}

func FuzzParsePlan(f *testing.F) {
	for _, s := range []string{"503x3,200", "200 delay=4s flaky=0.2", "hangx2,cut", "delay=1ms,599", "flaky=-0", ","} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := receiver.ParsePlan(text)
		if err != nil {
			return
		}
		again, err := receiver.ParsePlan(p.String())
		if err != nil || again.String() != p.String() {
			t.Fatalf("ParsePlan(%q) is written as %q, and that is read as %q, %v", text, p, again, err)
		}
		for n := range 5 {
			s := p.At(n)
			if s != again.At(n) {
				t.Errorf("At(%d) = %+v, want %+v", n, again.At(n), s)
			}
			if (s.Action == receiver.Answer) != (s.Status >= 200 && s.Status <= 599) || s.Delay < 0 || s.Delay > time.Hour {
				t.Errorf("ParsePlan(%q).At(%d) = %+v", text, n, s)
			}
		}
	})
}
