package certificate_test

import (
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/certificate"
	"github.com/waybillhq/waybill/internal/hook"
)

func TestExpiry(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, tt := range []struct {
		left time.Duration
		want certificate.Warning
	}{
		{31 * day, certificate.NoWarning},
		{30*day + 1, certificate.NoWarning},
		{30 * day, certificate.Month},
		{7*day + 1, certificate.Month},
		{7 * day, certificate.Week},
		{day + 1, certificate.Week},
		{day, certificate.Day},
		{0, certificate.Day},
		{-1, certificate.Expired},
		{-1000 * day, certificate.Expired},
	} {
		c := hook.Certificate{Chain: "some", NotAfter: now.Add(tt.left)}
		if got := certificate.Expiry(c, now); got != tt.want {
			t.Errorf("Expiry with %v left = %d, want %d", tt.left, got, tt.want)
		}
	}
	if got := certificate.Expiry(hook.Certificate{}, now); got != certificate.NoWarning {
		t.Errorf("Expiry without a certificate = %d, want no warning", got)
	}
}
