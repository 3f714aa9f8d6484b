//go:build !linux

package sendtest

import "syscall"

// dieWithParent does nothing: a test that is killed leaves its server behind.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }
