//go:build unix && !race

package sim

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/internal/crc64"
	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/token"
)

// world is all that a seed makes. Its main goroutine lets one event happen after the other; the
// queues' goroutines run in between.
type world struct {
	plan    plan
	dir     string
	began   time.Time
	passed  time.Duration // while nothing ran, besides what the events say
	random  *rand.Rand    // for tokens; no event depends on it
	disk    *disk
	storage *storage
	alive   [2]*process
	hands   []*issued // the tokens that the person has, one an inbox
	tokens  []*issued
	logs    text
	late    sync.WaitGroup // requests that arrive after all
	writers sync.WaitGroup // slow writers
	// funerals are what ends killed processes.
	funerals sync.WaitGroup

	fullUntil, busyUntil time.Time // of the disk with the list
	writes               atomic.Int64

	mu        sync.Mutex
	story     []string
	broken    []string
	steps     int
	adds      []*added
	ledger    allowance
	renamed   bool            // a person asked for other names
	forgot    bool            // a person had something forgotten
	moved     bool            // uploads were given to another inbox
	asked     map[string]bool // names that a person had replaced
	outside   bool            // a link was put in the place of something
	emptied   bool
	held      bool          // the address of an inbox was taken back
	relocated bool          // a person said that a folder lies elsewhere
	told      bool          // and was heard
	unowned   bool          // for a while nobody could tell what came of an upload that was cut off
	skew      time.Duration // by how much the storage's clock is ahead
	jumped    time.Duration // by how much this computer's was put right while nothing ran
	movedFrom string
	gone      time.Time                 // when the list was removed while it was in use; zero: never
	delivered map[int64]string          // files that a person was told are in the inbox, by job
	doubted   []*request                // were under way when a process was killed
	owners    map[int64]*process        // of uploads
	kept      map[string]inboxes.Record // inboxes under names
	unkept    bool                      // some of these may be lost
	ownDisk   bool                      // the list's disk is this computer's own, whatever the others are
	starts    int                       // of processes
	memory    ledger.Journal            // the list, where it is no file
	foreign   bool                      // what was under way at the next kill is written by somebody else
	mending   bool                      // all faults have ended
}

// issued is a token of this world.
type issued struct {
	token   token.Token
	secret  string
	begins  time.Time
	ends    time.Time
	revoked bool
}

// outcome is what came of a world.
type outcome struct {
	broken []string // the promises that were broken, in the order in which that was seen
	story  []string
	steps  int // events and requests
}

// run lets a plan happen.
func run(t *testing.T, p plan) (o outcome) {
	t.Helper()
	pattern := "world"
	if p.config.network {
		pattern = networkPattern
	}
	dir, err := os.MkdirTemp(fast(), pattern)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		t.Fatal(err)
	}
	w := &world{
		plan: p, dir: dir, asked: map[string]bool{}, delivered: map[int64]string{},
		owners: map[int64]*process{}, kept: map[string]inboxes.Record{},
	}
	defer func() {
		if e := recover(); e != nil {
			w.broken = append(
				w.broken,
				fmt.Sprintf("8: the world came to a stop: %v\n%s", e, debug.Stack()),
			)
		}
		o = outcome{w.broken, w.story, w.steps}
	}()
	synctest.Test(t, func(*testing.T) { w.happen() })
	return o
}

// networkPattern begins the folders of worlds whose disks are other machines'.
const networkPattern = "networld"

// ownDisks are folders of worlds whose disks are this computer's own after all.
var ownDisks sync.Map

// fast is a folder in memory, where there is one.
func fast() string {
	if fi, err := os.Stat("/dev/shm"); err == nil && fi.IsDir() {
		return "/dev/shm"
	}
	return ""
}

// happen is the world from its beginning to its end.
func (w *world) happen() {
	w.began = time.Now()
	w.skew = w.plan.config.skew
	w.random = rand.New(rand.NewPCG(w.plan.seed, 1))
	w.disk = newDisk(w, w.dir)
	defer w.disk.close()
	w.storage = newStorage(w)
	rights := "cw"
	if w.plan.config.createOnly {
		rights = "c"
	}
	w.take(w.issue("ws-1", rights, 24*time.Hour*30))
	w.start(0)
	for _, e := range w.plan.events {
		if d := e.at + w.passed - time.Since(w.began); d > 0 {
			time.Sleep(d + 3) // no timer of the program's ends at that very moment
		}
		w.steps++
		w.event(e)
		synctest.Wait()
		w.look()
		w.writeForeign()
		if len(w.broken) > 0 {
			break
		}
	}
	w.mend()
	if len(w.broken) == 0 {
		w.judge()
	}
	w.end()
}

