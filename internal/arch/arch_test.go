// Package arch holds the picture of which package may import which.
package arch

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/waybillhq/waybill"

// allowed lists, for each package, the packages of ours it may import; what
// tests import is not looked at. The groups are the levels, from the ground up:
// arrows point down only. To add an arrow is to change the design: say why in
// docs/decisions.
var allowed = map[string]string{
	"internal/arch":     "",
	"internal/trade":    "",
	"internal/hook":     "internal/trade",
	"internal/config":   "",
	"internal/rawjson":  "",
	"internal/openjson": "internal/rawjson",
	"internal/seal":     "",
	"docs":              "",
	"webhook":           "", // for receivers: it must not need the rest

	"internal/account":       "internal/hook internal/trade",
	"internal/certificate":   "internal/hook",
	"internal/oidc":          "internal/account internal/hook internal/trade",
	"internal/bucket":        "",
	"internal/change":        "internal/hook internal/openjson internal/trade",
	"internal/check":         "internal/hook",
	"internal/mail":          "internal/hook",
	"internal/mail/mailtest": "",
	"internal/match":         "internal/hook internal/trade",
	"internal/nodetest":      "",
	"internal/opentrans":     "internal/hook internal/trade",
	"internal/pgtemp":        "",
	"internal/receiver":      "",
	"internal/render":        "internal/hook internal/openjson internal/render/entity internal/render/notice internal/render/order internal/trade",
	"internal/render/entity": "internal/rawjson internal/trade",
	"internal/render/notice": "internal/rawjson internal/trade",
	"internal/render/order":  "internal/hook internal/openjson internal/rawjson internal/trade",
	"internal/retry":         "internal/hook",
	"internal/send":          "internal/hook",
	"internal/sign":          "internal/hook",
	"internal/send/sendtest": "",
	"internal/spec":          "internal/openjson internal/render/entity internal/render/notice internal/render/order internal/trade",
	"internal/spec/spectest": "internal/nodetest internal/spec",
	"internal/store":         "internal/account internal/hook internal/trade",

	"internal/store/storetest": "internal/account internal/hook internal/pgtemp internal/seal internal/store internal/trade",

	"internal/alert":   "internal/certificate internal/hook internal/sign",
	"internal/deliver": "internal/hook internal/render internal/retry internal/sign internal/trade",
	"internal/intake":  "internal/change internal/hook internal/match internal/rawjson internal/trade",
	"internal/job":     "internal/hook",
	"internal/metrics": "internal/hook",
	"internal/tracing": "internal/hook internal/trade",

	"internal/signin":   "internal/account internal/hook",
	"internal/document": "internal/hook internal/opentrans internal/trade",

	"internal/manual":  "docs internal/spec",
	"internal/partner": "internal/account internal/document internal/hook internal/openjson internal/render/order internal/trade",

	"internal/api": "internal/account internal/certificate internal/change internal/check internal/document internal/hook internal/intake internal/oidc internal/rawjson internal/render/order internal/retry internal/signin internal/sign internal/trade",

	"internal/app": "internal/account internal/alert internal/api internal/bucket internal/check internal/deliver internal/document internal/hook internal/intake internal/job internal/mail internal/manual internal/metrics internal/oidc internal/partner internal/seal internal/send internal/signin internal/store internal/tracing",

	"internal/bench": "internal/account internal/hook internal/pgtemp internal/receiver internal/seal internal/store internal/trade",
	"internal/demo":  "internal/app internal/receiver internal/trade",

	"cmd/waybill": "internal/account internal/app internal/bench internal/check internal/config internal/demo internal/hook internal/mail internal/oidc internal/receiver internal/seal internal/send internal/signin internal/store internal/trade webhook",
}

func TestImports(t *testing.T) {
	t.Parallel()
	tree := readImports(t, "../..")
	for pkg, imports := range tree {
		may, ok := allowed[pkg]
		if !ok {
			t.Errorf("package %s is not in the picture: add it to allowed, with what it may import", pkg)
			continue
		}
		for imp := range imports {
			if !slices.Contains(strings.Fields(may), imp) {
				t.Errorf("%s imports %s, and may import only [%s]: pass what it needs in a type of trade or hook,"+
					" or through a small interface of its own; if the arrow is right, add it to allowed and say why"+
					" in docs/decisions", pkg, imp, may)
			}
		}
	}
	for pkg := range allowed {
		if _, ok := tree[pkg]; !ok {
			t.Errorf("package %s is in the picture but not in the tree: remove it from allowed", pkg)
		}
	}
}

// readImports returns, for each package of the module at root, the packages of
// ours that it imports, whatever the system it is built for. It reads the files
// itself: asked of "go list", the answer would stay in the test cache when
// another package changes.
func readImports(t *testing.T, root string) map[string]map[string]bool {
	t.Helper()
	tree := make(map[string]map[string]bool)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return skip(path, entry, root)
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(dir)
		if tree[pkg] == nil {
			tree[pkg] = make(map[string]bool)
		}
		if strings.HasSuffix(path, "_test.go") {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, src, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			if ours, ok := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), module+"/"); ok {
				tree[pkg][ours] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// skip leaves out what the go command leaves out: other modules, test data and
// names that begin with a dot or an underscore.
func skip(path string, entry fs.DirEntry, root string) error {
	if path == root {
		return nil
	}
	name := entry.Name()
	_, err := os.Stat(filepath.Join(path, "go.mod"))
	if err == nil || name == "testdata" || name[0] == '.' || name[0] == '_' {
		return filepath.SkipDir
	}
	return nil
}

// TestPictureHasNoCircle makes sure that the arrows could all point down.
func TestPictureHasNoCircle(t *testing.T) {
	t.Parallel()
	done := make(map[string]bool)
	var visit func(pkg string, path []string)
	visit = func(pkg string, path []string) {
		if i := slices.Index(path, pkg); i >= 0 {
			t.Fatalf("the arrows go in a circle: %s", strings.Join(append(path[i:], pkg), " → "))
		}
		if done[pkg] {
			return
		}
		for next := range strings.FieldsSeq(allowed[pkg]) {
			if _, ok := allowed[next]; !ok {
				t.Errorf("%s may import %s, which is not in the picture", pkg, next)
			}
			visit(next, append(slices.Clone(path), pkg))
		}
		done[pkg] = true
	}
	for pkg := range allowed {
		visit(pkg, nil)
	}
}
