//go:build !linux

package pgtemp

import (
	"errors"
	"os"
	"syscall"
	"time"
)

var errNotHere = errors.New("throwaway PostgreSQL servers are made on Linux only; name a server's URL in " + Variable)

type account struct{}

func serverAccount() (account, error) { return account{}, errNotHere }

func (account) own(string) error                 { return errNotHere }
func (account) owns(string) bool                 { return false }
func (account) attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }
func dieWithParent(*syscall.SysProcAttr)         {}
func tryLock(*os.File) error                     { return errNotHere }

type stopStep struct {
	signal os.Signal
	limit  time.Duration
}

func stopSteps() []stopStep { return []stopStep{{os.Kill, fastLimit}} }
