package pgtemp

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"time"
)

const (
	fastLimit = 30 * time.Second // to write a checkpoint on a busy disk
	killLimit = 5 * time.Second
)

// process is a started server.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	err  error         // how it ended; read it after done
}

// run starts a program that logs into the folder and dies with this process.
func run(f *folder, who account, program string, args ...string) (*process, error) {
	log, err := os.OpenFile(f.path("log"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close() // the program has its own copy

	// The program outlives the context of its start.
	cmd := f.command(context.Background(), who, program, args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{f.lock} // held until both are gone
	dieWithParent(cmd.SysProcAttr)

	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		defer close(p.done)
		// The system tells the program that its parent died when the thread
		// that started it ends, so this thread waits here as long as it runs.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		<-p.done
		return nil, err
	}
	return p, nil
}

// ended says how the program ended, which it must have done.
func (p *process) ended() error {
	<-p.done
	if p.err == nil {
		return errors.New("exit status 0")
	}
	return p.err
}

// stop ends the program, waits for it, and reports if it had ended before or
// would not end of itself.
func (p *process) stop() error {
	select {
	case <-p.done:
		return fmt.Errorf("postgres had ended before it was stopped: %w", p.ended())
	default:
	}
	for _, step := range stopSteps() {
		// A program that has just ended cannot be signalled, and need not be.
		if err := p.cmd.Process.Signal(step.signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("stop postgres: %w", err)
		}
		select {
		case <-p.done:
			return p.err
		case <-time.After(step.limit):
		}
	}
	return errors.New("postgres would not stop, not even when killed")
}
