package certificate

import (
	"crypto"
	"crypto/x509"
	"errors"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/waybillhq/waybill/internal/hook"
)

// FromPKCS12 reads a certificate with its chain and private key from a file as
// browsers and Windows export it (RFC 7292). It fails as FromPEM does.
//
// A file says itself how long a password is to be hashed. FromPKCS12 refuses too
// much before it begins: a file of Firefox takes half a second, and one made to
// be slow four. Whoever lets strangers call it bounds how many do at once.
func FromPKCS12(file []byte, password hook.Secret, now time.Time) (hook.Certificate, error) {
	var wrong problems
	if len(file)+len(password) > maxInput {
		wrong.tooLong(FieldPKCS12)
		return hook.Certificate{}, wrong.err()
	}
	p, err := openPKCS12(file, string(password))
	if err != nil {
		wrong.pkcs12(err)
		return hook.Certificate{}, wrong.err()
	}
	return p.certificate(FieldPKCS12, FieldPKCS12, now)
}

var (
	errNotPKCS12 = errors.New("not a PKCS#12 file")
	errTooDear   = errors.New("hashes its password for too long")
	errNoKey     = errors.New("no private key, or one that is encrypted twice")
)

// openPKCS12 decrypts a file.
func openPKCS12(file []byte, password string) (parts, error) {
	file, ok := toDER(file)
	if !ok {
		return parts{}, errNotPKCS12
	}
	safe, err := parseSafe(file)
	if err != nil {
		return parts{}, err
	}
	// This checks the password against the whole file, and opens no key.
	if _, err := pkcs12.DecodeTrustStore(file, password); errors.Is(err, pkcs12.ErrIncorrectPassword) {
		return parts{}, err
	}
	harmless, err := safe.keyFirst(password)
	if err != nil {
		return parts{}, err
	}
	key, own, above, err := pkcs12.DecodeChain(harmless, password)
	if err != nil {
		return parts{}, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return parts{}, errNoKey
	}
	return parts{certificates: append([]*x509.Certificate{own}, above...), keys: []crypto.Signer{signer}}, nil
}

// pkcs12 says why a file could not be opened.
func (p *problems) pkcs12(err error) {
	const remedy = "convert it with \"openssl pkcs12 -in file.p12 -nodes\" and paste what that prints as PEM"
	const abhilfe = "wandeln Sie sie mit „openssl pkcs12 -in datei.p12 -nodes“ um und fügen Sie die Ausgabe als PEM ein."
	_, unknown := errors.AsType[pkcs12.NotImplementedError](err)
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword), errors.Is(err, pkcs12.ErrDecryption):
		p.add(FieldPassword, "it is not the password of the file; type the one with which the file was exported, or export it again",
			"Das ist nicht das Kennwort der Datei; geben Sie das an, mit dem sie exportiert wurde, oder exportieren Sie sie noch einmal.")
	case errors.Is(err, errTooDear):
		p.add(FieldPKCS12, "its password is hashed more often than anyone needs; export it again with 600000 iterations or fewer",
			"Das Kennwort wird öfter gehasht als nötig; exportieren Sie die Datei noch einmal mit höchstens 600000 Iterationen.")
	case errors.Is(err, errNoKey):
		p.add(FieldPKCS12, "there is no private key in it; export the certificate again, together with its private key",
			"Es ist kein privater Schlüssel darin; exportieren Sie das Zertifikat noch einmal, zusammen mit dem privaten Schlüssel.")
	case errors.Is(err, errNotPKCS12):
		p.add(FieldPKCS12, "it is not a PKCS#12 file, or of a kind that is not understood here; upload a .p12 or .pfx file, or "+remedy,
			"Das ist keine PKCS#12-Datei oder eine, die hier nicht verstanden wird; laden Sie eine .p12- oder .pfx-Datei hoch, oder "+abhilfe)
	case unknown:
		p.add(FieldPKCS12, "it is of a kind that is not understood here; "+remedy,
			"Die Datei ist von einer Art, die hier nicht verstanden wird; "+abhilfe)
	default:
		p.add(FieldPKCS12, "it is damaged, or of a kind that is not understood here; "+remedy,
			"Die Datei ist beschädigt oder von einer Art, die hier nicht verstanden wird; "+abhilfe)
	}
}
