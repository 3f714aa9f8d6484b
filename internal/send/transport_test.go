package send

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

// selfSigned returns n client certificates.
func selfSigned(t *testing.T, n int) []hook.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	var all []hook.Certificate
	for i := range n {
		der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(int64(i + 1))},
			&x509.Certificate{}, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, hook.Certificate{
			Chain: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
			Key:   hook.Secret(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})),
		})
	}
	return all
}

func mustGet(t *testing.T, ts *transports, c hook.Certificate, two bool) *http.Transport {
	t.Helper()
	tr, err := ts.get(c, "", two)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func TestTransportsAreKeptByPurpose(t *testing.T) {
	t.Parallel()
	ts := newTransports(Options{}, (&net.Dialer{}).DialContext, time.Second)
	certs := selfSigned(t, 2)
	longer := certs[0]
	longer.Chain += certs[1].Chain // the same certificate, and what was left out above it
	seen := make(map[*http.Transport]string)
	for name, get := range map[string]func() *http.Transport{
		"none":                func() *http.Transport { return mustGet(t, ts, hook.Certificate{}, false) },
		"none, HTTP/2":        func() *http.Transport { return mustGet(t, ts, hook.Certificate{}, true) },
		"first":               func() *http.Transport { return mustGet(t, ts, certs[0], false) },
		"first, HTTP/2":       func() *http.Transport { return mustGet(t, ts, certs[0], true) },
		"first, longer chain": func() *http.Transport { return mustGet(t, ts, longer, false) },
		"second":              func() *http.Transport { return mustGet(t, ts, certs[1], false) },
	} {
		tr := get()
		if other, ok := seen[tr]; ok {
			t.Errorf("%s shares the transport of %s", name, other)
		}
		seen[tr] = name
		if get() != tr {
			t.Errorf("%s: the transport is not kept", name)
		}
	}
}

func TestTransportsAreBounded(t *testing.T) {
	t.Parallel()
	certs := selfSigned(t, maxTransports+10)
	synctest.Test(t, func(t *testing.T) {
		ts := newTransports(Options{}, (&net.Dialer{}).DialContext, time.Second)
		first := mustGet(t, ts, certs[0], false)
		for _, c := range certs[1:] {
			time.Sleep(time.Millisecond)
			mustGet(t, ts, c, false)
			mustGet(t, ts, certs[0], false)
		}
		if n := len(ts.kept); n != maxTransports {
			t.Errorf("%d transports are kept, want %d", n, maxTransports)
		}
		if mustGet(t, ts, certs[0], false) != first {
			t.Error("the one in use all along was forgotten")
		}
		time.Sleep(idleTimeout + time.Second)
		mustGet(t, ts, certs[1], false)
		if n := len(ts.kept); n != 1 {
			t.Errorf("%d transports are kept after a pause, want the new one alone", n)
		}
	})
}

func TestTransportsAreMadeOnce(t *testing.T) {
	t.Parallel()
	ts := newTransports(Options{}, (&net.Dialer{}).DialContext, time.Second)
	c := selfSigned(t, 1)[0]
	var want atomic.Pointer[http.Transport]
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			got, err := ts.get(c, "", false)
			if want.CompareAndSwap(nil, got); err != nil || got != want.Load() {
				t.Errorf("get = %p, %v, want %p", got, err, want.Load())
			}
			ts.closeIdle()
		})
	}
	wg.Wait()
}

func TestTransportsAreMadeWhileOthersAreHandedOut(t *testing.T) {
	t.Parallel()
	ts := newTransports(Options{}, (&net.Dialer{}).DialContext, time.Second)
	plain, certs := ts.make, selfSigned(t, 2)
	kept := mustGet(t, ts, certs[0], false)
	ts.make = func(roots *x509.CertPool, cert *tls.Certificate, two bool) *http.Transport {
		if !ts.mu.TryLock() {
			t.Error("the others wait until a transport is made")
			return plain(roots, cert, two)
		}
		ts.mu.Unlock()
		if mustGet(t, ts, certs[0], false) != kept {
			t.Error("another transport is not found while one is made")
		}
		return plain(roots, cert, two)
	}
	made := mustGet(t, ts, certs[1], false)
	if mustGet(t, ts, certs[1], false) != made {
		t.Error("what was made is not kept")
	}
}

func TestTransportsRefuseABrokenCertificate(t *testing.T) {
	t.Parallel()
	ts := newTransports(Options{}, (&net.Dialer{}).DialContext, time.Second)
	certs := selfSigned(t, 2)
	other := selfSigned(t, 1)[0]
	for name, c := range map[string]hook.Certificate{
		"not PEM":       {Chain: "x", Key: "secret-y"},
		"another's key": {Chain: certs[0].Chain, Key: other.Key},
		"no key":        {Chain: certs[0].Chain},
	} {
		_, err := ts.get(c, "", false)
		if err == nil || !strings.Contains(err.Error(), "upload it again") || strings.Contains(err.Error(), "secret-y") {
			t.Errorf("%s: %v, want what to do, without the key", name, err)
		}
	}
	if len(ts.kept) != 0 {
		t.Errorf("%d transports are kept, want none", len(ts.kept))
	}
}

func TestTLSPolicy(t *testing.T) {
	t.Parallel()
	c := tlsConfig(nil, nil)
	if c.MinVersion != tls.VersionTLS12 || c.MaxVersion != 0 || c.InsecureSkipVerify || c.Renegotiation != tls.RenegotiateNever {
		t.Errorf("versions from %x to %x, skip %t, renegotiation %d", c.MinVersion, c.MaxVersion, c.InsecureSkipVerify, c.Renegotiation)
	}
	for _, id := range c.CipherSuites {
		name := tls.CipherSuiteName(id)
		if !strings.HasPrefix(name, "TLS_ECDHE_") || !strings.Contains(name, "GCM") && !strings.Contains(name, "POLY1305") {
			t.Errorf("%s has no forward secrecy or no authenticated encryption", name)
		}
	}
	if len(c.CipherSuites) == 0 {
		t.Error("the suites are left to the default")
	}
}
