package hook

import "time"

// RetryPreset names a retry policy.
type RetryPreset string

// The presets. docs/delivery.md says what each means.
const (
	TenTimes        RetryPreset = "ten-times"         // any answer but 2xx, 10 times over about a day
	StatusRules     RetryPreset = "status-rules"      // 4xx and 500 never, above 500 for ever
	StatusRules2024 RetryPreset = "status-rules-2024" // the same before July 2025: 5xx for ever
	CustomRetry     RetryPreset = "custom"            // as Retry.Custom says
)

// Retry is a hook's retry policy. The zero value means TenTimes. Its JSON is how
// it is stored, with durations in nanoseconds.
type Retry struct {
	Preset RetryPreset `json:"preset,omitempty"`
	Custom RetryRules  `json:"custom,omitzero"` // of CustomRetry
}

// RetryRules say when and for how long a delivery is retried, and what answers
// mean.
type RetryRules struct {
	First    time.Duration      `json:"first"`              // wait before the first retry
	Factor   float64            `json:"factor"`             // each wait is so many times the one before
	Longest  time.Duration      `json:"longest"`            // no wait is longer, unless the receiver asks for it
	Jitter   float64            `json:"jitter"`             // part of a wait by which chance moves it up or down
	Retries  int                `json:"retries"`            // after the first attempt; or Endless
	Deadline time.Duration      `json:"deadline,omitempty"` // no attempt is later than so long after the delivery was created; 0 if any may be
	Answers  map[string]Meaning `json:"answers,omitempty"`  // by status, such as "404", or class, such as "4xx"; a status goes before its class
}

// Endless is the number of retries of a delivery that is never given up.
const Endless = -1

// Meaning is what an answer means for the delivery. Where RetryRules are silent,
// 2xx means MeansDelivered, and all else MeansTemporary.
type Meaning string

// The meanings of an answer.
const (
	MeansDelivered Meaning = "delivered" // the receiver accepted it
	MeansTemporary Meaning = "temporary" // it is retried while the rules allow
	MeansAlert     Meaning = "alert"     // the same, and a person should look at it meanwhile
	MeansFailed    Meaning = "failed"    // it is given up
)
