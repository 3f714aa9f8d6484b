package metrics

import (
	"maps"
	"sync"
	"sync/atomic"
)

// otherCompany stands for the companies that are not named. It can't be the ID of
// one, which has no underscore.
const otherCompany = "_other"

// kept keeps a value for each key. Those who only look take no lock and allocate
// nothing. There must be few keys: each new one copies the map.
type kept[K comparable, V any] struct {
	mu  sync.Mutex
	all atomic.Pointer[map[K]V]
}

// of returns the value of a key, which fresh makes the first time.
func (k *kept[K, V]) of(key K, fresh func(K) V) V {
	if all := k.all.Load(); all != nil {
		if v, ok := (*all)[key]; ok {
			return v
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	more := make(map[K]V)
	if all := k.all.Load(); all != nil {
		if v, ok := (*all)[key]; ok {
			return v
		}
		maps.Copy(more, *all)
	}
	v := fresh(key)
	more[key] = v
	k.all.Store(&more)
	return v
}

// names decides which companies are named in labels: the first ones that it is
// asked for.
type names struct {
	most int

	mu    sync.Mutex
	named atomic.Pointer[map[string]struct{}]
}

// of returns what a company is called in labels.
func (n *names) of(company string) string {
	named := n.named.Load()
	if named != nil {
		if _, ok := (*named)[company]; ok {
			return company
		}
		if len(*named) >= n.most {
			return otherCompany
		}
	}
	return n.add(company)
}

func (n *names) add(company string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	more := make(map[string]struct{})
	if named := n.named.Load(); named != nil {
		maps.Copy(more, *named)
	}
	if _, ok := more[company]; !ok && len(more) >= n.most {
		return otherCompany
	}
	more[company] = struct{}{}
	n.named.Store(&more)
	return company
}
