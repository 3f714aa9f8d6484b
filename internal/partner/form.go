package partner

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/waybillhq/waybill/internal/render/order"
)

// The media types of answers.
const (
	jsonType = "application/json"
	xmlType  = "application/xml"
)

// wantsXML reports whether a receiver wants an answer as XML: it prefers it to JSON,
// which whoever says nothing gets (RFC 9110, section 12.5.1). It is an error if it
// wants neither.
func wantsXML(r *http.Request) (bool, error) {
	accept := strings.Join(r.Header["Accept"], ",")
	if strings.TrimSpace(accept) == "" {
		return false, nil
	}
	json, xml := weight(accept, jsonType), weight(accept, xmlType)
	if json <= 0 && xml <= 0 {
		return false, &refusal{http.StatusNotAcceptable, "it can be had as " + jsonType + " or " + xmlType + "; send one of the two as Accept"}
	}
	return xml > json, nil
}

// weight returns how much a header wants a media type: by the most specific of the
// ranges that it is in; 0 if it isn't wanted. What can't be read is left out.
func weight(accept, mediaType string) float64 {
	family, _, _ := strings.Cut(mediaType, "/")
	best, found := 0.0, -1
	for member := range strings.SplitSeq(accept, ",") {
		name, parameters, err := mime.ParseMediaType(member)
		specific := map[string]int{"*/*": 0, family + "/*": 1, mediaType: 2}
		rank, ok := specific[name]
		if err != nil || !ok || rank < found {
			continue
		}
		q := 1.0
		if text, there := parameters["q"]; there {
			if q, err = strconv.ParseFloat(text, 64); err != nil {
				continue
			}
		}
		best, found = q, rank
	}
	return best
}

// answer sends raw, a JSON object, as the receiver wants it.
func answer(w http.ResponseWriter, r *http.Request, root string, raw []byte) error {
	xml, err := wantsXML(r)
	if err != nil {
		return err
	}
	if xml {
		if raw, err = order.XML(root, raw); err != nil {
			return err
		}
	}
	send(w, r, xml, raw)
	return nil
}

// send sends raw, which is JSON or XML. Its entity tag tells whether it is what the
// receiver has (RFC 9110, section 8.8.3).
func send(w http.ResponseWriter, r *http.Request, xml bool, raw []byte) {
	h := w.Header()
	h.Set("Content-Type", jsonType)
	if xml {
		h.Set("Content-Type", xmlType)
	}
	sum := sha256.Sum256(raw)
	h.Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
	h.Set("Vary", "Accept, Authorization")
	h.Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(raw))
}
