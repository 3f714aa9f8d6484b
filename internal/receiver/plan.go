package receiver

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Action is what a receiver does with a request.
type Action string

// The actions of a receiver.
const (
	Answer Action = "answer" // respond with a status
	Hang   Action = "hang"   // never respond, until the client goes
	Cut    Action = "cut"    // close the connection without a response
)

const (
	maxDelay = time.Hour
	maxCount = 1_000_000
)

// Step is what a receiver does with one or more requests.
type Step struct {
	Action Action
	Status int           // of an Answer: 200 to 599
	Count  int           // requests, at least 1; of the last step it has no meaning and is 0
	Delay  time.Duration // before the action, up to an hour
	Flaky  float64       // share of requests that are answered 503 instead, from 0 to 1
}

// Plan is what a receiver does with its requests, in order. The zero value
// answers all of them with 200. It never changes.
type Plan struct {
	steps []Step
}

// ParsePlan reads a plan from text:
//
//	plan    = step *("," step)        the last step goes on for ever
//	step    = action [count] *setting | setting *setting
//	action  = status | "hang" | "cut" 200 if left out
//	status  = "200" to "599"
//	count   = "x" number              how many requests; 1 if left out
//	setting = "delay=" duration | "flaky=" share
//
// The parts of a step are separated by spaces, but a count follows its action at
// once. So "503x3,200" fails three times and then works, "200 delay=4s" is slow,
// "flaky=0.2" fails one time in five, and "hang" and "cut" never answer. An error
// names the part that is wrong and what to write instead.
func ParsePlan(text string) (Plan, error) {
	var p Plan
	parts := strings.Split(text, ",")
	for i, part := range parts {
		s, err := parseStep(part, i == len(parts)-1)
		if err != nil {
			return Plan{}, fmt.Errorf("step %d of the plan, %q: %w", i+1, strings.TrimSpace(part), err)
		}
		p.steps = append(p.steps, s)
	}
	return p, nil
}

// At returns the step for the n-th request, counted from 0.
func (p Plan) At(n int) Step {
	for _, s := range p.steps {
		if s.Count == 0 || n < s.Count {
			return s
		}
		n -= s.Count
	}
	return Step{Action: Answer, Status: http.StatusOK}
}

// String writes the plan as ParsePlan reads it.
func (p Plan) String() string {
	if len(p.steps) == 0 {
		return "200"
	}
	var b strings.Builder
	for i, s := range p.steps {
		if i > 0 {
			b.WriteByte(',')
		}
		if s.Action == Answer {
			b.WriteString(strconv.Itoa(s.Status))
		} else {
			b.WriteString(string(s.Action))
		}
		if s.Count > 1 {
			b.WriteString("x" + strconv.Itoa(s.Count))
		}
		if s.Delay > 0 {
			b.WriteString(" delay=" + s.Delay.String())
		}
		if s.Flaky > 0 {
			b.WriteString(" flaky=" + strconv.FormatFloat(s.Flaky, 'g', -1, 64))
		}
	}
	return b.String()
}

func parseStep(text string, last bool) (Step, error) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return Step{}, errors.New(`is empty; write a status such as 200, "hang" or "cut"`)
	}
	s := Step{Action: Answer, Status: http.StatusOK, Count: 1}
	if !strings.Contains(words[0], "=") {
		if err := s.parseAction(words[0], last); err != nil {
			return Step{}, err
		}
		words = words[1:]
	}
	if last {
		s.Count = 0
	}
	var seen []string
	for _, w := range words {
		name, value, _ := strings.Cut(w, "=")
		if slices.Contains(seen, name) {
			return Step{}, fmt.Errorf("%s is there twice; leave one of them out", name)
		}
		seen = append(seen, name)
		if err := s.parseSetting(name, value); err != nil {
			return Step{}, err
		}
	}
	return s, nil
}

func (s *Step) parseAction(word string, last bool) error {
	action, count, counted := strings.Cut(word, "x")
	switch action {
	case string(Hang), string(Cut):
		s.Action, s.Status = Action(action), 0
	default:
		n, err := strconv.ParseUint(action, 10, 16)
		if err != nil || n < 200 || n > 599 || len(action) != 3 {
			return fmt.Errorf(`%q is not an action; write a status from 200 to 599, "hang" or "cut"`, action)
		}
		s.Status = int(n)
	}
	if !counted {
		return nil
	}
	n, err := strconv.ParseUint(count, 10, 32)
	switch {
	case err != nil || n < 1 || n > maxCount:
		return fmt.Errorf("%q is not a count; write a number from 1 to %d after the x", count, maxCount)
	case last:
		return fmt.Errorf("x%s has no meaning, since the last step goes on for ever; "+
			"leave it out, or add a step after it, such as %s,200", count, word)
	}
	s.Count = int(n)
	return nil
}

func (s *Step) parseSetting(name, value string) error {
	switch name {
	case "delay":
		d, err := time.ParseDuration(value)
		if err != nil || d < 0 || d > maxDelay {
			return fmt.Errorf("%q is not a delay; write one up to an hour, such as delay=4s or delay=200ms", value)
		}
		s.Delay = d
	case "flaky":
		f, err := strconv.ParseFloat(value, 64)
		if err != nil || !(f >= 0 && f <= 1) {
			return fmt.Errorf("%q is not a share of requests; write a number from 0 to 1, such as flaky=0.2", value)
		}
		s.Flaky = f
	default:
		return fmt.Errorf("%q is not a setting; the settings are delay=4s and flaky=0.2", name)
	}
	return nil
}
