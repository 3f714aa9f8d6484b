package pgtemp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
)

// prefix of the names of databases, so that what a killed test left behind in a
// server that lives on is known for what it is.
const prefix = "waybill_temp_"

// createDatabase makes a database with a random name in the server that
// adminURL leads to, whose user must be allowed to.
func createDatabase(ctx context.Context, adminURL string) (dbURL string, drop func(context.Context) error, err error) {
	u, err := url.Parse(adminURL)
	if err != nil {
		return "", nil, errors.New("the server's URL is not one") // err would show the password
	}
	name := prefix + strings.ToLower(rand.Text())
	if err := execute(ctx, adminURL, "CREATE DATABASE "+name); err != nil {
		return "", nil, fmt.Errorf("create a database: %w", err)
	}
	drop = func(ctx context.Context) error {
		if err := execute(ctx, adminURL, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			return fmt.Errorf("drop database %s: %w", name, err)
		}
		return nil
	}
	u.Path = "/" + name
	return u.String(), drop, nil
}

// execute runs one statement on a connection of its own.
func execute(ctx context.Context, dbURL, statement string) error {
	db, err := pgx.Connect(ctx, dbURL)
	if err != nil {
		return err
	}
	_, err = db.Exec(ctx, statement)
	return errors.Join(err, db.Close(context.WithoutCancel(ctx)))
}