// must ends the world where its own doings fail.
func (w *world) must(err error) {
	if err != nil {
		panic(err)
	}
}

// say adds a line to the story.
func (w *world) say(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tell(format, args...)
}

// tell is say for who holds the lock.
func (w *world) tell(format string, args ...any) {
	w.story = append(
		w.story,
		fmt.Sprintf("%11.3f s  ", time.Since(w.began).Seconds())+fmt.Sprintf(format, args...),
	)
}

// breaks notes that a promise is broken. The caller may hold the lock or not hold it.
func (w *world) breaks(promise int, format string, args ...any) {
	line := fmt.Sprintf("%d: ", promise) + fmt.Sprintf(format, args...)
	w.broken = append(w.broken, line)
	w.story = append(w.story, fmt.Sprintf("%11.3f s  BROKEN ", time.Since(w.began).Seconds())+line)
}

// breaksNow is breaks for who does not hold the lock, as what goes on beside the world's own doings.
func (w *world) breaksNow(promise int, format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.breaks(promise, format, args...)
}

// said tells of a request and what came of it.
func (w *world) said(r *request, rule int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.steps++
	of := ""
	if rule >= 0 {
		of = " [" + faultNames[rule] + "]"
		w.allowFault(r, rule)
	}
	w.tell("process %d: %v: %s%s", r.p.n, r, word(err), of)
}

// issue makes a token for a container.
func (w *world) issue(container, rights string, valid time.Duration) *issued {
	return w.issueFrom(container, rights, -time.Hour, valid)
}

// issueFrom makes one that is valid from a while ahead on.
func (w *world) issueFrom(container, rights string, from, valid time.Duration) *issued {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	secret := make([]byte, 42)
	for i := range secret {
		secret[i] = letters[w.random.IntN(len(letters))]
	}
	sig := string(secret) + "A="
	now := w.storage.now()
	ends := now.Add(valid)
	place, resource := container, "c"
	switch c := &w.plan.config; {
	case container == "ws-1" && c.oneName:
		place, resource = "ws-1/only.dat", "b"
	case container == "ws-1" && c.prefix:
		place = "ws-1/in/here"
	}
	link := fmt.Sprintf(
		"https://labinbox.blob.core.windows.net/%s?sv=2021-12-02&st=%s&se=%s&sr=%s&sp=%s&sig=%s",
		place,
		now.Add(from).UTC().Format(time.RFC3339),
		ends.UTC().Format(time.RFC3339),
		resource,
		rights,
		url.QueryEscape(sig),
	)
	t, err := token.Parse(link)
	w.must(err)
	i := &issued{token: t, secret: string(secret), begins: t.ValidFrom, ends: t.ValidTo}
	w.tokens = append(w.tokens, i)
	return i
}

// take gives a token to the person, who gives it to all that runs.
func (w *world) take(i *issued) {
	w.hands = slices.DeleteFunc(
		w.hands,
		func(o *issued) bool { return o.token.Inbox.Key() == i.token.Inbox.Key() },
	)
	w.hands = append(w.hands, i)
	for _, p := range w.alive {
		if p != nil && !p.dead.Load() {
			p.held.Delete(i.token.Inbox.Key())
			w.must(p.queue.Use(i.token))
		}
	}
}

// named are the names that a file gets in a container, as it is added most often.
func (w *world) named(container string, f *file) (all []string) {
	for _, i := range w.tokens {
		in := i.token.Inbox
		if in.Container != container {
			continue
		}
		for _, root := range []string{"run", "more"} {
			rest, ok := strings.CutPrefix(f.path, root+"/")
			name, err := scan.PlanName(in.Prefix, root+"/"+rest)
			switch {
			case !ok || err != nil:
			case in.Blob != "":
				all = append(all, in.Blob)
			default:
				all = append(all, name.Blob)
			}
		}
		return all
	}
	return nil
}

// issuedAs returns the token of this world that a process was given.
func (w *world) issuedAs(t token.Token) *issued {
	for _, i := range w.tokens {
		if i.token.Query() == t.Query() {
			return i
		}
	}
	panic("a token that nobody issued")
}

func crc(data []byte) uint64 { return crc64.Checksum(data) }
