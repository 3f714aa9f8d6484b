package main

import (
	"flag"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/pgtemp"
)

var clusterEvents = flag.Int("cluster-events", 4000, "how many events the test of three nodes posts in all")

// Nodes share what is owed; one that is killed or comes loses nothing, and while
// all live, nothing is sent twice at a time.
func TestThreeNodes(t *testing.T) {
	t.Parallel()
	database := pgtemp.Database(t)
	in := newInbox(t, 0)
	nodes := []*node{startNode(t, database, in)}
	nodes[0].addTrigger(t, in)

	part := *clusterEvents / 4
	var accepted []string
	for len(nodes) < 4 {
		begin := time.Now()
		ids := postTo(t, nodes, part)
		if lost := in.await(t, ids, 5*time.Minute); len(lost) > 0 {
			t.Fatalf("%d events have not come with %d nodes", len(lost), len(nodes))
		}
		t.Logf("%d nodes: %.0f deliveries a second", len(nodes), float64(part)/time.Since(begin).Seconds())
		accepted = append(accepted, ids...)
		if len(nodes) == 3 {
			break
		}
		n := startNode(t, database, in)
		n.awaitTrigger(t)
		nodes = append(nodes, n)
	}
	if twice := in.overlaps(); twice > 0 || in.repeats() > 0 {
		t.Errorf("while all nodes lived, %d deliveries were in flight twice at a time and %d came again, want none", twice, in.repeats())
	}

	kills := 0
	for sent := 0; sent < part; kills++ { // what a node was answered stays
		n := min(part-sent, max(200, part/5))
		accepted = append(accepted, postTo(t, nodes, n)...)
		sent += n
		victim := nodes[rand.IntN(len(nodes))]
		victim.kill(t)
		pause(t, time.Duration(rand.IntN(300))*time.Millisecond)
		victim.start(t)
	}
	lost := in.await(t, accepted, 2*time.Minute)
	t.Logf("accepted %d, delivered %d, repeated %d, lost %d over %d kills", len(accepted), in.different(), in.repeats(), len(lost), kills)
	if len(lost) > 0 {
		t.Errorf("lost %d events that were answered with 202", len(lost))
	}
	in.checkIDs(t)
}

// postTo posts events to all nodes at the same time, in batches, and returns their
// IDs.
func postTo(t *testing.T, nodes []*node, count int) []string {
	t.Helper()
	var mu sync.Mutex
	var all []string
	var wg sync.WaitGroup
	for i, n := range nodes {
		share := count / len(nodes)
		if i == 0 {
			share += count % len(nodes)
		}
		wg.Go(func() {
			for share > 0 {
				ids := n.postBatch(t, min(share, 500))
				share -= len(ids)
				mu.Lock()
				all = append(all, ids...)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return all
}
