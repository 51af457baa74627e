//go:build unix && !race

package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// event is one thing that happens to a world at a moment of its own. What a, b and c mean is its
// kind's; any numbers are valid, so that each event can be left out without the others.
type event struct {
	at      time.Duration // since the world began
	kind    kind
	a, b, c int
}

// kind is what happens.
type kind string

// What happens to files, a: which file.
const (
	oddities   kind = "oddities"    // before all else: what is no plain file; a: 0 for many files, too; b: 0 for long names
	makeFile   kind = "file"        // before all else; b: its size, c: its age
	grow       kind = "grow"        // b: by how much
	shrink     kind = "shrink"      // b: to which part
	rewrite    kind = "rewrite"     // some bytes, in place
	putBack    kind = "put-back"    // the same, and its modification time is put back
	touch      kind = "touch"       // its times alone
	slowly     kind = "slowly"      // in steps of which none rests for long; b: steps
	mapped     kind = "mapped"      // the same through memory: its times tell of the first step alone
	renameOver kind = "rename-over" // another file takes its name
	swapLink   kind = "swap-link"   // a link to what is nobody's business takes its place
	swapDir    kind = "swap-folder" // the same with its folder
	swapPipe   kind = "swap-pipe"   // a pipe, a socket or a folder takes its place
	vanish     kind = "vanish"
	appear     kind = "appear"    // a further file; b: its size
	unplug     kind = "unplug"    // the disk goes; b: for how long, c: whether it has another number then
	moveRoot   kind = "move-root" // a person says again where a folder lies
	relocate   kind = "relocate"  // the folder "run" lies elsewhere from now on
)

// What happens to the storage.
const (
	fault    kind = "fault"    // a: which, b: of which request on, c: how many
	stranger kind = "stranger" // somebody writes under the name of file a
	forget   kind = "forget"   // staged blocks are discarded
	empty    kind = "empty"    // all blobs of the inbox are gone
	outage   kind = "outage"   // nothing is reached for a: a while
	lock     kind = "lock"     // nobody may replace file a's name
	endToken kind = "end-token"
	newToken kind = "new-token" // a: for which inbox, b: of which kind
	check    kind = "check"     // a person has a token tried
)

// What happens to processes and their list.
const (
	kill    kind = "kill"   // a: which, b: where, c: of which request or commit on
	restart kind = "close"  // a: which; it ends in order, and is started again
	second  kind = "second" // another process begins
	damage  kind = "damage" // of the list, if no process is alive; a: where
	clock   kind = "clock"  // this computer's is put right, if no process is alive
	pass    kind = "pass"   // hours pass, if no process is alive; a: how many
	fullOn  kind = "disk-full"
	busyOn  kind = "list-busy"
	tidy    kind = "tidy"   // somebody removes the list while it is in use
	remove  kind = "remove" // a person removes the list, if no process is alive
	keep    kind = "keep"   // a: an inbox is kept under a name, or is not any more
)

// What happens only together.
const (
	lostCommit kind = "lost-commit" // a commit's answer is lost, and its file changes before the next try
	lostBoth   kind = "lost-both"   // two files for one name, and an answer about it is lost
	foreign    kind = "foreign"     // a kill during a request, and later somebody writes that name
	fullAdd    kind = "full-add"    // the list's disk is full once something was added; then a person gives it up
	cutFull    kind = "cut-full"    // the list's disk is full for a while, and then the process is killed
	rival      kind = "rival"       // another process takes what waits just before this one does
	halfSent   kind = "half-sent"   // a file changes when some of its blocks were sent, and maybe a kill
)

// What a person does. a: which process, b: which file, or which transfer.
const (
	add      kind = "add" // a: process, b: what, c: how
	command  kind = "command"
	redirect kind = "redirect"
	limit    kind = "limit"
	connect  kind = "connect"
	rescan   kind = "adopt"
	doubtful kind = "doubtful" // a lost answer, then a pause before the next try
	cutCopy  kind = "cut-copy" // a kill as soon as something is sent under a further name
	cutAdd   kind = "cut-add"  // the same as add, and a kill while folders are read
	tryNow   kind = "try-now"
	hold     kind = "hold" // the inbox's address is taken back, and allowed again
)

// plan is all that a seed chooses.
type plan struct {
	seed    uint64
	profile int
	config  config
	events  []event
}

// config is what does not happen at a moment.
type config struct {
	connections int
	blockSize   int64
	memory      int64
	checksums   bool // the storage names them
	createOnly  bool // the first token is
	nearby      time.Duration
	skew        time.Duration // by how much the storage's clock is ahead
	rate        int64         // bytes a second that the line takes; 0: any
	strict      bool          // an administrator lets nothing be replaced, and bounds the speed
	prefix      bool          // the inbox is a folder of its container
	oneName     bool          // or a single name
	network     bool          // the disks are other machines'
	before      int           // so many processes write the list as a version before did
	inMemory    bool          // the list is no file
}

// Profiles: worlds in which everything happens find most, and those in which less happens can be
// held to more.
const (
	wild    = iota // everything
	calm           // faults and kills alone: what is sent twice is counted
	changes        // files change, and nothing else goes wrong
	people         // persons, strangers, tokens, processes
	profiles
)

