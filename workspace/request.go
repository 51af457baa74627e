package workspace

import (
	"net/netip"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"inboxuploader/uploader/scan"
)

// Limits of tokens. The period is from the workspace's documentation; MaxBefore is how far the
// service allows clocks to differ
// (learn.microsoft.com/azure/storage/common/storage-sas-overview, "Best practices").
const (
	DefaultPeriod = 30 * 24 * time.Hour
	MinPeriod     = time.Minute
	MaxPeriod     = 30 * 24 * time.Hour
	MaxBefore     = 15 * time.Minute // how long before now it may begin
	MaxReason     = 256              // characters
	DefaultRights = "w"              // all that an upload needs

	maxFolder = 256 // characters
	maxBy     = 64  // characters; longer names are cut
)

// possibleRights are the letters that a token may have, in the order that the service requires
// (learn.microsoft.com/rest/api/storageservices/create-service-sas).
const possibleRights = "racwdl"

// Request describes the token to issue. Only Reason is required.
type Request struct {
	Reason   string        // what it is for, 1 to 256 characters in one line
	From, To time.Time     // in whole seconds; zero From is now by the storage's clock, zero To is From + Period
	Period   time.Duration // DefaultPeriod if 0
	Rights   string        // letters of racwdl in any order, w or c among them; DefaultRights if empty
	IP       string        // the IPv4 address or range a-b it is accepted from, as the storage sees it; "" for any
	Folder   string        // the workspace folder where the files belong, a relative path with slashes; "" for none
	By       string        // who issues it, for the table
	TID      int           // the number to give it; 0 for the next one
}

// Check says whether the token can be issued at the time now. It needs no network. Errors are
// [*Error]s that wrap ErrRequest.
func (r Request) Check(now time.Time) error {
	_, err := r.settle(now)
	return err
}

// settle returns the request with its blanks filled in and its rules checked.
func (r Request) settle(now time.Time) (Request, error) {
	r.Reason = strings.TrimSpace(r.Reason)
	switch n := utf8.RuneCountInString(r.Reason); {
	case r.Reason == "":
		return r, refuse(ReasonMissing, "")
	case !utf8.ValidString(r.Reason) || strings.ContainsFunc(r.Reason, unseen):
		return r, refuse(ReasonUnreadable, "")
	case n > MaxReason:
		return r, refuse(ReasonTooLong, itoa(n))
	}
	if err := r.settleDates(now); err != nil {
		return r, err
	}
	for _, settle := range []func(*Request) error{(*Request).settleRights, (*Request).settleIP, (*Request).settleFolder} {
		if err := settle(&r); err != nil {
			return r, err
		}
	}
	r.By = tidyName(r.By)
	return r, nil
}

// tidyName makes a person's name fit for the table.
func tidyName(name string) string {
	name = strings.TrimSpace(strings.Map(func(c rune) rune {
		if unseen(c) {
			return -1
		}
		return c
	}, strings.ToValidUTF8(name, "")))
	if cut := []rune(name); len(cut) > maxBy {
		return string(cut[:maxBy])
	}
	return name
}

// unseen reports characters that could make a line of the table misleading: control characters,
// line and paragraph separators, and characters that reverse the direction of writing.
func unseen(c rune) bool {
	return unicode.IsControl(c) || c == '\u2028' || c == '\u2029' || c >= '\u202A' &&
		c <= '\u202E' || c >= '\u2066' && c <= '\u2069'
}

func (r *Request) settleDates(now time.Time) error {
	second := func(t time.Time) time.Time { return t.UTC().Truncate(time.Second) } // as it stands in the link
	if r.From.IsZero() {
		r.From = now
	}
	from := second(r.From)
	if r.Period == 0 {
		r.Period = DefaultPeriod
	}
	if r.To.IsZero() {
		r.To = from.Add(r.Period)
	}
	to := second(r.To)
	r.From, r.To, r.Period = from, to, to.Sub(from)
	const layout = "2 January 2006, 15:04 MST"
	switch {
	case r.Period < 0:
		return refuse(EndsBeforeStart, "")
	case from.Before(second(now.Add(-MaxBefore))):
		return refuse(StartsInPast, from.Local().Format(layout))
	case r.Period < MinPeriod:
		return refuse(PeriodTooShort, "")
	case r.Period > MaxPeriod:
		return refuse(PeriodTooLong, "")
	case !to.After(now):
		return refuse(EndsInPast, to.Local().Format(layout))
	}
	return nil
}

func (r *Request) settleRights() error {
	if r.Rights == "" {
		r.Rights = DefaultRights
	}
	if strings.Trim(r.Rights, possibleRights) != "" {
		return refuse(RightsUnknown, shorten(r.Rights))
	}
	var ordered strings.Builder
	for _, letter := range possibleRights {
		if strings.ContainsRune(r.Rights, letter) {
			ordered.WriteRune(letter)
		}
	}
	if r.Rights = ordered.String(); !strings.ContainsAny(r.Rights, "cw") {
		return refuse(RightsCannotWrite, "")
	}
	return nil
}

// settleIP reads one address or two with a hyphen. The service takes IPv4 only.
func (r *Request) settleIP() error {
	if r.IP = strings.ReplaceAll(r.IP, " ", ""); r.IP == "" {
		return nil
	}
	first, last, isRange := strings.Cut(r.IP, "-")
	a, err := netip.ParseAddr(first)
	b := a
	if err == nil && isRange {
		b, err = netip.ParseAddr(last)
	}
	if err != nil || !a.Is4() || !b.Is4() || b.Less(a) {
		return refuse(AddressRangeInvalid, shorten(r.IP))
	}
	if r.IP = a.String(); a != b {
		r.IP += "-" + b.String()
	}
	return nil
}

// settleFolder checks the folder against the rules for names in an inbox; it renames nothing.
func (r *Request) settleFolder() error {
	if r.Folder = strings.Trim(strings.TrimSpace(r.Folder), "/"); r.Folder == "" {
		return nil
	}
	name, err := scan.PlanName("", r.Folder)
	if err != nil || name.Renamed || len(name.Warnings) > 0 ||
		utf8.RuneCountInString(r.Folder) > maxFolder || strings.ContainsFunc(r.Folder, unseen) {
		return refuse(FolderInvalid, shorten(r.Folder))
	}
	return nil
}

// shorten makes a wrong value fit to be repeated in a sentence.
func shorten(s string) string {
	const most = 60
	s = strings.Map(func(c rune) rune {
		if unseen(c) {
			return '�'
		}
		return c
	}, strings.ToValidUTF8(s, "�"))
	if cut := []rune(s); len(cut) > most {
		return string(cut[:most]) + "…"
	}
	return s
}

// workspaceName is a valid beginning of a container's name, which leaves room for "-" and a number
// of nine digits
//
// (learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata).
var workspaceName = regexp.MustCompile(`^[a-z0-9](?:-?[a-z0-9])*$`)

const (
	maxWorkspaceName = 53
	maxTID           = 999_999_999
)

// CheckName says whether a workspace can have this name. The error is an [*Error] that wraps
// ErrRequest.
func CheckName(id string) error {
	if len(id) > maxWorkspaceName || !workspaceName.MatchString(id) {
		e := newError("open workspace", WorkspaceNameInvalid)
		e.Value = shorten(id)
		return e
	}
	return nil
}
