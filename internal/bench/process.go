package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// process is this program, started again with other arguments.
type process struct {
	cmd       *exec.Cmd
	firstLine string // of its standard output
	drained   chan struct{}
}

// usage is what a process has used.
type usage struct {
	cpu    time.Duration
	peakMB float64
}

// startProcess starts this program and waits for the first line it prints.
func startProcess(ctx context.Context, env []string, args ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, args...) //nolint:gosec // this very program
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, drained: make(chan struct{})}
	lines := bufio.NewReader(stdout)
	if p.firstLine, err = lines.ReadString('\n'); err != nil {
		close(p.drained)
		p.kill()
		return nil, fmt.Errorf("%s said nothing: %w", args[0], err)
	}
	go func() {
		defer close(p.drained)
		_, _ = io.Copy(io.Discard, lines) // until it ends
	}()
	return p, nil
}

// stop ends the process in its own good order and returns what it used.
func (p *process) stop() (usage, error) {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return usage{}, err
	}
	<-p.drained
	if err := p.cmd.Wait(); err != nil {
		return usage{}, fmt.Errorf("%s: %w", p.cmd.Args[1], err)
	}
	s := p.cmd.ProcessState
	u := usage{cpu: s.UserTime() + s.SystemTime()}
	if r, ok := s.SysUsage().(*syscall.Rusage); ok {
		u.peakMB = float64(r.Maxrss) / 1024 // Linux counts in KiB
	}
	return u, nil
}

// kill ends the process at once, if it still runs.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.drained
	_ = p.cmd.Wait()
}

// findURL finds the address in what the server prints when it listens.
func findURL(line string) (string, error) {
	i := strings.Index(line, "http://")
	if i < 0 {
		return "", errors.New("the server printed no address: " + line)
	}
	return strings.TrimSpace(strings.Fields(line[i:])[0]), nil
}
