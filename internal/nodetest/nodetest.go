// Package nodetest runs programs of Node.js in tests, with modules from npm: the
// other side of a protocol, written by others.
package nodetest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Install puts modules into a folder that later runs find again, and returns it.
// The modules are those of package.json and package-lock.json in dir; name begins
// the folder's name. They are installed by npm beside the folder at first, so that
// it is there complete or not at all.
func Install(ctx context.Context, name, dir string) (string, error) {
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			return "", fmt.Errorf("%w; type: scripts/need node", err)
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	files := make(map[string][]byte)
	sum := sha256.New()
	for _, file := range []string{"package.json", "package-lock.json"} {
		if files[file], err = os.ReadFile(filepath.Join(dir, file)); err != nil {
			return "", err
		}
		sum.Write(files[file])
	}
	parent := filepath.Join(cache, "waybill-test")
	folder := filepath.Join(parent, name+"-"+hex.EncodeToString(sum.Sum(nil)[:8]))
	if _, err := os.Stat(folder); err == nil {
		return folder, nil
	}
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return "", err
	}
	unfinished, err := os.MkdirTemp(parent, "unfinished-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(unfinished) }()
	for file, content := range files {
		if err := os.WriteFile(filepath.Join(unfinished, file), content, 0o600); err != nil {
			return "", err
		}
	}
	cmd := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir = unfinished
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	if err := os.Rename(unfinished, folder); err != nil {
		if _, there := os.Stat(folder); there != nil {
			return "", err
		}
	}
	return folder, nil // made by another process in the meantime, if not by this one
}

// Program is a running program that prints lines, and may answer lines with them.
type Program struct {
	stdin  io.Writer
	stdout *bufio.Reader
}

// Start runs the script in a file, as a module that finds its modules in folder.
// It ends with the test, as Run says.
func Start(tb testing.TB, folder, script string) *Program {
	tb.Helper()
	text, err := os.ReadFile(script)
	if err != nil {
		tb.Fatal(err)
	}
	// Given as an argument, the script finds its modules in the folder.
	cmd := exec.CommandContext(context.WithoutCancel(tb.Context()), "node", "--input-type=module", "--eval", string(text))
	cmd.Dir = folder
	return Run(tb, cmd)
}

// Run starts a command, whose context must not end before the test. When the test
// ends, so does the command's input, and with it the program; what it wrote to standard
// error is logged if something failed.
func Run(tb testing.TB, cmd *exec.Cmd) *Program {
	tb.Helper()
	var log bytes.Buffer
	cmd.Stderr = &log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = stdin.Close()
		if err := cmd.Wait(); err != nil || tb.Failed() {
			tb.Logf("%s ended: %v\n%s", filepath.Base(cmd.Path), err, &log)
		}
	})
	return &Program{stdin: stdin, stdout: bufio.NewReader(stdout)}
}

// Ask gives the program a line and returns the line that it prints next.
func (p *Program) Ask(tb testing.TB, line []byte) string {
	tb.Helper()
	if _, err := p.stdin.Write(append(line, '\n')); err != nil {
		tb.Fatal(err)
	}
	return p.Line(tb)
}

// Line returns the line that the program prints next.
func (p *Program) Line(tb testing.TB) string {
	tb.Helper()
	line, err := p.stdout.ReadString('\n')
	if err != nil {
		tb.Fatalf("the program printed %q: %v", line, err)
	}
	return strings.TrimSpace(line)
}
