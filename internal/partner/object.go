package partner

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/openjson"
	"github.com/waybillhq/waybill/internal/trade"
)

const (
	objectPath = "/v2/object-storage/document/"
	purpose    = "download of an object" // of the signatures
	forOnce    = time.Minute             // is how long a URL works
)

// Metadata is what a receiver is told of an object.
type Metadata struct {
	ID          string `json:"id"`
	Filename    string `json:"filename"`
	ContentType string `json:"contentType"`
	DownloadURL string `json:"downloadUrl"`
}

// getMetadata tells of an object, with a URL that works for a minute.
func (s *Server) getMetadata(w http.ResponseWriter, r *http.Request, company string) error {
	id, err := objectID(r)
	if err != nil {
		return err
	}
	o, err := s.Archive.Object(r.Context(), company, id)
	if err != nil {
		return err
	}
	link, err := s.sign(company, id, time.Now().Add(forOnce))
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	m := Metadata{ID: id.String(), Filename: o.Filename, ContentType: o.MediaType, DownloadURL: link}
	return answer(w, r, "ObjectMetadata", openjson.Append(nil, m))
}

func objectID(r *http.Request) (uuid.UUID, error) {
	text := r.PathValue("object")
	id, err := uuid.Parse(text)
	if err != nil || len(text) != 36 {
		return uuid.Nil, hook.Errorf(hook.Missing, "there is no such object")
	}
	return id, nil
}

// The parameters of a signed URL.
const (
	companyParameter   = "company"
	expiresParameter   = "expires" // milliseconds since 1970
	signatureParameter = "signature"
)

// sign returns the URL of what an object of a company holds, for whoever has it before
// it expires.
func (s *Server) sign(company string, id uuid.UUID, expires time.Time) (string, error) {
	path, until := objectPath+id.String()+"/content", strconv.FormatInt(expires.UnixMilli(), 10)
	mac, err := s.Keys.MAC(purpose, signed(path, company, id, until))
	if err != nil {
		return "", err
	}
	query := url.Values{
		companyParameter: {company}, expiresParameter: {until}, signatureParameter: {base64.RawURLEncoding.EncodeToString(mac)},
	}
	return s.PublicURL + path + "?" + query.Encode(), nil
}

// signed returns what a signature is of. No part has a line feed in it.
func signed(path, company string, id uuid.UUID, until string) []byte {
	return []byte(strings.Join([]string{path, company, id.String(), until}, "\n"))
}

// getSigned sends what an object holds to whoever has a signed URL. It is a handler for
// which nobody need be known.
func (s *Server) getSigned(w http.ResponseWriter, r *http.Request, _ string) error {
	o, err := s.open(r)
	if err != nil {
		return err
	}
	d, err := s.Archive.FetchObject(r.Context(), o)
	if err != nil {
		return err
	}
	defer d.Content.Close()
	w.Header().Set("Cache-Control", "private, no-store")
	w.Header().Set("Referrer-Policy", "no-referrer") // the URL is as good as a password
	d.Serve(w, r)
	return nil
}

// open returns the object that a signed URL is for.
func (s *Server) open(r *http.Request) (trade.Object, error) {
	id, err := objectID(r)
	if err != nil {
		return trade.Object{}, err
	}
	query := r.URL.Query()
	company, until := query.Get(companyParameter), query.Get(expiresParameter)
	signature := query.Get(signatureParameter)
	mac, err := base64.RawURLEncoding.DecodeString(signature)
	ours := err == nil && base64.RawURLEncoding.EncodeToString(mac) == signature // in the one way that we write it
	if ours {
		if ours, err = s.Keys.CheckMAC(purpose, signed(r.URL.EscapedPath(), company, id, until), mac); err != nil {
			return trade.Object{}, err
		}
	}
	if !ours {
		return trade.Object{}, hook.Errorf(hook.Denied, "the URL is not as it was given out; use the downloadUrl of GET %s%s/metadata as it is", objectPath, id)
	}
	if expires, err := strconv.ParseInt(until, 10, 64); err != nil || time.Now().UnixMilli() >= expires {
		return trade.Object{}, hook.Errorf(hook.Denied, "the URL has expired, it works for %s; GET %s%s/metadata gives a new one", forOnce, objectPath, id)
	}
	return s.Archive.Object(r.Context(), company, id)
}
