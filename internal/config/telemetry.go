package config

import (
	"net/url"
	"strings"
)

// Telemetry is the settings of how the server is watched, as they are written. Its
// fields are flags for github.com/alecthomas/kong.
type Telemetry struct {
	MetricsListen    string `env:"WAYBILL_METRICS_LISTEN" placeholder:"HOST:PORT" help:"Address where GET /metrics answers without a key, for Prometheus alone. Without it, metrics are read at the API's address with the operator's key."`
	MetricsCompanies string `default:"200" env:"WAYBILL_METRICS_COMPANIES" placeholder:"NUMBER" help:"So many companies are named in metrics; the others are counted together."`
	TracesEndpoint   string `env:"WAYBILL_TRACES_ENDPOINT" placeholder:"URL" help:"Collector of OpenTelemetry that traces are sent to by OTLP over HTTP, such as http://127.0.0.1:4318. Without it, the one that OTEL_EXPORTER_OTLP_ENDPOINT names, or none."`
}

// readTelemetry reads the settings of how the server is watched into v.
func (r *reader) readTelemetry(t *Telemetry, v *Settings) {
	if t.MetricsListen != "" {
		v.MetricsListen = r.address("metrics-listen", t.MetricsListen)
	}
	v.MetricsCompanies = int(r.number("metrics-companies", t.MetricsCompanies, 1, 10_000))
	v.TracesEndpoint = r.collector("traces-endpoint", t.TracesEndpoint)
}

// collector reads the URL of a collector of traces; without a path, it has the
// usual one.
func (r *reader) collector(name, value string) string {
	if value == "" {
		return ""
	}
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		r.refuse(name, ShownDatabase(value), "it is not the URL of a collector; write one such as http://127.0.0.1:4318, "+
			"and credentials, if it wants some, into OTEL_EXPORTER_OTLP_HEADERS")
		return ""
	}
	if strings.Trim(u.Path, "/") == "" {
		u.Path = "/v1/traces"
	}
	return u.String()
}
