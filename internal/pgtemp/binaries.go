package pgtemp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// oldest is the oldest major version of PostgreSQL that Waybill works with.
const oldest = 15

// errNoBinaries says what to do when there is nothing to start.
var errNoBinaries = fmt.Errorf("PostgreSQL %d or newer is not installed; on Debian type: apt-get install postgresql", oldest)

// versionLine is what "postgres --version" prints, such as
// "postgres (PostgreSQL) 17.2 (Debian 17.2-1)" or "postgres (PostgreSQL) 19beta1".
var versionLine = regexp.MustCompile(`^postgres \(PostgreSQL\) (\d+)`)

type binaries struct {
	postgres, initdb string
}

// findBinaries takes the programs on PATH if they are new enough, else the
// newest of those that Debian's packages install off it.
func findBinaries(ctx context.Context) (binaries, error) {
	onPath, err := exec.LookPath("postgres")
	if err == nil {
		if target, err := filepath.EvalSymlinks(onPath); err == nil {
			onPath = target
		}
	}
	off, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil {
		return binaries{}, err
	}
	return newest(ctx, onPath, off)
}

// newest returns preferred if it is new enough, else the newest of others, each
// the path of a program "postgres" that has its "initdb" beside it. An empty
// preferred is none.
func newest(ctx context.Context, preferred string, others []string) (binaries, error) {
	if major, err := majorVersion(ctx, preferred); err == nil && major >= oldest {
		return beside(preferred), nil
	}
	type found struct {
		path  string
		major int
	}
	var usable []found
	for _, path := range others {
		if major, err := majorVersion(ctx, path); err == nil && major >= oldest {
			usable = append(usable, found{path, major})
		}
	}
	if err := ctx.Err(); err != nil {
		return binaries{}, err
	}
	if len(usable) == 0 {
		return binaries{}, errNoBinaries
	}
	best := slices.MaxFunc(usable, func(a, b found) int { return cmp.Compare(a.major, b.major) })
	return beside(best.path), nil
}

func beside(postgres string) binaries {
	return binaries{postgres: postgres, initdb: filepath.Join(filepath.Dir(postgres), "initdb")}
}

// majorVersion asks a program for its version. It fails for one that has no
// initdb beside it.
func majorVersion(ctx context.Context, postgres string) (int, error) {
	if postgres == "" {
		return 0, errors.New("no program")
	}
	if _, err := exec.LookPath(beside(postgres).initdb); err != nil {
		return 0, err
	}
	out, err := exec.CommandContext(ctx, postgres, "--version").Output()
	if err != nil {
		return 0, err
	}
	m := versionLine.FindSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("%s says its version is %q", postgres, out)
	}
	return strconv.Atoi(string(m[1]))
}
