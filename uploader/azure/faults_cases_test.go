package azure

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/plan"
	"inboxuploader/uploader/problem"
)

// spot is the request that a fault hits.
type spot string

const (
	smallFile  spot = "small file" // sent in one request
	nameProbe  spot = "name probe" // a large file's question whether its name is free
	firstBlock spot = "large file" // the first of its blocks
	lastBlock  spot = "last block"
	commitment spot = "commit"
)

// mode is what stands under the file's name before, and what may become of it.
type mode string

const (
	free    mode = "free"    // nothing
	taken   mode = "taken"   // another's file, which must stay
	replace mode = "replace" // another's file, which may be replaced
)

const (
	smallSize = 1000
	// The large file has four blocks, of which the last is shorter.
	largeSize   = 3*plan.MinBlockSize + 17
	largeBlocks = 4
)

// ending is what a job comes to: delivered, or why not.
type ending struct {
	state  ledger.JobState // of a job that ends
	reason problem.Reason
	holds  bool // the inbox waits for a person, and goes on with the token that is given then
	waits  bool // it is tried again and again, which is said, and goes on when the fault is over
}

var delivered = ending{state: ledger.Delivered}

func holds(r problem.Reason) ending     { return ending{reason: r, holds: true} }
func waits(r problem.Reason) ending     { return ending{reason: r, waits: true} }
func attention(r problem.Reason) ending { return ending{state: ledger.Attention, reason: r} }
func failed(r problem.Reason) ending    { return ending{state: ledger.Failed, reason: r} }

var leftAlone = ending{state: ledger.LeftAlone, reason: problem.AlreadyThere}

// faultCase is a fault with its ending wherever it hits, but for the spots that have one of their
// own.
type faultCase struct {
	line  string
	end   ending
	at    map[spot]ending
	spots []spot // nil: all
}

// afterWork reports whether the fault replaces the answer to a request that was carried out.
func (f faultCase) afterWork() bool {
	word, _, _ := strings.Cut(f.line, " ")
	return strings.Contains(f.line, "at=answer") ||
		slices.Contains([]string{"echo", "unchecked", "stray", "truncate"}, word)
}

// unseen reports whether the server says that the name is taken before the fault can happen: it
// reads no whole file for that, and no block is sent.
func (r faultRun) unseen() bool {
	if r.mode != taken {
		return false
	}
	return strings.HasPrefix(r.fault.line, "foreign") || r.spot == smallFile &&
		(strings.HasPrefix(r.fault.line, "damage") ||
			strings.HasPrefix(r.fault.line, "stall at=body") ||
			strings.HasPrefix(r.fault.line, "stall at=end"))
}

// noProgress is how long a request of the case may stand still. Only where that is what is played
// it is short: on a machine that has much to do any request may stand still for a while, which a
// create-only token can't make good.
func (r faultRun) noProgress() time.Duration {
	switch {
	case !strings.HasPrefix(r.fault.line, "stall"):
		return time.Minute
	case r.rights == "c":
		return 3 * time.Second
	}
	return time.Second
}

