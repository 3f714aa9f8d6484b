package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// File names a file with settings: a JSON object whose keys are the names of
// flags and whose values are texts, numbers, or lists of texts where a flag can
// be repeated. The environment goes before the file, flags before both.
type File string

// BeforeResolve reads the file when the command line is read. The error is a
// *Wrong about the setting "config".
func (File) BeforeResolve(ctx *kong.Context, path *kong.Path) error {
	name, ok := ctx.FlagValue(path.Flag).(File)
	if !ok || name == "" {
		return nil
	}
	values, reason := readFile(string(name), settings(ctx.Model.Node))
	if reason != "" {
		return &Wrong{Name: "config", Value: string(name), Reason: reason}
	}
	ctx.AddResolver(kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, f *kong.Flag) (any, error) {
		if slices.ContainsFunc(f.Envs, inEnvironment) {
			return nil, nil
		}
		return values[f.Name], nil
	}))
	return nil
}

func inEnvironment(name string) bool {
	_, ok := os.LookupEnv(name)
	return ok
}

// settings returns the flags below node that are settings, by name. These are
// the ones that the environment can give, but for the name of the file.
func settings(node *kong.Node) map[string]*kong.Flag {
	found := make(map[string]*kong.Flag)
	for _, leaf := range node.Leaves(false) {
		for _, flag := range leaf.Flags {
			if len(flag.Envs) > 0 && flag.Name != "config" {
				found[flag.Name] = flag
			}
		}
	}
	return found
}

// readFile returns the values in a file, texts and lists, or what is wrong.
func readFile(name string, known map[string]*kong.Flag) (values map[string]any, reason string) {
	text, err := os.ReadFile(name) //nolint:gosec // the operator's own setting
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, "there is no such file; correct the name, or leave it out to use the defaults"
	case err != nil:
		return nil, "it cannot be read: " + cause(err) + "; name a file that this user may read"
	}
	values, reason = decode(text)
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if reason == "" {
			reason = checkEntry(key, values[key], known)
		}
	}
	return values, reason
}

func decode(text []byte) (values map[string]any, reason string) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err := d.Decode(&values)
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			err = nil
		} else {
			err = errors.New("there is more after the object")
		}
	}
	if err == nil && values == nil {
		err = errors.New("it is null")
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		before := text[:min(int(e.Offset), len(text))]
		line := 1 + bytes.Count(before, []byte("\n"))
		return nil, fmt.Sprintf("line %d is not JSON: %v; write one object, such as {\"listen\": \"127.0.0.1:8080\"}", line, e)
	}
	if err != nil {
		return nil, fmt.Sprintf("it is not a JSON object: %v; write one such as {\"listen\": \"127.0.0.1:8080\"}", err)
	}
	for key, value := range values {
		if n, ok := value.(json.Number); ok {
			values[key] = n.String()
		}
	}
	return values, ""
}

func checkEntry(key string, value any, known map[string]*kong.Flag) string {
	flag, ok := known[key]
	if !ok {
		return fmt.Sprintf("it has the unknown key %q; the keys are %s", key, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
	}
	switch v := value.(type) {
	case string:
		return ""
	case []any:
		if !flag.IsSlice() {
			return fmt.Sprintf("%q is a list; write a single value", key)
		}
		for _, item := range v {
			if _, ok := item.(string); !ok {
				return fmt.Sprintf("%q has an item that is not a text; put each into quotation marks", key)
			}
		}
		return ""
	}
	if flag.IsSlice() {
		return fmt.Sprintf("%q must be a list of texts, such as [\"a\", \"b\"]", key)
	}
	return fmt.Sprintf("%q must be a text or a number; put it into quotation marks", key)
}
