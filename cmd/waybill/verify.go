package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/waybillhq/waybill/internal/config"
)

type verifyCommand struct {
	Request string `arg:"" optional:"" placeholder:"REQUEST-FILE" help:"The request as it was captured: request line, headers, a blank line and the body. - is standard input."`

	SecretFile     string   `placeholder:"FILE" help:"File with the secrets of Standard Webhooks (whsec_…), one a line. One of them must be right."`
	Secret         []string `env:"WAYBILL_SIGNING_SECRET" placeholder:"SECRET" help:"Such secrets themselves. Flags can be seen by others on the machine: prefer environment or file."`
	PublicKey      []string `placeholder:"KEY" help:"Public keys of Standard Webhooks (whpk_…). One of them must be right."`
	HMACHeader     string   `name:"hmac-header" placeholder:"NAME" help:"Header with a plain HMAC of the body, such as X-Signature."`
	HMACPrefix     string   `name:"hmac-prefix" placeholder:"TEXT" help:"What stands before the HMAC, such as sha256=."`
	HMACAlgorithm  string   `name:"hmac-algorithm" default:"sha256" enum:"sha256,sha512,sha1" placeholder:"ALGORITHM" help:"sha256, sha512 or sha1."`
	HMACEncoding   string   `name:"hmac-encoding" default:"hex" enum:"hex,base64" placeholder:"ENCODING" help:"hex or base64."`
	HMACSecretFile string   `name:"hmac-secret-file" placeholder:"FILE" help:"File with the HMAC's secret; a line break at its end does not belong to it."`
	HMACSecret     string   `name:"hmac-secret" env:"WAYBILL_HMAC_SECRET" placeholder:"SECRET" help:"That secret itself. Flags can be seen by others on the machine: prefer environment or file."`

	Header    []string      `sep:"none" placeholder:"'NAME: VALUE'" help:"A header of the request, in place of the file's with that name."`
	Body      string        `placeholder:"FILE" help:"The body to the byte, in place of that in the request's file."`
	Tolerance time.Duration `placeholder:"DURATION" help:"How far Webhook-Timestamp may be from now, such as 5m. Without it, the age is told but not judged."`
}

// errNotRight makes the command end with status 1.
var errNotRight = errors.New("not everything that was asked for is right")

// Help is shown below the usage of the command.
func (*verifyCommand) Help() string {
	return "It ends with status 0 only if all kinds of signatures that keys were given for are right, and the time too " +
		"if --tolerance was given. Where one is wrong, it tries what often happens to a body on the way, such as a line break at its end."
}

// Run writes what it finds to out.
func (c *verifyCommand) Run(out io.Writer) error {
	checks, err := c.checks()
	if err != nil {
		return err
	}
	r, err := c.capture()
	if err != nil {
		return err
	}
	text, right := report(r, checks, time.Now(), c.Tolerance)
	if _, err := io.WriteString(out, text); err != nil {
		return err
	}
	if !right {
		return errNotRight
	}
	return nil
}

// checks returns what is to be checked, one for each kind of signature.
func (c *verifyCommand) checks() ([]check, error) {
	secrets := c.Secret
	if c.SecretFile != "" {
		text, err := readNamed("secret-file", c.SecretFile)
		if err != nil {
			return nil, err
		}
		secrets = append(secrets, strings.Fields(string(text))...)
		if len(secrets) == 0 {
			return nil, &config.Wrong{Name: "secret-file", Flag: true, Value: c.SecretFile, Reason: "it is empty; put the secret there, which begins with whsec_"}
		}
	}
	var all []check
	for _, k := range []struct {
		scheme, flag string
		keys         []string
	}{{"v1", "secret", secrets}, {"v1a", "public-key", c.PublicKey}} {
		if len(k.keys) == 0 {
			continue
		}
		one, err := standardCheck(k.scheme, k.keys)
		if err != nil {
			return nil, &config.Wrong{Name: k.flag, Flag: true, Value: "[not shown]", Reason: err.Error()}
		}
		all = append(all, one)
	}
	if c.HMACHeader != "" {
		one, err := c.hmacCheck()
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	if c.HMACHeader == "" && c.HMACSecretFile != "" {
		return nil, &config.Wrong{Name: "hmac-header", Flag: true, Reason: "it is missing; write the name of the header with the HMAC"}
	}
	if c.Tolerance < 0 {
		return nil, &config.Wrong{Name: "tolerance", Flag: true, Value: c.Tolerance.String(), Reason: "it is negative; write a duration such as 5m"}
	}
	if len(all) == 0 {
		return nil, &config.Wrong{
			Name: "secret-file", Flag: true,
			Reason: "there is nothing to verify with; give it, --public-key, or --hmac-header with --hmac-secret-file",
		}
	}
	return all, nil
}

func (c *verifyCommand) hmacCheck() (check, error) {
	secret := c.HMACSecret
	if c.HMACSecretFile != "" {
		text, err := readNamed("hmac-secret-file", c.HMACSecretFile)
		if err != nil {
			return check{}, err
		}
		secret = strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	}
	if secret == "" {
		return check{}, &config.Wrong{
			Name: "hmac-secret-file", Flag: true, Value: c.HMACSecretFile, Reason: "there is no secret in it, nor in WAYBILL_HMAC_SECRET; give one of them",
		}
	}
	return plainCheck(c.HMACHeader, c.HMACPrefix, c.HMACAlgorithm, c.HMACEncoding, secret), nil
}

// capture returns the request that the file, the headers and the body are.
func (c *verifyCommand) capture() (capture, error) {
	var r capture
	if c.Request == "" && c.Body == "" {
		return r, &config.Wrong{Name: "body", Flag: true, Reason: "there is no request; name a file with one, or give --header and --body"}
	}
	if c.Request != "" {
		raw, err := readNamed("", c.Request)
		if err != nil {
			return r, err
		}
		r = parseCapture(raw)
	}
	for _, line := range c.Header {
		name, value, ok := headerLine(line)
		if !ok {
			return r, &config.Wrong{Name: "header", Flag: true, Value: line, Reason: "it is not a header; write it like 'Webhook-Id: 123'"}
		}
		r.set(name, value)
	}
	if c.Body != "" {
		body, err := readNamed("body", c.Body)
		if err != nil {
			return r, err
		}
		r.body, r.notes = body, nil
	}
	return r, nil
}

// readNamed reads a file that a flag names, or the argument if there is no flag;
// - is standard input.
func readNamed(flag, name string) ([]byte, error) {
	var data []byte
	var err error
	if name == "-" {
		data, err = io.ReadAll(os.Stdin)
	} else {
		data, err = os.ReadFile(name) //nolint:gosec // G304: whoever runs the command names the file
	}
	switch {
	case err == nil:
		return data, nil
	case flag == "":
		return nil, fmt.Errorf("reading the request: %w", err)
	}
	return nil, &config.Wrong{Name: flag, Flag: true, Value: name, Reason: err.Error()}
}
