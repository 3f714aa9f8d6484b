package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
)

type versionCommand struct{}

// Run writes the version, the revision it was built from, and Go's own.
func (versionCommand) Run(out io.Writer) error {
	revision := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		revision = revisionOf(info)
	}
	_, err := fmt.Fprintf(out, "waybill %s%s, %s, %s/%s\n", version(), revision, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// version returns the version that the Go command has written into the binary,
// or "devel" if it knew none.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
}

// revisionOf returns what info says about the revision, for the end of a line.
func revisionOf(info *debug.BuildInfo) string {
	var revision, note string
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			note = " with changes"
		}
	}
	if revision == "" {
		return ""
	}
	return " (" + revision[:min(12, len(revision))] + note + ")"
}
