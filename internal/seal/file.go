package seal

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// readFile returns the text in a file, and the state of the very file it is
// from.
func readFile(path string) (string, os.FileInfo, error) {
	f, err := os.Open(path) //nolint:gosec // the operator's own setting
	if err != nil {
		return "", nil, err
	}
	defer f.Close()
	state, err := f.Stat()
	if err != nil {
		return "", nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxText+2))
	return string(text), state, err
}

// createFile makes a file with the text. Its name appears when all of it is on
// the disk. The error is fs.ErrExist if the name is taken.
func createFile(path, text string) error {
	temporary, err := writeBeside(path, text)
	if err != nil {
		return err
	}
	err = os.Link(temporary, path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = copyNew(path, text) // the file system has no links
	}
	if err := errors.Join(err, os.Remove(temporary)); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// replaceFile puts a file with the text in the place of the one at path, at one
// moment, with its owner and mode; it is on the disk then. A link stays, and what
// it leads to is replaced.
func replaceFile(path, text string) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	temporary, err := writeBeside(path, text)
	if err != nil {
		return err
	}
	err = keepOwner(temporary, path)
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	return syncFolder(filepath.Dir(path))
}

// writeBeside writes the text to a file of its own in the folder of path, for
// this user's eyes only, and returns its name.
func writeBeside(path, text string) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp") // mode 0600
	if err != nil {
		return "", err
	}
	if err := writeAll(f, text); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// copyNew writes the text to a new file at path.
func copyNew(path, text string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // the operator's own setting
	if err != nil {
		return err
	}
	if err := writeAll(f, text); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// writeAll writes the text as a line, makes sure that it is on the disk, and
// closes the file.
func writeAll(f *os.File, text string) error {
	_, err := f.WriteString(text + "\n")
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
