package certificate

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"
)

// maxIterations bounds the iterations of all hashing in a file. Firefox asks for
// 600,000 in each of three places, others for a few thousand.
const maxIterations = 2_000_000

// Names of algorithms and contents in a PKCS#12 file.
const (
	nameData          = "1.2.840.113549.1.7.1"
	nameEncryptedData = "1.2.840.113549.1.7.6"
	nameKeyBag        = "1.2.840.113549.1.12.10.1.1"
	nameShroudedBag   = "1.2.840.113549.1.12.10.1.2"
	namePBES2         = "1.2.840.113549.1.5.13"
	namePBMAC1        = "1.2.840.113549.1.5.14"
)

// The structures of RFC 7292, section 4, and of RFC 8018, appendix A, as far as
// they are looked at here. They have the form that the module has which decrypts,
// so that both see the same in a file.
type (
	pfx struct {
		Version int
		Safe    contentInfo
		Mac     macData `asn1:"optional"`
	}
	contentInfo struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue `asn1:"tag:0,explicit,optional"`
	}
	macData struct {
		Mac struct {
			Algorithm pkix.AlgorithmIdentifier
			Digest    []byte
		}
		Salt       []byte
		Iterations int `asn1:"optional,default:1"`
	}
	encryptedData struct {
		Version int
		Info    struct {
			Type      asn1.ObjectIdentifier
			Algorithm pkix.AlgorithmIdentifier
			Content   []byte `asn1:"tag:0,optional"`
		}
	}
	safeBag struct {
		Type       asn1.ObjectIdentifier
		Value      asn1.RawValue   `asn1:"tag:0,explicit"`
		Attributes []asn1.RawValue `asn1:"set,optional"`
	}
	encryptedKey struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	pbeParams struct {
		Salt       []byte
		Iterations int
	}
	schemeParams struct { // of PBES2 and PBMAC1
		Derivation, Scheme pkix.AlgorithmIdentifier
	}
	pbkdf2Params struct {
		Salt       asn1.RawValue
		Iterations int
		KeyLength  int                      `asn1:"optional"`
		Function   pkix.AlgorithmIdentifier `asn1:"optional"`
	}
)

// safe is what a PKCS#12 file shows of itself without its password.
type safe struct {
	open, closed []asn1.RawValue // its contents: to be read by all, and encrypted
	keys         int             // private keys among the open contents, themselves encrypted as a rule
	iterations   int             // of all hashing that the file asks for, as far as it shows that
}

// parseSafe looks at a file in DER without decrypting anything. It fails for one that
// asks for too much work, and for one that doesn't show its private key: what is
// encrypted as a whole could hold a key that asks for any amount.
func parseSafe(file []byte) (safe, error) {
	var f pfx
	var octets []byte
	var contents []asn1.RawValue
	if !read(file, &f) || !read(f.Safe.Content.Bytes, &octets) {
		return safe{}, errNotPKCS12
	}
	if octets, ok := toDER(octets); !ok || !read(octets, &contents) {
		return safe{}, errNotPKCS12
	}
	var s safe
	if err := s.mac(f.Mac); err != nil {
		return safe{}, err
	}
	for _, content := range contents {
		if err := s.add(content); err != nil {
			return safe{}, err
		}
	}
	if s.keys == 0 {
		return safe{}, errNoKey
	}
	return s, nil
}

func (s *safe) mac(m macData) error {
	algorithm := m.Mac.Algorithm
	if algorithm.Algorithm == nil {
		return nil
	}
	if algorithm.Algorithm.String() == namePBMAC1 {
		return s.scheme(algorithm)
	}
	return s.work(m.Iterations)
}

func (s *safe) add(content asn1.RawValue) error {
	var c contentInfo
	if !read(content.FullBytes, &c) {
		return errNotPKCS12
	}
	if c.Type.String() != nameData {
		s.closed = append(s.closed, content)
		var e encryptedData
		if c.Type.String() != nameEncryptedData || !read(c.Content.Bytes, &e) {
			return errNotPKCS12
		}
		return s.encryption(e.Info.Algorithm)
	}
	s.open = append(s.open, content)
	var octets []byte
	var bags []safeBag
	if !read(c.Content.Bytes, &octets) || !read(octets, &bags) {
		return errNotPKCS12
	}
	for _, bag := range bags {
		if err := s.bag(bag); err != nil {
			return err
		}
	}
	return nil
}

