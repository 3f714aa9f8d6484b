package config

// Telemetry is the settings of how the server is watched, as they are written. Its
// fields are flags for github.com/alecthomas/kong.
type Telemetry struct {
	MetricsListen    string `env:"WAYBILL_METRICS_LISTEN" placeholder:"HOST:PORT" help:"Address where GET /metrics answers without a key, for Prometheus alone. Without it, metrics are read at the API's address with the operator's key."`
	MetricsCompanies string `default:"200" env:"WAYBILL_METRICS_COMPANIES" placeholder:"NUMBER" help:"So many companies are named in metrics; the others are counted together."`
}

// readTelemetry reads the settings of how the server is watched into v.
func (r *reader) readTelemetry(t *Telemetry, v *Settings) {
	if t.MetricsListen != "" {
		v.MetricsListen = r.address("metrics-listen", t.MetricsListen)
	}
	v.MetricsCompanies = int(r.number("metrics-companies", t.MetricsCompanies, 1, 10_000))
}
