// Package sendtest starts the web server nginx for tests, as the system has it
// installed: a receiver that nobody here wrote.
package sendtest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// errNoNginx says what to do when there is nothing to start.
var errNoNginx = errors.New("nginx is not installed; on Debian type: apt-get install nginx")

// TB is the part of testing.TB that Start needs. It is declared here so that this
// package does not link package testing.
type TB interface {
	Helper()
	Context() context.Context
	Cleanup(f func())
	Failed() bool
	Log(args ...any)
	Error(args ...any)
	Fatal(args ...any)
}

// Nginx is an HTTPS server. It answers each request that it accepts with 200 and
// a line "protocol=TLSv1.3 user=erp client=CN=shop.example" of what it knows of
// the client, without what it doesn't know.
type Nginx struct {
	Certificate tls.Certificate   // that it shows
	Directives  string            // of its server block, besides those for port and certificate
	Files       map[string]string // by names that Directives may use
}

// Start starts the server on a free port of 127.0.0.1 and returns its URL,
// without a path. It ends with the test, or with this process, however that ends.
// Without nginx the test fails, with the command that installs it.
func (n Nginx) Start(t TB) string {
	t.Helper()
	program, err := find()
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.MkdirTemp("", "waybill-nginx-") // short, because a socket's name must be
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(root); err != nil {
			t.Error(err)
		}
	})
	// The system picks the port, and nginx gets the open listener, so that nobody
	// else can have the port in between and clients can connect at once.
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if err := n.write(root, ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	p, err := start(program, root, ln)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := p.stop()
		if err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Log("nginx says: " + p.log())
		}
	})
	return "https://" + ln.Addr().String()
}

// find returns the path of nginx, which Debian installs where only root looks.
func find() (string, error) {
	for _, name := range []string{"nginx", "/usr/sbin/nginx"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errNoNginx
}

// config has two servers: the one that is tested, and one behind it that answers.
// (A server cannot answer by itself and ask for a password before.) Its
// parameters are the address and the directives.
const config = `
daemon off;
worker_processes 1;
pid pid;
error_log stderr info;
events {}
http {
	access_log off;
	ssl_protocols TLSv1.2 TLSv1.3;
	client_body_temp_path body;
	proxy_temp_path proxy;
	fastcgi_temp_path fastcgi;
	uwsgi_temp_path uwsgi;
	scgi_temp_path scgi;
	server {
		listen %s ssl http2;
		ssl_certificate certificate.pem;
		ssl_certificate_key key.pem;
		%s
		location / {
			proxy_pass http://unix:behind;
			proxy_set_header X-Protocol $ssl_protocol;
			proxy_set_header X-User $remote_user;
			proxy_set_header X-Client $ssl_client_s_dn;
		}
	}
	server {
		listen unix:behind;
		return 200 "protocol=$http_x_protocol user=$http_x_user client=$http_x_client\n";
	}
}
`

// write puts the server's files into its folder. All can be read by all: if we
// are root, nginx is not.
func (n Nginx) write(root, address string) error {
	if err := os.Chmod(root, 0o755); err != nil {
		return err
	}
	key, err := x509.MarshalPKCS8PrivateKey(n.Certificate.PrivateKey)
	if err != nil {
		return err
	}
	var chain strings.Builder
	for _, der := range n.Certificate.Certificate {
		chain.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	files := map[string]string{
		"nginx.conf":      fmt.Sprintf(config, address, n.Directives),
		"certificate.pem": chain.String(),
		"key.pem":         string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})),
	}
	for _, more := range []map[string]string{files, n.Files} {
		for name, content := range more {
			if err := os.WriteFile(filepath.Join(root, name), []byte(content), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// start runs the program with its files in root and with the listener.
func start(program, root string, ln net.Listener) (*process, error) {
	tcp, ok := ln.(*net.TCPListener)
	if !ok {
		return nil, fmt.Errorf("%T is not a listener of TCP", ln)
	}
	socket, err := tcp.File()
	if err != nil {
		return nil, err
	}
	defer socket.Close() // the program has its own copy
	cmd := exec.CommandContext(context.Background(), program, "-p", root, "-c", "nginx.conf", "-e", "stderr")
	cmd.Dir = root                 // where relative names of sockets are looked for
	cmd.Env = []string{"NGINX=3;"} // the first of the files is a listener
	cmd.ExtraFiles = []*os.File{socket}
	p, err := run(cmd, filepath.Join(root, "log"))
	if err != nil {
		return nil, fmt.Errorf("start nginx: %w", err)
	}
	// Handing it over has made the listener wait in each call.
	return p, syscall.SetNonblock(int(socket.Fd()), true)
}
