package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
)

// capture is a request as somebody has captured it.
type capture struct {
	header http.Header
	body   []byte
	notes  []string // what was noticed, in sentences
}

func (c *capture) set(name, value string) {
	if c.header == nil {
		c.header = make(http.Header)
	}
	c.header.Set(name, value)
}

// parseCapture reads a request as tools and people write it: with or without the
// request line, with line breaks of either kind, and with headers that may be
// indented. What comes after the length that Content-Length gives, such as an
// editor's line break, is not the body's.
func parseCapture(raw []byte) capture {
	c := capture{header: make(http.Header)}
	rest := bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	blank := false
	for first := true; len(rest) > 0 && !blank; first = false {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte("\n"))
		text := strings.TrimSpace(string(line))
		if blank = text == ""; blank {
			break
		}
		if before, _, _ := strings.Cut(text, " "); first && !strings.Contains(before, ":") {
			continue // the request line
		}
		if name, value, ok := headerLine(text); ok {
			c.header.Add(name, value)
		} else {
			c.notes = append(c.notes, fmt.Sprintf("The line %.60q is not a header and was passed over.", text))
		}
	}
	if !blank {
		c.notes = append(c.notes, "There is no blank line after the headers, so the body is empty.")
	}
	c.body = rest
	c.measure()
	return c
}

// headerLine splits a line into the name and the value of a header.
func headerLine(line string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(line, ":")
	name = strings.TrimSpace(name)
	return name, strings.TrimSpace(value), ok && name != "" && !strings.ContainsAny(name, " \t\"{}[]")
}

// measure makes the body as long as the header says.
func (c *capture) measure() {
	if strings.EqualFold(c.header.Get("Transfer-Encoding"), "chunked") {
		if body, err := io.ReadAll(httputil.NewChunkedReader(bytes.NewReader(c.body))); err == nil {
			c.body = body
			c.notes = append(c.notes, "The body was put together from its chunks.")
		}
		return
	}
	length, err := strconv.Atoi(c.header.Get("Content-Length"))
	switch {
	case err != nil || length < 0 || length == len(c.body):
	case length < len(c.body):
		c.notes = append(c.notes, fmt.Sprintf("The body ends where Content-Length says; left out after it: %s.", count(len(c.body)-length, "byte")))
		c.body = c.body[:length]
	default:
		c.notes = append(c.notes, fmt.Sprintf("The body is %s shorter than Content-Length says: a part is missing, or its line breaks were changed.",
			count(length-len(c.body), "byte")))
	}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
