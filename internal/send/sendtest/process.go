package sendtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

const stopLimit = 10 * time.Second

// process is a started program.
type process struct {
	cmd  *exec.Cmd
	file string        // its log
	done chan struct{} // closed when it has ended
	err  error         // how it ended; read it after done
}

// run starts a program that logs into a file and dies with this process.
func run(cmd *exec.Cmd, file string) (*process, error) {
	log, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close() // the program has its own copy
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = dieWithParent()

	p := &process{cmd: cmd, file: file, done: make(chan struct{})}
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

// stop ends the program and waits for it. It reports one that had ended before.
func (p *process) stop() error {
	select {
	case <-p.done:
		return fmt.Errorf("nginx had ended before it was stopped: %w: %s", p.err, p.log())
	default:
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop nginx: %w", err)
	}
	select {
	case <-p.done:
		return p.err
	case <-time.After(stopLimit):
		return errors.Join(errors.New("nginx would not stop; it is killed"), p.cmd.Process.Kill())
	}
}

// log returns what the program has written so far.
func (p *process) log() string {
	b, err := os.ReadFile(p.file)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(b))
}
