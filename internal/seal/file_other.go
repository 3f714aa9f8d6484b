//go:build !unix

package seal

import "os"

// exposed can't tell where modes don't say who may read a file.
func exposed(os.FileInfo) bool { return false }

// syncFolder does nothing where folders can't be synchronized.
func syncFolder(string) error { return nil }

// lockFile locks nothing: the operator sees to it that one process at a time
// makes a new key.
func lockFile(string) (release func(), err error) { return func() {}, nil }

// keepOwner does nothing where a file's folder says who may read it.
func keepOwner(string, string) error { return nil }
