package openjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// deepPatch is how many objects and arrays of a patch may be within each other: as many
// as a struct and what is unknown in it.
const deepPatch = 2 * maxDepth

// Merge applies a JSON merge patch (RFC 7396) to a valid JSON text and returns the
// result. It needs no more memory than that, besides a list of the members of each
// object that it is in. It fails, saying what the patch is, if that isn't an object of
// valid JSON, or is more than 200 deep.
func Merge(target, patch []byte) ([]byte, error) {
	switch patch = bytes.TrimSpace(patch); {
	case !utf8.Valid(patch):
		return nil, errors.New("is not UTF-8; encode it as UTF-8")
	case !json.Valid(patch):
		return nil, errors.New(syntax(patch))
	case patch[0] != '{':
		return nil, errors.New("is " + kind(patch) + ", not an object; put its members into { }")
	case depth(patch) > deepPatch:
		return nil, errors.New("has objects and arrays more than 200 deep in each other; write it flatter")
	}
	return merge(make([]byte, 0, len(target)+len(patch)), bytes.TrimSpace(target), patch), nil
}

// merge appends what MergePatch of RFC 7396, section 2, makes of target and patch, of
// which target may be empty.
func merge(dst, target, patch []byte) []byte {
	if patch[0] != '{' {
		return append(dst, patch...)
	}
	changes := make(map[string][]byte)
	for _, m := range (&scanner{raw: patch}).members() {
		changes[m.name] = m.value
	}
	dst = append(dst, '{')
	start := len(dst)
	done := make(map[string]bool)
	put := func(name string, before []byte) {
		done[name] = true
		if change := changes[name]; change[0] != 'n' {
			dst = merge(appendName(dst, start, name), before, change)
		}
	}
	if len(target) > 0 && target[0] == '{' {
		for _, m := range (&scanner{raw: target}).members() {
			if _, ok := changes[m.name]; ok {
				put(m.name, m.value)
			} else {
				dst = append(appendName(dst, start, m.name), m.value...)
			}
		}
	}
	for _, m := range (&scanner{raw: patch}).members() {
		if !done[m.name] {
			put(m.name, nil)
		}
	}
	return append(dst, '}')
}
