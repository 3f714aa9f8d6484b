package seal_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/seal"
)

func newKeys(t *testing.T) *seal.Keys {
	t.Helper()
	k, err := seal.New()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// create makes a key set in a file.
func create(t *testing.T) *seal.Keys {
	t.Helper()
	k, err := seal.Create(filepath.Join(t.TempDir(), "test.key"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func load(t *testing.T, path string) *seal.Keys {
	t.Helper()
	k, err := seal.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func sealed(t *testing.T, k *seal.Keys, plain string) []byte {
	t.Helper()
	s, err := k.Seal([]byte(plain), []byte("here"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func opens(t *testing.T, k *seal.Keys, s []byte, want string) {
	t.Helper()
	if got, err := k.Open(s, []byte("here")); string(got) != want || err != nil {
		t.Errorf("Open = %q, %v, want %q", got, err, want)
	}
}

func prefix(t *testing.T, k *seal.Keys) []byte {
	t.Helper()
	p, err := k.Prefix()
	if err != nil || len(p) != seal.PrefixSize {
		t.Fatalf("Prefix = %x, %v, want %d bytes", p, err, seal.PrefixSize)
	}
	return p
}

func rotate(t *testing.T, k *seal.Keys) {
	t.Helper()
	if err := k.Rotate(prefix(t, k)); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsSealedOpensInItsContextOnly(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	s := sealed(t, k, "hidden")
	opens(t, k, s, "hidden")
	if bytes.Contains(s, []byte("hidden")) || !bytes.HasPrefix(s, prefix(t, k)) {
		t.Errorf("sealed is %q, want it to begin with %q and to hide what is in it", s, prefix(t, k))
	}
	damaged := bytes.Clone(s)
	damaged[len(damaged)-1] ^= 1
	for name, tt := range map[string]struct {
		sealed  []byte
		context string
	}{
		"another context": {s, "there"}, "no context": {s, ""}, "damage": {damaged, "here"},
		"a part": {s[:len(s)-1], "here"}, "nothing": {nil, "here"}, "a key's number only": {s[:5], "here"},
	} {
		if got, err := k.Open(tt.sealed, []byte(tt.context)); !errors.Is(err, seal.ErrOpen) || got != nil {
			t.Errorf("Open with %s = %q, %v, want %v", name, got, err, seal.ErrOpen)
		}
	}
	if _, err := newKeys(t).Open(s, []byte("here")); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("Open with other keys = %v, want %v", err, seal.ErrOpen)
	}
}

func TestATextHoldsAllKeys(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	old := sealed(t, k, "old")
	text, err := k.Rotated()
	if err != nil {
		t.Fatal(err)
	}
	next, err := seal.Parse(" " + text + "\n")
	if err != nil {
		t.Fatal(err)
	}
	opens(t, next, old, "old")
	if bytes.HasPrefix(old, prefix(t, next)) || !bytes.HasPrefix(old, prefix(t, k)) {
		t.Error("the set was changed, or the new one doesn't seal with the new key")
	}
	if next.Text() != text || next.Exposed() {
		t.Error("Text differs from what was parsed, or a set without a file is exposed")
	}
}

func TestAFileIsMadeOnceAndForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.key")
	var wg sync.WaitGroup
	made := make(chan *seal.Keys, 8)
	for range cap(made) {
		wg.Go(func() {
			k, err := seal.Create(path)
			if err == nil {
				made <- k
			} else if !errors.Is(err, fs.ErrExist) {
				t.Errorf("Create = %v, want nil or %v", err, fs.ErrExist)
			}
			load(t, path)
		})
	}
	wg.Wait()
	if len(made) != 1 {
		t.Fatalf("%d made the file, want 1", len(made))
	}
	first := <-made
	opens(t, load(t, path), sealed(t, first, "x"), "x")
	state, err := os.Stat(path)
	if err != nil || state.Mode().Perm() != 0o600 || first.Exposed() || first.Path() != path {
		t.Errorf("the file is %v, %v, exposed %v, want mode 0600", state.Mode(), err, first.Exposed())
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Errorf("the folder has %v, want the one file", files)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if k := load(t, path); !k.Exposed() {
		t.Error("a file that the group may read is not exposed")
	}
}

func TestARotationIsNoticedByOthers(t *testing.T) {
	t.Parallel()
	k := create(t)
	other, reader := load(t, k.Path()), load(t, k.Path())
	old := sealed(t, other, "old")
	rotate(t, k)
	opens(t, reader, sealed(t, k, "new"), "new")
	if s := sealed(t, other, "new"); !bytes.HasPrefix(s, prefix(t, k)) {
		t.Error("another process goes on to seal with the old key")
	}
	opens(t, load(t, k.Path()), old, "old")
}

func TestALinkToTheFileStaysALink(t *testing.T) {
	t.Parallel()
	target, link := create(t).Path(), filepath.Join(t.TempDir(), "link.key")
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	k := load(t, link)
	old := sealed(t, k, "old")
	rotate(t, k)
	if to, err := os.Readlink(link); to != target || err != nil {
		t.Errorf("the link leads to %q, %v, want %q", to, err, target)
	}
	opens(t, load(t, target), sealed(t, k, "new"), "new")
	opens(t, load(t, link), old, "old")
	for _, path := range []string{target, link} {
		if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
			t.Errorf("the folder of %s has %v, want the one file", path, files)
		}
	}
}

func TestOfTwoRotationsAtOnceOneIsRefused(t *testing.T) {
	t.Parallel()
	k := create(t)
	s, before := sealed(t, k, "x"), prefix(t, k)
	var wg sync.WaitGroup
	results := make(chan error, 4)
	for range cap(results) {
		other := load(t, k.Path())
		wg.Go(func() { results <- other.Rotate(before) })
	}
	wg.Wait()
	close(results)
	var done int
	for err := range results {
		if err == nil {
			done++
		} else if !errors.Is(err, seal.ErrRotated) {
			t.Errorf("Rotate = %v, want nil or %v", err, seal.ErrRotated)
		}
	}
	if done != 1 {
		t.Errorf("%d rotations were done, want 1", done)
	}
	opens(t, k, s, "x")
}

func TestNoKeyIsForgottenUnasked(t *testing.T) {
	t.Parallel()
	k := create(t)
	first := sealed(t, k, "first")
	for range 3 {
		age(t, k)
		rotate(t, k)
	}
	opens(t, k, first, "first")
	if n, err := k.Older(); n != 3 || err != nil {
		t.Errorf("Older = %d, %v, want 3", n, err)
	}
}

// age makes a key set's file look as if it had been changed hours ago.
func age(t *testing.T, k *seal.Keys) {
	t.Helper()
	before := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(k.Path(), before, before); err != nil {
		t.Fatal(err)
	}
}

func TestForgetLeavesTheNewestKey(t *testing.T) {
	t.Parallel()
	k := create(t)
	first, before := sealed(t, k, "first"), prefix(t, k)
	rotate(t, k)
	second := sealed(t, k, "second")
	if err := k.Forget(prefix(t, k), time.Now()); !errors.Is(err, seal.ErrYoung) {
		t.Errorf("Forget of a key that was just replaced = %v, want %v", err, seal.ErrYoung)
	}
	if err := k.Forget(before, time.Now().Add(2*time.Hour)); !errors.Is(err, seal.ErrRotated) {
		t.Errorf("Forget by one who hasn't seen the newest key = %v, want %v", err, seal.ErrRotated)
	}
	opens(t, k, first, "first")
	text, err := k.Newest()
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Forget(prefix(t, k), time.Now().Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	opens(t, k, second, "second")
	if _, err := k.Open(first, []byte("here")); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("what was sealed with a forgotten key opens with %v, want %v", err, seal.ErrOpen)
	}
	if n, err := k.Older(); n != 0 || err != nil || text != k.Text() {
		t.Errorf("Older = %d, %v, want 0, and what Newest returned", n, err)
	}
}

func TestKeysThatCouldNotBeReadAgainAreNotAdded(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	var err error
	for err == nil {
		err = k.Rotate(prefix(t, k))
	}
	if !strings.Contains(err.Error(), "forget the older ones") {
		t.Errorf("Rotate = %v, want what to do about it", err)
	}
	if _, err := seal.Parse(k.Text()); err != nil {
		t.Errorf("Parse of the largest set = %v", err)
	}
}

func TestWithoutItsFileNothingIsSealed(t *testing.T) {
	t.Parallel()
	k := create(t)
	s := sealed(t, k, "x")
	if err := os.Remove(k.Path()); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Seal([]byte("y"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Seal = %v, want %v", err, fs.ErrNotExist)
	}
	opens(t, k, s, "x")
	if _, err := seal.Load(k.Path()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load = %v, want %v", err, fs.ErrNotExist)
	}
}

func TestOtherTextsAreRefused(t *testing.T) {
	t.Parallel()
	text := newKeys(t).Text()
	for _, bad := range []string{"", " ", "AAAA", "{}", text[:len(text)/2], text + "=", text + text, strings.Repeat("A", 1<<20)} {
		if _, err := seal.Parse(bad); !errors.Is(err, seal.ErrText) {
			t.Errorf("Parse of %d characters = %v, want %v", len(bad), err, seal.ErrText)
		}
	}
	path := filepath.Join(t.TempDir(), "test.key")
	if err := os.WriteFile(path, []byte(text[:10]), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.Load(path); !errors.Is(err, seal.ErrText) || !strings.Contains(err.Error(), path) {
		t.Errorf("Load = %v, want %v with the file's name", err, seal.ErrText)
	}
}

func FuzzParse(f *testing.F) {
	k, err := seal.New()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(k.Text())
	f.Add(k.Text()[:40])
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		k, err := seal.Parse(text)
		if err != nil {
			return
		}
		again, err := seal.Parse(k.Text())
		if err != nil {
			t.Fatalf("Parse(Text) = %v", err)
		}
		s := sealed(t, k, "x")
		opens(t, again, s, "x")
		if !bytes.HasPrefix(s, prefix(t, again)) {
			t.Error("what is sealed doesn't begin with the newest key's number")
		}
	})
}
