//go:build !unix

package store

import (
	"io"
	"os"
)

// lockFile opens the file only: where there is no advisory lock that ends with
// the process, the operator sees to it that one process uses the database.
func lockFile(path string) (io.Closer, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
}
