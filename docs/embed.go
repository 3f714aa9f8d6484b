// Package docs holds the pages for those who write receivers, so that the server can
// show them.
package docs

import "embed"

// Receivers has the folder receivers, with a page of Markdown in each file.
//
//go:embed receivers/*.md
var Receivers embed.FS
