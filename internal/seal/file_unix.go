//go:build unix

package seal

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// exposed reports whether others than its owner can read a file.
func exposed(state os.FileInfo) bool { return state.Mode().Perm()&0o077 != 0 }

// syncFolder makes sure that the names in a folder are on the disk.
func syncFolder(path string) error {
	f, err := os.Open(path) //nolint:gosec // the operator's own setting
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// lockFile waits until no other process holds the file at path. The lock ends
// with the process, however it ends. As the file may be replaced meanwhile, the
// lock counts only if the file still has the name.
func lockFile(path string) (release func(), err error) {
	for {
		f, err := os.Open(path) //nolint:gosec // the operator's own setting
		if err != nil {
			return nil, err
		}
		release = func() { _ = f.Close() } // nothing was written
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
			release()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		held, err := f.Stat()
		if err != nil {
			release()
			return nil, err
		}
		if now, err := os.Stat(path); err == nil && os.SameFile(held, now) {
			return release, nil
		}
		release()
	}
}

// keepOwner gives a new file the owner and mode of the one that it replaces: a
// server may run as another user than whoever gives commands.
func keepOwner(name, old string) error {
	state, err := os.Stat(old)
	if err != nil {
		return err
	}
	if owner, ok := state.Sys().(*syscall.Stat_t); ok {
		if err := os.Chown(name, int(owner.Uid), int(owner.Gid)); err != nil {
			return fmt.Errorf("keep the owner of the key set: %w", err)
		}
	}
	return os.Chmod(name, state.Mode().Perm())
}
