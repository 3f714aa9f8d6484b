package hook

import (
	"crypto/tls"
	"crypto/x509"
)

// TLS returns the policy for connections to receivers that roots vouch for, of
// which nil means the system's: TLS 1.2 and 1.3, and of 1.2 only the suites with
// forward secrecy and authenticated encryption (RFC 9325, section 4.2). The
// caller adds what is of one connection, such as its server's name.
func TLS(roots *x509.CertPool) *tls.Config {
	return &tls.Config{
		RootCAs:    roots,
		MinVersion: tls.VersionTLS12,
		CipherSuites: []uint16{ // of TLS 1.2; those of 1.3 are all like this
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		},
		Renegotiation: tls.RenegotiateNever,
	}
}