func (s *safe) bag(bag safeBag) error {
	switch bag.Type.String() {
	case nameKeyBag:
		s.keys++
	case nameShroudedBag:
		s.keys++
		var k encryptedKey
		if !read(bag.Value.Bytes, &k) {
			return errNotPKCS12
		}
		return s.encryption(k.Algorithm)
	}
	return nil
}

// encryption adds the work of an encryption with a password: PBES2, or one of
// those that RFC 7292 has in appendix C.
func (s *safe) encryption(a pkix.AlgorithmIdentifier) error {
	if a.Algorithm.String() == namePBES2 {
		return s.scheme(a)
	}
	var p pbeParams
	if !read(a.Parameters.FullBytes, &p) {
		return errNotPKCS12
	}
	return s.work(p.Iterations)
}

func (s *safe) scheme(a pkix.AlgorithmIdentifier) error {
	var scheme schemeParams
	var p pbkdf2Params
	if !read(a.Parameters.FullBytes, &scheme) || !read(scheme.Derivation.Parameters.FullBytes, &p) {
		return errNotPKCS12
	}
	return s.work(p.Iterations)
}

func (s *safe) work(iterations int) error {
	if iterations > maxIterations-s.iterations {
		return errTooDear
	}
	s.iterations += max(iterations, 1)
	return nil
}

// keyFirst returns a file with the same contents, the open ones first. As a file
// may have one key only, a second one is refused before it is decrypted; and so
// is one that was hidden in an encrypted content. What vouches for the contents
// is made anew, with the password.
func (s *safe) keyFirst(password string) ([]byte, error) {
	contents, err := asn1.Marshal(slices.Concat(s.open, s.closed))
	if err != nil {
		return nil, err
	}
	octets, err := asn1.Marshal(contents)
	if err != nil {
		return nil, err
	}
	f := pfx{Version: 3, Safe: contentInfo{
		Type:    asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1},
		Content: asn1.RawValue{Class: asn1.ClassContextSpecific, IsCompound: true, Bytes: octets},
	}}
	if f.Mac, err = vouch(contents, password); err != nil {
		return nil, err
	}
	return asn1.Marshal(f)
}

// vouch returns what proves that contents were not changed by anybody without
// the password: PBMAC1 (RFC 9579) with one iteration, as the file is not kept.
func vouch(contents []byte, password string) (macData, error) {
	const size = sha256.Size
	hmacSHA256 := pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}}
	salt, err := asn1.Marshal(make([]byte, size))
	if err != nil {
		return macData{}, err
	}
	params, err := asn1.Marshal(pbkdf2Params{Salt: asn1.RawValue{FullBytes: salt}, Iterations: 1, KeyLength: size, Function: hmacSHA256})
	if err != nil {
		return macData{}, err
	}
	scheme, err := asn1.Marshal(schemeParams{
		Derivation: pkix.AlgorithmIdentifier{
			Algorithm: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}, Parameters: asn1.RawValue{FullBytes: params},
		},
		Scheme: hmacSHA256,
	})
	if err != nil {
		return macData{}, err
	}
	key, err := pbkdf2.Key(sha256.New, password, make([]byte, size), 1, size)
	if err != nil {
		return macData{}, err
	}
	h := hmac.New(sha256.New, key)
	h.Write(contents)

	var m macData
	m.Iterations = 1
	m.Mac.Algorithm = pkix.AlgorithmIdentifier{
		Algorithm: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 14}, Parameters: asn1.RawValue{FullBytes: scheme},
	}
	m.Mac.Digest = h.Sum(nil)
	return m, nil
}

// read parses in as one value without anything after it.
func read(in []byte, into any) bool {
	rest, err := asn1.Unmarshal(in, into)
	return err == nil && len(rest) == 0
}