// faultCases is every fault of docs/FAULTS.md but those of TLS, and every way of ending. ELSEWHERE
// is a server that must never be asked.
var faultCases = []faultCase{
	// What passes by itself.
	{line: "refuse ServerBusy count=2", end: delivered},
	{line: "refuse ServerBusy retry-after=1s count=1", end: delivered},
	{line: "refuse InternalError count=2", end: delivered},
	{line: "refuse InternalError at=answer count=1", end: delivered},
	{line: "refuse OperationTimedOut at=end count=2", end: delivered},
	{line: "refuse OperationTimedOut at=answer count=1", end: delivered},
	{line: "refuse SystemInUse count=1", end: delivered},
	{line: "status 407 count=1", end: delivered},
	{line: "status 408 count=1", end: delivered},
	{line: "status 429 count=2", end: delivered},
	{line: "status 500 count=1", end: delivered},
	{line: "status 500 at=answer count=1", end: delivered},
	{line: "status 502 at=body count=1", end: delivered},
	{line: "status 503 retry-after=1s count=1", end: delivered},
	{line: "status 504 at=end count=1", end: delivered},
	{line: "reset count=2", end: delivered},
	{line: "reset at=body count=2", end: delivered},
	{line: "reset at=end count=2", end: delivered},
	{line: "reset at=answer count=1", end: delivered},
	{line: "stall count=1", end: delivered},
	{line: "stall at=body count=1", end: delivered},
	{line: "stall at=end count=1", end: delivered},
	{line: "stall at=answer count=1", end: delivered},
	{line: "stall for=20ms", end: delivered},
	{line: "slow 1000000", end: delivered},
	{line: "page count=2", end: delivered},
	{line: "status 201 count=2", end: delivered},
	{line: "status 201 at=answer count=1", end: delivered},
	{line: "page at=answer count=1", end: delivered},
	{line: "redirect ELSEWHERE count=1", end: delivered},
	{line: "garbage count=2", end: delivered},
	{line: "garbage at=answer count=1", end: delivered},
	{line: "truncate count=1", end: delivered},
	{line: "echo count=1", end: delivered},
	{line: "damage count=2", end: delivered},
	{line: "refuse Crc64Mismatch count=2", end: delivered},
	{line: "refuse InvalidXmlDocument count=1", end: delivered},
	{line: "refuse InvalidBlockList count=1", end: delivered},
	{line: "discard count=1", end: delivered},
	{line: "unchecked count=1", end: delivered, spots: []spot{firstBlock, lastBlock}},
	{line: "stray count=1", end: delivered},
	{line: "clock 10m", end: delivered},
	// What lasts is said, and goes on when it is over.
	{line: "refuse ServerBusy", end: waits(problem.ServiceBusy)},
	{line: "status 500", end: waits(problem.ServiceFault)},
	{line: "reset at=body", end: waits(problem.NetworkDown)},
	{line: "reset at=end", end: waits(problem.NetworkDown)},
	{line: "stall at=body", end: waits(problem.NoProgress)},
	{line: "page", end: waits(problem.NotTheService)},
	{line: "status 201", end: waits(problem.NotTheService)},
	{line: "redirect ELSEWHERE", end: waits(problem.NotTheService)},
	{line: "garbage", end: waits(problem.AnswerGarbled)},
	{line: "stray", end: waits(problem.AnswerForeign), spots: []spot{firstBlock, lastBlock}},
	// What concerns the token holds the inbox.
	{line: "clock 48h count=1", end: holds(problem.Expired)},
	{line: "clock -48h count=1", end: holds(problem.NotYetValid)},
	{line: `refuse AuthenticationFailed detail="Signature did not match." count=1`, end: holds(problem.SignatureRefused)},
	{line: "refuse AuthorizationPermissionMismatch count=1", end: holds(problem.PermissionMissing)},
	{line: "refuse AuthorizationSourceIPMismatch count=1", end: holds(problem.AddressRefused)},
	{line: "refuse AuthorizationFailure count=1", end: holds(problem.FirewallRefused)},
	{line: "refuse KeyBasedAuthenticationNotPermitted at=end count=1", end: holds(problem.TokensNotAccepted)},
	{line: "refuse ContainerNotFound count=1", end: holds(problem.InboxGone)},
	{line: "refuse AccountIsDisabled count=1", end: holds(problem.AccountGone)},
	// What concerns one file ends that.
	{line: "refuse BlobAlreadyExists count=1", end: leftAlone},
	{line: "refuse BlobImmutableDueToPolicy count=1", end: attention(problem.NameLocked)},
	{line: "refuse UnauthorizedBlobOverwrite count=1", end: attention(problem.MayNotReplace)},
	{line: "refuse BlobOperationNotSupported count=1", end: attention(problem.WrittenOtherwise)},
	{line: "refuse PathConflict count=1", end: attention(problem.NameIsFolder)},
	{line: "refuse InvalidBlobOrBlock count=1", end: attention(problem.ForeignBlocks)},
	{line: "refuse InvalidResourceName count=1", end: attention(problem.NameRefused)},
	{line: "foreign count=1", end: delivered, at: map[spot]ending{
		nameProbe: attention(problem.ForeignBlocks), firstBlock: attention(problem.ForeignBlocks),
	}},
	{line: "damage", end: failed(problem.Corrupted), spots: []spot{smallFile, firstBlock, lastBlock}},
	{line: "refuse Crc64Mismatch", end: failed(problem.Corrupted)},
	{line: "refuse RequestBodyTooLarge count=1", end: failed(problem.Unexpected)},
}

