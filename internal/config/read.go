package config

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// reader reads settings and notes those that are wrong. What it returns for
// them is of no use.
type reader struct{ wrong []error }

func (r *reader) refuse(name, value, reason string, args ...any) {
	r.wrong = append(r.wrong, &Wrong{Name: name, Value: value, Reason: fmt.Sprintf(reason, args...)})
}

func (r *reader) address(name, value string) string {
	_, port, err := net.SplitHostPort(value)
	if err != nil {
		r.refuse(name, value, "it is not a host and a port; write them like 127.0.0.1:8080, or like [::1]:8080")
		return ""
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		r.refuse(name, value, "the port must be a number from 0 to 65535, such as 8080; 0 picks a free one")
	}
	return value
}

func (r *reader) database(name, value string) string {
	scheme, rest, hasScheme := strings.Cut(value, ":")
	switch {
	case value == "":
		r.refuse(name, value, "it is empty; leave it out for waybill.db, or name a file or a PostgreSQL database")
		return ""
	case scheme == "postgres" || scheme == "postgresql":
		u, err := url.Parse(value)
		if err != nil || u.Path == "" || u.Path == "/" || !strings.HasPrefix(rest, "//") {
			r.refuse(name, ShownDatabase(value), "it is not the URL of a database; write postgres://USER:PASSWORD@HOST:5432/DATABASE, "+
				"with special characters of the password percent-encoded")
		}
		return value
	case scheme == "sqlite":
		value = rest
	case hasScheme && len(scheme) > 1 && !strings.ContainsAny(scheme, `/\.`):
		r.refuse(name, ShownDatabase(value), "there is no such kind of database; write a file name, sqlite:FILE or postgres://…")
		return ""
	}
	r.file(name, value)
	return value
}

// file refuses a path where SQLite could not make its file.
func (r *reader) file(name, path string) {
	switch info, err := os.Stat(path); {
	case path == "":
		r.refuse(name, "sqlite:", "the file name is missing; write it after the colon, such as sqlite:waybill.db")
		return
	case err == nil && info.IsDir():
		r.refuse(name, path, "it is a folder; name a file in it, such as %s", filepath.Join(path, "waybill.db"))
		return
	}
	folder := filepath.Dir(path)
	switch info, err := os.Stat(folder); {
	case errors.Is(err, fs.ErrNotExist):
		r.refuse(name, path, "the folder %s does not exist; make it first, with: mkdir -p %s", folder, folder)
	case err == nil && !info.IsDir():
		r.refuse(name, path, "%s is not a folder; choose another place", folder)
	}
}

// ShownDatabase returns the setting of a database without user name, password
// and parameters, fit to be shown.
func ShownDatabase(value string) string {
	scheme, _, ok := strings.Cut(value, "://")
	if !ok {
		return value
	}
	u, err := url.Parse(value)
	if err != nil {
		return scheme + "://…"
	}
	return scheme + "://" + u.Host + u.Path
}

// minKey is the length below which an operator's key can be guessed.
const minKey = 20

func (r *reader) key(name, value string) string {
	const hidden = "[secret]"
	switch {
	case value == "":
		return ""
	case len(value) < minKey:
		r.refuse(name, hidden, "it has %d characters, which can be guessed; use %d or more, for instance from: openssl rand -hex 24", len(value), minKey)
	case strings.Trim(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=") != "":
		r.refuse(name, hidden, "it has characters that an HTTP header cannot carry; use letters, digits and - . _ ~ + /")
	}
	return value
}

func (r *reader) certificates(name string, files []string) []string {
	files = slices.DeleteFunc(slices.Clone(files), func(f string) bool { return f == "" })
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // the operator's own setting
		switch {
		case errors.Is(err, fs.ErrNotExist):
			r.refuse(name, file, "there is no such file; name a file with certificates in PEM form")
		case err != nil:
			r.refuse(name, file, "it cannot be read: %s; name a file with certificates in PEM form", cause(err))
		default:
			r.certificate(name, file, text)
		}
	}
	return files
}

func (r *reader) certificate(name, file string, text []byte) {
	found := false
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			r.refuse(name, file, "a certificate in it is damaged: %v; get the file anew from whoever runs the authority", err)
			return
		}
		found = true
	}
	if !found {
		r.refuse(name, file, "it holds no certificate in PEM form, which begins with -----BEGIN CERTIFICATE-----; "+
			"turn a binary one into that with: openssl x509 -inform der -in FILE")
	}
}

func (r *reader) networks(name string, values []string) []netip.Prefix {
	var prefixes []netip.Prefix
	for _, value := range values {
		if value == "" {
			continue
		}
		prefix, err := netip.ParsePrefix(strings.TrimSpace(value))
		switch {
		case err != nil:
			r.refuse(name, value, "it is not a network; write an address and the length of its prefix, "+
				"such as 10.1.0.0/16, or 10.1.2.3/32 for one address")
		case prefix != prefix.Masked():
			r.refuse(name, value, "the address has bits beyond its prefix; write %s, or %s for the one address",
				prefix.Masked(), netip.PrefixFrom(prefix.Addr(), prefix.Addr().BitLen()))
		}
		prefixes = append(prefixes, prefix)
	}
	return prefixes
}

func (r *reader) duration(name, value string, least, most time.Duration) time.Duration {
	d, err := time.ParseDuration(value)
	switch {
	case err != nil:
		r.refuse(name, value, "it is not a duration; write a number with a unit, such as 500ms, 30s or 1m30s")
	case d < 0:
		r.refuse(name, value, "a duration cannot be negative; write one from %s to %s", least, most)
	case d < least || d > most:
		r.refuse(name, value, "it must be from %s to %s", least, most)
	}
	return d
}

func (r *reader) number(name, value string, least, most int64) int64 {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < least || n > most {
		r.refuse(name, value, "it must be a number from %d to %d", least, most)
	}
	return n
}

// size reads a number of bytes.
func (r *reader) size(name, value string, least, most int64) int64 {
	digits := strings.TrimRight(value, "BKMGi")
	n, err := strconv.ParseInt(digits, 10, 64)
	factor, ok := unit(value[len(digits):])
	if err != nil || !ok || n < 0 {
		r.refuse(name, value, "it is not a size; write a number of bytes, or one with a unit, such as 512KiB, 1MiB or 2GiB")
		return 0
	}
	if n < (least+factor-1)/factor || n > most/factor {
		r.refuse(name, value, "it must be from %s to %s", sizeText(least), sizeText(most))
		return 0
	}
	return n * factor
}

func unit(name string) (factor int64, ok bool) {
	switch name {
	case "", "B":
		return 1, true
	case "KiB":
		return 1 << 10, true
	case "MiB":
		return 1 << 20, true
	case "GiB":
		return 1 << 30, true
	}
	return 0, false
}

func sizeText(n int64) string {
	switch {
	case n%(1<<30) == 0:
		return strconv.FormatInt(n>>30, 10) + "GiB"
	case n%(1<<20) == 0:
		return strconv.FormatInt(n>>20, 10) + "MiB"
	default:
		return strconv.FormatInt(n>>10, 10) + "KiB"
	}
}

func (r *reader) choice(name, value string, choices ...string) string {
	if !slices.Contains(choices, value) {
		r.refuse(name, value, "there is no such choice; choose one of %s", strings.Join(choices, ", "))
	}
	return value
}

// cause returns what is behind a file error, which repeats the path.
func cause(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}
