package bench

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// publisher posts single events on a connection of its own. It writes requests
// and reads answers itself, so that it costs little on the machine that it
// shares with what it measures.
type publisher struct {
	conn    net.Conn
	answers *bufio.Reader
	head    []byte // of every request, up to the value of Content-Length
	request []byte
	body    []byte    // of the last answer
	used    time.Time // when that came
}

// keepFor is how long a publisher's connection is kept without being used, which is
// less than the server keeps it.
const keepFor = time.Minute

// publisherPool keeps the publishers that are not posting.
type publisherPool struct {
	mu   sync.Mutex
	free []*publisher
}

// take returns the publisher that was used last, or nil if there is none whose
// connection the server still keeps.
func (p *publisherPool) take() *publisher {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.free)
	if n == 0 || time.Since(p.free[n-1].used) > keepFor {
		p.drop()
		return nil
	}
	last := p.free[n-1]
	p.free = p.free[:n-1]
	return last
}

func (p *publisherPool) give(pub *publisher) {
	p.mu.Lock()
	defer p.mu.Unlock()
	pub.used = time.Now()
	p.free = append(p.free, pub)
}

func (p *publisherPool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop()
}

// drop closes the connections of all that are kept, on which nothing is under way.
func (p *publisherPool) drop() {
	for _, pub := range p.free {
		_ = pub.conn.Close()
	}
	p.free = nil
}

// connect makes a publisher for the rig's server.
func (r *rig) connect(ctx context.Context) (*publisher, error) {
	host := strings.TrimPrefix(r.apiURL, "http://")
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, err
	}
	head := fmt.Appendf(nil, "POST /api/v1/companies/%s/events HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"+
		"Content-Type: application/json\r\nContent-Length: ", company, host, r.key)
	return &publisher{conn: conn, answers: bufio.NewReader(conn), head: head}, nil
}

// postOne posts the event with the given number and waits for its answer.
func (r *rig) postOne(ctx context.Context, number int, eventType, fill string) error {
	p := r.publishers.take()
	if p == nil {
		var err error
		if p, err = r.connect(ctx); err != nil {
			return err
		}
	}
	if err := p.post(appendEvent(nil, number, eventType, fill)); err != nil {
		_ = p.conn.Close() // it is of no more use
		return err
	}
	r.publishers.give(p)
	return nil
}

func (p *publisher) post(event []byte) error {
	p.request = append(p.request[:0], p.head...)
	p.request = strconv.AppendInt(p.request, int64(len(event)), 10)
	p.request = append(p.request, "\r\n\r\n"...)
	p.request = append(p.request, event...)
	if _, err := p.conn.Write(p.request); err != nil {
		return err
	}
	status, body, err := p.answer()
	if err == nil && status != http.StatusAccepted {
		err = fmt.Errorf("an event was answered with %d: %.500s", status, body)
	}
	return err
}

// answer reads an answer that has a Content-Length, as short ones do.
func (p *publisher) answer() (status int, body []byte, err error) {
	line, err := p.answers.ReadSlice('\n')
	if err != nil {
		return 0, nil, err
	}
	if _, code, _ := bytes.Cut(line, []byte(" ")); len(code) >= 3 {
		status, _ = strconv.Atoi(string(code[:3])) // what isn't a number isn't 202
	}
	length := 0
	for {
		if line, err = p.answers.ReadSlice('\n'); err != nil {
			return status, nil, err
		}
		name, value, ok := bytes.Cut(bytes.TrimSpace(line), []byte(": "))
		if len(name) == 0 {
			break
		}
		if ok && string(name) == "Content-Length" {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return status, nil, err
			}
		}
	}
	p.body = slices.Grow(p.body[:0], length)[:length]
	_, err = io.ReadFull(p.answers, p.body)
	return status, p.body, err
}
