package spec_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/spec/spectest"
	"github.com/waybillhq/waybill/internal/trade"
)

// The pages for those who write receivers show bodies as they are described, and name
// every event type of theirs.
func TestPagesSayTheSame(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		page, spec, schema string
		family             trade.Family
	}{
		{"orders", "order-webhook", "OrderWebhook", trade.OrderEvents},
		{"shipments", "shipment-webhook", "ShipmentWebhook", trade.ShipmentEvents},
		{"document-notices", "document-notice", "DocumentNotice", trade.DocumentEvents},
	} {
		raw, err := os.ReadFile("../../docs/receivers/" + tt.page + ".md")
		if err != nil {
			t.Fatal(err)
		}
		page := string(raw)
		samples := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(page, -1)
		if len(samples) == 0 {
			t.Errorf("%s.md has no sample", tt.page)
		}
		for _, sample := range samples {
			if err := spectest.Component(t, tt.spec, tt.schema, true).Check([]byte(sample[1])); err != nil {
				t.Errorf("%s.md: %v", tt.page, err)
			}
		}
		for _, et := range trade.Catalogue() {
			if et.Family == tt.family && !strings.Contains(page, "`"+et.Name+"`") {
				t.Errorf("%s.md doesn't name %s", tt.page, et.Name)
			}
		}
	}
}