// planOf makes the plan of a seed.
func planOf(seed uint64) plan {
	r := rand.New(rand.NewPCG(seed, 0x5eed))
	p := plan{seed: seed, profile: int(seed % profiles), config: config{
		connections: []int{0, 1, 2, 4, 8}[r.IntN(5)],
		blockSize:   64 << 10,
		memory:      int64(1+r.IntN(4)) << 20,
		checksums:   r.IntN(8) > 0,
		createOnly:  r.IntN(16) == 0,
		nearby:      []time.Duration{1, 20, 200}[r.IntN(3)] * time.Millisecond,
		skew:        []time.Duration{0, 0, 0, time.Hour, -47 * time.Minute, 3 * time.Second}[r.IntN(6)],
	}}
	if r.IntN(6) == 0 {
		p.config.blockSize = 0
	}
	one := func(of int) bool { return r.IntN(of) == 0 }
	p.config.rate = []int64{0, 0, 0, 20_000, 100_000, 400_000}[r.IntN(6)]
	p.config.strict, p.config.prefix, p.config.oneName = one(16), one(6), one(24)
	p.config.network, p.config.inMemory = one(16), one(16)
	if one(8) {
		p.config.before = 1 + r.IntN(2)
	}
	files := 1 + r.IntN(8)
	for i := range files {
		p.events = append(
			p.events,
			event{kind: makeFile, a: i, b: r.IntN(len(sizes)), c: r.IntN(6)},
		)
	}
	if r.IntN(3) == 0 { // somebody was there before
		for range 1 + r.IntN(2) {
			p.events = append(p.events, event{kind: stranger, a: r.IntN(files), b: r.IntN(2)})
		}
	}
	if p.profile == calm {
		p.events = slices.DeleteFunc(p.events, func(e event) bool { return e.kind == stranger })
	}
	span := time.Duration(2+r.IntN(60)) * time.Second
	mode, what := r.IntN(plainWays), r.IntN(3)
	if r.IntN(2) == 0 {
		mode, what = r.IntN(len(ways)), r.IntN(len(whats))
	}
	if p.profile == calm {
		mode, what, p.config.strict = 0, r.IntN(3), false
	}
	p.events = append(p.events, event{at: time.Millisecond, kind: add, b: what, c: mode})
	if r.IntN(4) == 0 {
		p.events = append(p.events, event{kind: oddities, a: r.IntN(3), b: r.IntN(4)})
	}
	kinds := some(r, happenings[p.profile])
	for range 2 + r.IntN(14) {
		within := span
		if r.IntN(2) == 0 { // most is under way soon after something was added
			within = min(span, 4*time.Second)
		}
		e := event{
			at:   time.Duration(r.Int64N(int64(within))) + 2*time.Millisecond,
			kind: kinds[r.IntN(len(kinds))], a: r.IntN(1000), b: r.IntN(1000), c: r.IntN(1000),
		}
		p.events = append(p.events, e)
	}
	slices.SortStableFunc(p.events, func(a, b event) int { return int(a.at - b.at) })
	return p
}

// plainWays is how many of ways leave nothing out.
const plainWays = 5

// some are those kinds that happen in one world: what happens seldom beside all else has room where
// other things never do.
func some(r *rand.Rand, all []kind) []kind {
	if r.IntN(4) == 0 {
		return all
	}
	left := map[kind]bool{}
	for _, k := range all {
		if _, known := left[k]; !known {
			left[k] = r.IntN(2) == 0
		}
	}
	kinds := slices.DeleteFunc(slices.Clone(all), func(k kind) bool { return left[k] })
	if len(kinds) == 0 {
		return all
	}
	return kinds
}

// happenings are the kinds of each profile; those that stand there more than once happen more
// often.
var happenings = [profiles][]kind{
	calm: {
		fault, fault, fault, kill, kill, pass, restart, forget, limit, connect, fullOn, busyOn,
		rescan, outage, tryNow, cutFull, check, keep,
	},
	changes: {
		grow, shrink, rewrite, putBack, touch, slowly, slowly, mapped, renameOver, swapLink,
		swapDir, swapPipe, vanish, appear, unplug, add, fault, halfSent, relocate,
	},
	people: {
		add, add, cutAdd, command, command, command, redirect, limit, connect, stranger, lock,
		endToken, newToken, newToken, second, kill, kill, pass, pass, restart, empty, moveRoot,
		relocate, rescan, hold, tryNow, doubtful, cutCopy, lostBoth, foreign, rival, check, keep,
		remove, tidy, clock, fullAdd,
	},
	wild: {
		grow, shrink, rewrite, putBack, touch, slowly, mapped, renameOver, swapLink, swapDir,
		swapPipe, vanish, appear, unplug, moveRoot, relocate, halfSent,
		fault, fault, fault, fault, outage, stranger, forget, empty, lock, endToken, newToken,
		newToken, kill, kill, kill, pass, pass, damage, damage, restart, second, fullOn, busyOn,
		add, add, cutAdd, command, command, command, redirect, limit, connect, rescan, hold, tryNow,
		doubtful, cutCopy, lostCommit, lostCommit, lostBoth, foreign, cutFull, rival, check, keep,
		remove, tidy, clock, fullAdd,
	},
}

// sizes are at every boundary of blocks of 64 KiB.
var sizes = []int{
	0, 1, 100, 1000, 30_000, 64<<10 - 1, 64 << 10, 64<<10 + 1,
	2 * 64 << 10, 3*64<<10 + 7, 5*64<<10 - 1, 300_000, 9 * 64 << 10, 1_300_000,
}

func (e event) String() string {
	return fmt.Sprintf("%v %s(%d, %d, %d)", e.at.Round(time.Millisecond), e.kind, e.a, e.b, e.c)
}
