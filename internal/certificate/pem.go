package certificate

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
)

const (
	begin  = "-----BEGIN "
	maxKey = 8 << 10 // bytes of a private key; one of RSA with 8192 bits has 4.7 KiB
)

// piece is the part of a text from one "-----BEGIN" to the next.
type piece struct {
	line int // counts from 1
	text string
}

// pieces finds where blocks begin. Spaces around lines are removed, as
// indentation often comes along when people copy.
func pieces(text string) []piece {
	var all []piece
	var current *strings.Builder
	finish := func() {
		if current != nil {
			all[len(all)-1].text = current.String()
		}
	}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, begin) {
			finish()
			all = append(all, piece{line: number})
			current = new(strings.Builder)
		}
		if current != nil {
			current.WriteString(line)
			current.WriteByte('\n')
		}
	}
	finish()
	return all
}

// readPEM parses all blocks of a text and notes those that it cannot use.
func readPEM(text, field string, wrong *problems) parts {
	var p parts
	all := pieces(text)
	if len(all) == 0 {
		wrong.notPEM(field, text)
	}
	for _, piece := range all {
		found := readPiece(piece, field, wrong)
		p.certificates, p.keys = append(p.certificates, found.certificates...), append(p.keys, found.keys...)
	}
	return p
}

// readPiece parses the block with which a piece begins.
func readPiece(piece piece, field string, wrong *problems) parts {
	var p parts
	block, _ := pem.Decode([]byte(piece.text))
	if block == nil {
		wrong.add(field,
			fmt.Sprintf("the block that begins in line %d is broken; copy it whole, from -----BEGIN to -----END", piece.line),
			fmt.Sprintf("Der Block, der in Zeile %d beginnt, ist beschädigt; kopieren Sie ihn ganz, von -----BEGIN bis -----END.", piece.line))
		return p
	}
	p.take(block, piece.line, field, wrong)
	return p
}

// take adds what a block holds.
func (p *parts) take(block *pem.Block, line int, field string, wrong *problems) {
	switch kind := block.Type; {
	case kind == "CERTIFICATE" || kind == "X509 CERTIFICATE":
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			wrong.add(field,
				fmt.Sprintf("the block that begins in line %d is not a certificate; copy it again from where you got it", line),
				fmt.Sprintf("Der Block, der in Zeile %d beginnt, ist kein Zertifikat; kopieren Sie ihn noch einmal von dort, wo Sie ihn her haben.", line))
			return
		}
		p.certificates = append(p.certificates, c)
	case kind == "EC PARAMETERS":
		// Programs write the curve before the key, which names it again.
	case kind == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
		wrong.add(field, "the private key is protected by a passphrase; remove it with \"openssl pkey -in key.pem\" and paste what that prints",
			"Der private Schlüssel ist durch ein Kennwort geschützt; entfernen Sie es mit „openssl pkey -in key.pem“ und fügen Sie die Ausgabe ein.")
	case strings.HasSuffix(kind, "PRIVATE KEY"):
		key, ok := parseKey(block)
		if !ok {
			wrong.add(field,
				fmt.Sprintf("the block that begins in line %d is not a private key that can be used; give one of RSA, ECDSA or Ed25519", line),
				fmt.Sprintf("Der Block, der in Zeile %d beginnt, ist kein brauchbarer privater Schlüssel; verwenden Sie RSA, ECDSA oder Ed25519.", line))
			return
		}
		p.keys = append(p.keys, key)
	default:
		wrong.add(field,
			fmt.Sprintf("the block that begins in line %d is neither a certificate nor a private key; remove it", line),
			fmt.Sprintf("Der Block, der in Zeile %d beginnt, ist weder ein Zertifikat noch ein privater Schlüssel; entfernen Sie ihn.", line))
	}
}

// notPEM says what a text without any block is.
func (p *problems) notPEM(field, text string) {
	switch {
	case strings.TrimSpace(text) == "":
		p.add(field, "it is empty; paste PEM, which begins with -----BEGIN",
			"Das Feld ist leer; fügen Sie PEM ein, das mit -----BEGIN beginnt.")
	case text[0] == 0x30: // how DER begins
		p.add(field, "it is binary, not text; upload it as PKCS#12 if it is a .p12 or .pfx file, or convert it to PEM",
			"Das ist binär, kein Text; laden Sie es als PKCS#12 hoch, wenn es eine .p12- oder .pfx-Datei ist, oder wandeln Sie es in PEM um.")
	default:
		p.add(field, "it is not PEM; paste text with lines such as -----BEGIN CERTIFICATE-----",
			"Das ist kein PEM; fügen Sie Text mit Zeilen wie -----BEGIN CERTIFICATE----- ein.")
	}
}
