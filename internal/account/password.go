package account

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// What a password costs: OWASP's first choice where memory is scarce, less than
// the second one of RFC 9106, section 4, so that two at a time fit into a small
// server. It takes 20 to 30 ms.
const (
	hashMemory = 19 << 10 // KiB
	hashPasses = 2
	hashLanes  = 1
	saltBytes  = 16
	hashBytes  = 32
)

// What VerifyPassword takes: enough for settings to come, too little to be held
// up by a hash that is not ours.
const (
	maxWork  = 128 << 10 // KiB times passes
	maxLanes = 4
	maxBytes = 64 // of salt and hash each
)

// HashPassword returns what is stored of a password: argon2id (RFC 9106) with a
// random salt, written as $argon2id$v=19$m=…,t=…,p=…$salt$hash. It takes 19 MiB
// of memory; the caller limits how many run at once. It fails if the password
// is empty or longer than CheckPassword allows.
func HashPassword(password string) (string, error) {
	if password == "" {
		return "", invalidField("password", "it is missing; choose one", "Das Passwort fehlt; wählen Sie eines.")
	}
	if len(password) > maxPassword {
		return "", tooLong()
	}
	h := hashed{memory: hashMemory, passes: hashPasses, lanes: hashLanes, salt: make([]byte, saltBytes)}
	_, _ = rand.Read(h.salt) // never fails
	h.sum = h.of(password, hashBytes)
	return h.String(), nil
}

// VerifyPassword reports whether a password is the one that HashPassword made
// hash of. It takes as long for a wrong one as for the right one. A hash that
// cannot be read, or is unreasonably expensive, has no password.
func VerifyPassword(hash, password string) bool {
	h, ok := parseHash(hash)
	if !ok {
		return false
	}
	return subtle.ConstantTimeCompare(h.of(password, len(h.sum)), h.sum) == 1
}

// DummyHash returns a hash that no password is known for. To verify against it
// takes as long as against one of HashPassword's.
func DummyHash() string {
	return hashed{hashMemory, hashPasses, hashLanes, make([]byte, saltBytes), make([]byte, hashBytes)}.String()
}

// hashed is a password's hash with the costs it was made at.
type hashed struct {
	memory uint32 // KiB
	passes uint32
	lanes  uint8
	salt   []byte
	sum    []byte
}

func (h hashed) of(password string, size int) []byte {
	return argon2.IDKey([]byte(password), h.salt, h.passes, h.memory, h.lanes, uint32(size)) //nolint:gosec // 64 at most
}

func (h hashed) String() string {
	code := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, h.memory, h.passes, h.lanes, code(h.salt), code(h.sum))
}

// parseHash reads what String writes, and nothing else.
func parseHash(s string) (hashed, bool) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 {
		return hashed{}, false
	}
	costs := strings.Split(parts[3], ",")
	if len(costs) != 3 {
		return hashed{}, false
	}
	var n [3]uint64
	for i, name := range []string{"m=", "t=", "p="} {
		n[i], _ = strconv.ParseUint(strings.TrimPrefix(costs[i], name), 10, 20) // 0 is refused below
	}
	salt, _ := base64.RawStdEncoding.DecodeString(parts[4])
	sum, _ := base64.RawStdEncoding.DecodeString(parts[5])
	memory, passes, lanes := n[0], n[1], n[2]
	if passes < 1 || lanes < 1 || lanes > maxLanes || memory < 8*lanes || memory > maxWork || passes > maxWork || memory*passes > maxWork ||
		len(salt) < 8 || len(salt) > maxBytes || len(sum) < 16 || len(sum) > maxBytes {
		return hashed{}, false
	}
	h := hashed{uint32(memory), uint32(passes), uint8(lanes), salt, sum}
	return h, h.String() == s
}
