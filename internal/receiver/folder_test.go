package receiver_test

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/receiver"
)

func TestOpenAuthority(t *testing.T) {
	t.Parallel()

	t.Run("returns the same authority after a restart", func(t *testing.T) {
		t.Parallel()
		folder := filepath.Join(t.TempDir(), "new", "folder")
		first, err := receiver.OpenAuthority(folder)
		if err != nil {
			t.Fatal(err)
		}
		second, err := receiver.OpenAuthority(folder)
		if err != nil {
			t.Fatal(err)
		}
		if string(first.PEM()) != string(second.PEM()) {
			t.Error("the second authority is another one")
		}
		cert, err := second.Issue("localhost")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cert.Leaf.Verify(x509.VerifyOptions{DNSName: "localhost", Roots: first.Pool()}); err != nil {
			t.Errorf("the first authority does not vouch for what the second issued: %v", err)
		}
		kept, err := os.ReadFile(receiver.CertificateFile(folder))
		if err != nil || string(kept) != string(first.PEM()) {
			t.Errorf("the certificate in the folder is %q, %v, want the authority's", kept, err)
		}
		if info, err := os.Stat(filepath.Join(folder, "authority-key.pem")); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the key's file is %v, %v, want one for its owner alone", info.Mode(), err)
		}
	})

	for name, spoil := range map[string]func(cert, key string) error{
		"refuses a folder without the key":       func(_, key string) error { return os.Remove(key) },
		"refuses a certificate that is not PEM":  func(cert, _ string) error { return os.WriteFile(cert, []byte("hello"), 0o600) },
		"refuses the key of another certificate": otherKey,
		"refuses a certificate that is cut off":  truncate,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			if _, err := receiver.OpenAuthority(folder); err != nil {
				t.Fatal(err)
			}
			cert := receiver.CertificateFile(folder)
			if err := spoil(cert, filepath.Join(folder, "authority-key.pem")); err != nil {
				t.Fatal(err)
			}
			_, err := receiver.OpenAuthority(folder)
			if err == nil || !strings.Contains(err.Error(), "delete") || !strings.Contains(err.Error(), cert) {
				t.Errorf("OpenAuthority = %v, want an error that names %s and says to delete it", err, cert)
			}
		})
	}
}

func otherKey(_, key string) error {
	other := filepath.Join(filepath.Dir(key), "other")
	if _, err := receiver.OpenAuthority(other); err != nil {
		return err
	}
	return os.Rename(filepath.Join(other, "authority-key.pem"), key)
}

func truncate(cert, _ string) error {
	text, err := os.ReadFile(cert)
	if err != nil {
		return err
	}
	return os.WriteFile(cert, text[:len(text)/2], 0o600)
}
