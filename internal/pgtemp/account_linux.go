package pgtemp

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
	"time"
)

// account is who the server runs as. Its credential is nil if that is who this
// process runs as.
type account struct {
	credential *syscall.Credential
}

// serverAccount returns this process's account, or, for root, the first of
// postgres and nobody.
func serverAccount() (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return account{}, fmt.Errorf("account %s: %w", name, err)
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return account{}, fmt.Errorf("account %s: %w", name, err)
		}
		return account{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
	}
	return account{}, errors.New("PostgreSQL refuses to run as root, and there is no account postgres or nobody to run it as")
}

// own gives a file or folder to the account.
func (a account) own(path string) error {
	if a.credential == nil {
		return nil
	}
	return os.Chown(path, int(a.credential.Uid), int(a.credential.Gid))
}

// owns reports whether path is a folder that belongs to the account.
func (a account) owns(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() {
		return false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return false
	}
	if a.credential != nil {
		return st.Uid == a.credential.Uid
	}
	return int(st.Uid) == os.Geteuid()
}

// attributes make a process run as the account, in a process group of its own:
// a Ctrl-C at the terminal is for us to answer, by stopping the server last.
func (a account) attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: a.credential, Setpgid: true}
}

// dieWithParent makes the server shut down at once, as after a crash, when the
// thread that started it ends. Its files are not wanted then.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGQUIT }

// tryLock locks f without waiting. The lock lasts until the last copy of f, in
// whichever process, is closed.
func tryLock(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}

type stopStep struct {
	signal os.Signal
	limit  time.Duration
}

// stopSteps are a fast shutdown, which disconnects everyone, an immediate one,
// and the last resort.
func stopSteps() []stopStep {
	return []stopStep{{syscall.SIGINT, fastLimit}, {syscall.SIGQUIT, killLimit}, {syscall.SIGKILL, killLimit}}
}