// faultRun is one case: a server of its own, a queue, and one file.
type faultRun struct {
	fault  faultCase
	spot   spot
	rights string
	mode   mode
}

func (r faultRun) String() string {
	return fmt.Sprintf("%s | %s | token %s | name %s", r.fault.line, r.spot, r.rights, r.mode)
}

// runs returns the cases of the matrix. The race detector sees those of one kind of token.
func runs() (all []faultRun) {
	spots := []spot{smallFile, nameProbe, firstBlock, lastBlock, commitment}
	kinds := []string{"w", "cw", "racwdl"}
	if raceDetector {
		kinds = []string{"cw"}
	}
	for _, f := range faultCases {
		for _, s := range spots {
			if f.spots != nil && !slices.Contains(f.spots, s) {
				continue
			}
			if s == nameProbe && f.afterWork() {
				continue // it never succeeds
			}
			for _, rights := range kinds {
				all = append(all, faultRun{f, s, rights, free})
			}
			if s == smallFile {
				all = append(all, faultRun{f, s, "c", free})
			}
			if (s == smallFile || s == nameProbe) && !f.afterWork() {
				all = append(all, faultRun{f, s, "cw", taken})
			}
			if s != nameProbe {
				all = append(all, faultRun{f, s, "cw", replace})
			}
		}
	}
	return all
}

// script aims the fault at the spot. Only one connection is used, so requests come in a known
// order.
func (r faultRun) script(elsewhere string) string {
	line := strings.ReplaceAll(r.fault.line, "ELSEWHERE", elsewhere)
	switch r.spot {
	case smallFile:
		return line + " op=PutBlob"
	case firstBlock:
		return line + " op=PutBlock"
	case lastBlock:
		return fmt.Sprintf("%s op=PutBlock from=%d", line, largeBlocks)
	case nameProbe:
		return line + " op=PutBlockList"
	}
	if r.fault.afterWork() || r.mode == replace {
		return line + " op=PutBlockList" // the probe does not succeed, or is not there
	}
	return line + " op=PutBlockList from=2"
}

// ending is what the case must come to.
func (r faultRun) ending() ending {
	end := r.fault.end
	if own, ok := r.fault.at[r.spot]; ok {
		end = own
	}
	if r.unseen() {
		return leftAlone
	}
	if end == leftAlone && r.mode == replace && (r.spot == smallFile || r.spot == commitment) {
		return attention(problem.MayNotReplace)
	}
	// A create-only token can't find out whose a file is after it may have been stored. And it is
	// known as the cause where rights are missing.
	if r.rights == "c" {
		if r.fault.afterWork() && end == delivered {
			end = attention(problem.AlreadyThereByUs)
		}
		if end.reason == problem.PermissionMissing {
			end.reason = problem.PermissionCreateOnly
		}
	}
	return end
}

// afterwards is what it comes to once the cause is mended.
func (r faultRun) afterwards(end ending) ending {
	switch {
	case !end.holds && !end.waits && end != delivered:
		return end
	case r.mode == taken:
		return leftAlone
	}
	return delivered
}
