package pgtemp

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// A folder's name begins like this.
const folderPrefix = "waybill-pg-"

// folder is where a server keeps its files. Its lock is held for as long as
// this process or the server lives, so that a folder whose lock is free was left
// behind by a process that was killed.
type folder struct {
	root string
	lock *os.File
}

// newFolder makes a folder that the account owns and nobody else can enter, and
// removes the ones that were left behind.
func newFolder(who account) (*folder, error) {
	parent := os.Getenv("TMPDIR")
	if parent == "" {
		parent = "/var/tmp"
	}
	sweep(parent, who)
	root, err := os.MkdirTemp(parent, folderPrefix)
	if err != nil {
		return nil, err
	}
	f := &folder{root: root}
	if err := f.prepare(who); err != nil {
		return nil, errors.Join(fmt.Errorf("prepare %s: %w", root, err), f.remove())
	}
	return f, nil
}

func (f *folder) prepare(who account) error {
	// The lock gets its name when it is held, so that no sweep finds it free.
	unnamed := f.path("lock.new")
	var err error
	f.lock, err = os.OpenFile(unnamed, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := tryLock(f.lock); err != nil {
		return err
	}
	if err := os.Rename(unnamed, f.path("lock")); err != nil {
		return err
	}
	return who.own(f.root)
}

func (f *folder) path(name string) string { return filepath.Join(f.root, name) }

// write makes a file that only the account can read.
func (f *folder) write(name, content string, who account) error {
	if err := os.WriteFile(f.path(name), []byte(content), 0o600); err != nil {
		return err
	}
	return who.own(f.path(name))
}

// command returns a command that runs in the folder as the account, without the
// caller's PG* variables.
func (f *folder) command(ctx context.Context, who account, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = f.root
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = who.attributes()
	return cmd
}

// logTail returns the end of what the server has logged.
func (f *folder) logTail() string {
	b, err := os.ReadFile(f.path("log"))
	if err != nil {
		return err.Error()
	}
	return tail(string(b))
}

func (f *folder) remove() error {
	err := os.RemoveAll(f.root)
	if f.lock != nil {
		err = errors.Join(err, f.lock.Close())
	}
	return err
}

// sweep removes the folders that killed processes of the same account left in
// parent. It is a courtesy: what it cannot remove stays.
func sweep(parent string, who account) {
	left, err := filepath.Glob(filepath.Join(parent, folderPrefix+"*"))
	if err != nil {
		return
	}
	for _, root := range left {
		if !who.owns(root) {
			continue
		}
		lock, err := os.OpenFile(filepath.Join(root, "lock"), os.O_RDWR, 0)
		if err != nil {
			continue // it is just being made, or removed
		}
		if tryLock(lock) == nil {
			_ = os.RemoveAll(root)
		}
		_ = lock.Close()
	}
}
