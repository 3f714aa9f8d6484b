package sendtest

import "syscall"

// dieWithParent tells a program to end, with the processes that it has started,
// when the thread that started it does; and keeps a Ctrl-C at the terminal from
// it, which is for us to answer.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
}
