package deliver

import (
	"math"
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	known := pace{usual: 100 * time.Millisecond, answers: someAnswers}
	with := func(speed float64) pace { p := known; p.speed = speed; return p }
	for name, tt := range map[string]struct {
		pace     pace
		troubled bool
		took     time.Duration
		want     float64
	}{
		"full speed stays":                      {with(0), false, 0, 0},
		"trouble halves full speed":             {with(0), true, time.Second, 8},
		"trouble halves":                        {with(8), true, time.Second, 4},
		"below one request come gaps":           {with(1), true, time.Second, 0.5},
		"there is a slowest":                    {with(slowest), true, time.Second, slowest},
		"one that goes well adds its part":      {with(4), false, 0, 4.25},
		"out of the gaps it is a sixteenth":     {with(0.5), false, 0, 0.5625},
		"up to one":                             {with(0.99), false, 0, 1},
		"at the top it is full":                 {with(15.95), false, 0, 0},
		"a slow answer halves":                  {with(8), false, 1100 * time.Millisecond, 4},
		"but makes no gaps":                     {with(1), false, 1100 * time.Millisecond, 1},
		"nor does it lift what is slow":         {with(0.5), false, 1100 * time.Millisecond, 0.5},
		"up to a second no answer is slow":      {with(4), false, time.Second, 4.25},
		"without knowing what is usual, nor is": {pace{speed: 4}, false, time.Minute, 4.25},
	} {
		got := tt.pace.after(tt.troubled, at.Add(-tt.took), at, 16)
		if math.Abs(got.speed-tt.want) > 1e-9 {
			t.Errorf("%s: speed %g, want %g", name, got.speed, tt.want)
		}
	}
	// Of requests that were under way together, one cuts.
	p := pace{}
	for i := range 16 {
		p = p.after(true, at, at.Add(time.Duration(i+1)*time.Millisecond), 16)
	}
	if p.speed != 8 {
		t.Errorf("after a round of trouble the speed is %g, want 8", p.speed)
	}
	// Who is slower for good is taken as it is.
	p = known
	for i := range 200 {
		now := at.Add(time.Duration(i) * time.Minute)
		p = p.after(false, now.Add(-2*time.Second), now, 16)
	}
	if p.speed != 0 {
		t.Errorf("after many answers of the same time the speed is %g, want full", p.speed)
	}
}

func TestPaceInNumbers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		speed float64
		width int
		gap   time.Duration
		share float64
	}{
		{0, 16, 0, 1},
		{7.9, 7, 0, 7.9 / 16},
		{1, 1, 0, leastShare},
		{0.5, 1, 200 * time.Millisecond, leastShare},
		{slowest, 1, 6400 * time.Millisecond, leastShare},
	} {
		p := pace{speed: tt.speed}
		if w, g, s := p.width(16), p.gap(), p.share(16); w != tt.width || g != tt.gap || s != tt.share {
			t.Errorf("speed %g: width %d, gap %v, share %g; want %d, %v, %g", tt.speed, w, g, s, tt.width, tt.gap, tt.share)
		}
	}
}

func TestBucket(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		bucket          bucket
		perSecond, most float64
		tokens          float64
		ready           time.Duration
	}{
		"new, it is full":              {bucket{}, 2, 5, 5, 0},
		"it fills with time":           {bucket{1, at.Add(-time.Second)}, 2, 5, 3, 0},
		"not beyond what it holds":     {bucket{1, at.Add(-time.Hour)}, 2, 5, 5, 0},
		"not when the clock goes back": {bucket{1, at.Add(time.Hour)}, 2, 5, 1, 0},
		"empty, it waits":              {bucket{0, at}, 2, 5, 0, 500*time.Millisecond + time.Microsecond},
		"and for some if it is quick":  {bucket{0, at}, 1000, 100, 0, 10*time.Millisecond + time.Microsecond},
	} {
		b := tt.bucket.filled(at, tt.perSecond, tt.most)
		if r := tt.bucket.ready(at, tt.perSecond, tt.most).Sub(at); b.tokens != tt.tokens || r != tt.ready {
			t.Errorf("%s: %g tokens, ready after %v, want %g after %v", name, b.tokens, r, tt.tokens, tt.ready)
		}
	}
}

func TestCircuit(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	failing := func(n int, since time.Duration) circuit { return circuit{failures: n, since: at.Add(-since)} }
	open := circuit{open: true, failures: 10, since: at.Add(-time.Hour), turned: at.Add(-time.Minute), wait: 4 * time.Minute}
	late := open
	late.wait = lastProbe
	for name, tt := range map[string]struct {
		circuit  circuit
		troubled bool
		began    time.Duration // ago
		open     bool
		turned   bool
		wait     time.Duration
	}{
		"a success":                           {circuit{}, false, 0, false, false, 0},
		"a failure":                           {circuit{}, true, 0, false, false, 0},
		"the tenth, soon":                     {failing(9, 29*time.Second), true, 0, false, false, 0},
		"the ninth, after long":               {failing(8, time.Hour), true, 0, false, false, 0},
		"the tenth, after 30 seconds":         {failing(9, 30*time.Second), true, 0, true, true, firstProbe},
		"a success among failures":            {failing(9, time.Hour), false, 0, false, false, 0},
		"a probe that fails":                  {open, true, time.Second, true, true, 8 * time.Minute},
		"a probe that fails after long":       {late, true, time.Second, true, true, lastProbe},
		"a failure from before it was opened": {open, true, 2 * time.Minute, true, false, 4 * time.Minute},
		"a probe that goes well":              {open, false, time.Second, false, true, 0},
		"a success from before it was opened": {open, false, 2 * time.Minute, false, true, 0},
	} {
		got, turned := tt.circuit.after(tt.troubled, at.Add(-tt.began), at, "no answer", 0.5)
		if got.open != tt.open || turned != tt.turned || got.wait != tt.wait {
			t.Errorf("%s: open %t, turned %t, wait %v; want %t, %t, %v", name, got.open, turned, got.wait, tt.open, tt.turned, tt.wait)
		}
		if turned && got.open && got.probe != at.Add(got.wait) {
			t.Errorf("%s: the next probe comes after %v, want %v", name, got.probe.Sub(at), got.wait)
		}
		if !tt.troubled && (got.success != at || got.failures != 0) {
			t.Errorf("%s: %+v, want a success and no failures", name, got)
		}
	}
	got, _ := failing(9, time.Hour).after(true, at, at, "no answer", 0)
	if got.probe != at.Add(firstProbe*9/10) {
		t.Errorf("by chance the first probe comes after %v, want 27s", got.probe.Sub(at))
	}
}
