package bucket

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/uuid"
)

// folder keeps each object in a file. While one is written it has another name, which
// goes by its ID too, so that what a crash leaves behind can be removed.
type folder struct{ root *os.Root }

const unfinished = ".part"

func openFolder(ctx context.Context, path string) (*folder, error) {
	const mine = 0o700
	if err := os.MkdirAll(path, mine); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	f := &folder{root}
	if err := f.try(ctx); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return f, nil
}

// try finds out whether files can be written.
func (f *folder) try(ctx context.Context) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	w, err := f.Create(ctx, id)
	if err != nil {
		return err
	}
	return errors.Join(w.Close(), f.Remove(ctx, id))
}

// Create begins a file.
func (f *folder) Create(ctx context.Context, id uuid.UUID) (io.WriteCloser, error) {
	name := filepath.FromSlash(key(id))
	if err := f.root.Mkdir(filepath.Dir(name), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	file, err := f.root.OpenFile(name+unfinished, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return &fileWriter{ctx: ctx, folder: f, name: name, File: file}, nil
}

// fileWriter writes a file.
type fileWriter struct {
	ctx    context.Context //nolint:containedctx // io.Writer has no place for it
	folder *folder
	name   string
	*os.File
}

// Close gives the file its name once it is on the disk, and waits until that is.
func (w *fileWriter) Close() error {
	err := w.ctx.Err()
	if err == nil {
		err = w.Sync()
	}
	if err = errors.Join(err, w.File.Close()); err != nil {
		return errors.Join(err, w.folder.root.Remove(w.name+unfinished))
	}
	if err := w.folder.root.Rename(w.name+unfinished, w.name); err != nil {
		return err
	}
	return errors.Join(w.folder.sync(filepath.Dir(w.name)), w.folder.sync("."))
}

// sync waits until it is on the disk which files a folder has.
func (f *folder) sync(name string) error {
	d, err := f.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Open reads a file from an offset on.
func (f *folder) Open(_ context.Context, id uuid.UUID, from int64) (io.ReadCloser, error) {
	file, err := f.root.Open(filepath.FromSlash(key(id)))
	if err != nil {
		return nil, err
	}
	if _, err := file.Seek(from, io.SeekStart); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// Remove removes a file, whole or not.
func (f *folder) Remove(_ context.Context, id uuid.UUID) error {
	name := filepath.FromSlash(key(id))
	var errs []error
	for _, n := range []string{name, name + unfinished} {
		if err := f.root.Remove(n); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Close closes the folder.
func (f *folder) Close() error { return f.root.Close() }
