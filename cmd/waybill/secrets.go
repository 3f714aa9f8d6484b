package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/waybillhq/waybill/internal/app"
	"github.com/waybillhq/waybill/internal/config"
	"github.com/waybillhq/waybill/internal/seal"
	"github.com/waybillhq/waybill/internal/store"
)

func secretsOf(c config.Store) app.Secrets {
	return app.Secrets{File: c.SecretsFile, Text: c.SecretsKey}
}

// tellKeys says what the operator should do about a key set, if anything.
func tellKeys(out io.Writer, k app.Keys) error {
	var notes strings.Builder
	if k.Made {
		fmt.Fprintf(&notes, "waybill: made %s, the key set that passwords and other secrets in the database are sealed with. "+
			"Keep a copy of it in a safe place, apart from the database's: without it, they are lost.\n", k.Path())
	}
	if k.Own != "" {
		fmt.Fprintf(&notes, "waybill: the key set is in %[1]s, which earlier versions used for every PostgreSQL database. It goes on being used; "+
			"to give this database its own, stop its servers, run: cp -p %[1]s %[2]s, and start them again.\n", k.Path(), k.Own)
	}
	if k.Exposed() {
		fmt.Fprintf(&notes, "waybill: others on this machine can read %[1]s, and with it the secrets in the database; run: chmod 600 %[1]s\n", k.Path())
	}
	_, err := io.WriteString(out, notes.String())
	return err
}

// explainKeys names the setting that says where a key set is that can't be used.
func explainKeys(b *app.BadKeys) error {
	w := &config.Wrong{Name: "secrets-file", Value: b.File}
	if b.File == "" {
		w.Name, w.Value = "secrets-key", "[secret]"
	}
	path, isFile := errors.AsType[*fs.PathError](b.Err)
	link, isLink := errors.AsType[*os.LinkError](b.Err)
	switch {
	case errors.Is(b.Err, store.ErrSecrets):
		w.Reason = "the secrets in the database were sealed with a key that is not in it; " +
			"restore the key set that the server ran with before, from its copy, and name it here"
	case errors.Is(b.Err, seal.ErrText):
		w.Reason = "it is not a key set, or only a part of one; restore it from its copy, and don't write one by hand"
	case isFile:
		w.Reason = fmt.Sprintf("%s: %s; name a file in a folder where this user may read and write", path.Path, path.Err)
	case isLink:
		w.Reason = fmt.Sprintf("%s: %s; name a file in a folder where this user may read and write", link.New, link.Err)
	default:
		w.Reason = b.Err.Error()
	}
	return w
}
