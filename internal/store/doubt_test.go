package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestWhatMayHideACommit(t *testing.T) {
	t.Parallel()
	_, refused := pgconn.Connect(t.Context(), "postgres://nobody@127.0.0.1:1/none?sslmode=disable")
	ended, end := context.WithCancel(t.Context())
	end()
	_, unsent := pgconn.Connect(ended, "postgres://nobody@127.0.0.1:1/none?sslmode=disable")
	for _, tt := range []struct {
		name string
		err  error
		want bool
	}{
		{"no error", nil, false},
		{"the connection broke", io.ErrUnexpectedEOF, true},
		{"the time ran out", context.DeadlineExceeded, true},
		{"the connection was closed by us", sql.ErrConnDone, true},
		{"PostgreSQL told what is wrong", &pgconn.PgError{Code: "23505"}, false},
		{"there was no connection to be had", refused, false},
		{"the context had ended before", unsent, false},
		{"nothing was sent", safe{errors.New("conn busy")}, false},
		{"the driver says that nothing was done", driver.ErrBadConn, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := tt.err
			if err != nil {
				err = fmt.Errorf("claim: %w", err)
			}
			if got := mayHideCommit(err); got != tt.want {
				t.Errorf("mayHideCommit(%v) = %t, want %t", err, got, tt.want)
			}
		})
	}
}

// safe is an error that came before anything was sent.
type safe struct{ error }

func (safe) SafeToRetry() bool { return true }
