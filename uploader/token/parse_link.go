package token

import (
	"strconv"
	"strings"
	"time"

	"inboxuploader/internal/secret"
	"inboxuploader/uploader/problem"
)

var (
	workspaceContainer = expression(`^(.+)-([0-9]+)$`)
	uuid               = expression(`^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	containerName      = expression(`^(?:\$root|\$web|\$logs|[A-Za-z0-9](?:-?[A-Za-z0-9])*)$`)
	addressRange       = expression(`^[0-9A-Fa-f.:]{3,45}(?:-[0-9A-Fa-f.:]{3,45})?$`)
	policyName         = expression(`^[^\x00-\x1f\x7f]{1,64}$`)
	rightsLetters      = expression(`^[a-z]+$`)
)

// signed are the parameters that may stand in a token once only: two of one would leave it to the
// service which counts.
var signed = []string{"sv", "st", "se", "sr", "sp", "spr", "sip", "si", "sig", "sdd", "ss", "srt", "skoid", "sktid", "skt", "ske", "sks", "skv", "ses"}

// ReadParts reads a token whose address, which is an inbox's URL, and query are kept apart, like a
// pasted link: nothing is repaired or looked for. Errors are those of [Parse].
func ReadParts(address, query string, options ...Option) (Token, error) {
	var p parser
	for _, o := range options {
		o(&p)
	}
	return p.read(link{address: address, query: query}, stated{})
}

// read understands one link. What is stated with the token wins over what the link says, except
// where it goes.
func (p *parser) read(l link, said stated) (Token, error) {
	scheme, host, path, ok := splitAddress(l.address)
	if !ok {
		return Token{}, notSplit(strings.ToLower(l.address), problem.NotAToken)
	}
	e, known := p.endpoint(host)
	switch {
	case !known && l.sig() == "":
		return Token{}, refuse(problem.NotAToken, "")
	case scheme == "http" && !e.loopback:
		return Token{}, refuse(problem.InsecureAddress, "")
	case !known:
		return Token{}, refuse(problem.UnknownHost, host)
	}
	if err := e.check(); err != nil {
		return Token{}, err
	}
	t := Token{Inbox: Inbox{Scheme: scheme, Host: e.host, InboxID: e.inboxID}, query: secret.New(l.query)}
	if err := t.readQuery(l.query); err != nil {
		return Token{}, err
	}
	if err := t.readPath(path, e, l.query); err != nil {
		return Token{}, err
	}
	t.namesFile = t.namesFile && !l.assembled
	if err := t.state(said); err != nil {
		return Token{}, err
	}
	t.lookOver(l, e)
	return t, nil
}

// check refuses services that hold no blobs.
func (e *endpoint) check() error {
	switch {
	case e.secondary:
		return refuse(problem.WrongService, valueSecondary)
	case e.service == "file":
		return refuse(problem.WrongService, valueFiles)
	case e.service == "queue":
		return refuse(problem.WrongService, valueQueues)
	case e.service == "table":
		return refuse(problem.WrongService, valueTables)
	case e.service == "web":
		return refuse(problem.WrongService, valueWebsite)
	case e.service == "dfs":
		// A signature names the blob service whichever of the two endpoints it is used with
		// (learn.microsoft.com/rest/api/storageservices/create-service-sas), and only that one has
		// blocks.
		e.host = strings.Replace(e.host, ".dfs.", ".blob.", 1)
	}
	return nil
}

// readQuery reads what the query says of validity and rights.
func (t *Token) readQuery(q string) error {
	sig := param(q, "sig")
	if sig == "" {
		return refuse(problem.NoSignature, "")
	}
	if !isSignature(sig) {
		return refuse(problem.SignatureSize, "")
	}
	if name := repeated(q); name != "" {
		return refuse(problem.FieldsContradict, name+problem.ValueTwice)
	}
	t.Version, t.Policy, t.IP = unescape(param(q, "sv")), unescape(param(q, "si")),
		unescape(param(q, "sip"))
	if t.Version != "" && !isDay(t.Version) {
		return refuse(problem.TokenDateUnclear, "sv")
	}
	if t.Policy != "" && !policyName().MatchString(t.Policy) || t.IP != "" &&
		!addressRange().MatchString(t.IP) {
		return refuse(problem.FieldsContradict, "si, sip"+problem.ValueUnreadable)
	}
	t.HTTPSOnly = strings.EqualFold(unescape(param(q, "spr")), "https")
	if err := t.readDates(param(q, "st"), param(q, "se")); err != nil {
		return err
	}
	if err := readKind(q); err != nil {
		return err
	}
	return t.readRights(unescape(param(q, "sp")))
}

// missing returns the names of parts without which the storage has always refused a token. It is
// for the storage to say so: what is there can be read.
func (t *Token) missing(q string) (names []string) {
	for _, part := range []struct {
		name   string
		absent bool
	}{
		{"sv", t.Version == ""},
		{"se", t.ValidTo.IsZero() && t.Policy == ""},
		{"sr", param(q, "sr") == "" && param(q, "ss") == ""},
	} {
		if part.absent {
			names = append(names, part.name)
		}
	}
	return names
}

// repeated returns the name of a signed parameter that stands in the query twice, or "".
func repeated(q string) string {
	for _, name := range signed {
		n := 0
		for pair := range strings.SplitSeq(q, "&") {
			if k, _, _ := strings.Cut(pair, "="); strings.EqualFold(k, name) {
				n++
			}
		}
		if n > 1 {
			return name
		}
	}
	return ""
}

func (t *Token) readDates(st, se string) error {
	var ok bool
	if st != "" {
		if t.ValidFrom, ok = parseDate(st); !ok {
			return refuse(problem.TokenDateUnclear, printable("st", st))
		}
	}
	if se != "" {
		if t.ValidTo, ok = parseDate(se); !ok {
			return refuse(problem.TokenDateUnclear, printable("se", se))
		}
	}
	if !t.ValidFrom.IsZero() && !t.ValidTo.IsZero() && !t.ValidFrom.Before(t.ValidTo) {
		return refuse(problem.FieldsContradict, valueEndsBefore)
	}
	return nil
}

var dateCharacters = expression(`^[0-9TZ: .+/-]+$`)

// printable returns a parameter for an error's words: only its name where the value is not plainly
// a date, since a damaged query may carry anything there, the signature included.
func printable(name, raw string) string {
	if s := unescape(raw); len(s) <= 32 && dateCharacters().MatchString(s) {
		return name + "=" + s
	}
	return name
}

// readKind refuses kinds of tokens that never open an inbox.
func readKind(q string) error {
	sr, ss, srt := unescape(param(q, "sr")), unescape(param(q, "ss")), unescape(param(q, "srt"))
	switch {
	case ss != "" || srt != "":
		switch {
		case ss == "":
			return refuse(problem.TokenIncomplete, "ss")
		case srt == "":
			return refuse(problem.TokenIncomplete, "srt")
		case !strings.Contains(ss, "b"):
			return refuse(problem.WrongService, valueOtherServices)
		case !strings.Contains(srt, "o"):
			return refuse(problem.WrongService, valueNoObjects)
		}
	case param(q, "tn") != "":
		return refuse(problem.WrongService, valueTables)
	case sr == "f" || sr == "s":
		return refuse(problem.WrongService, valueFiles)
	case sr == "bs" || sr == "bv":
		return refuse(problem.WrongService, valueSnapshot)
	case sr != "" && sr != "c" && sr != "b" && sr != "d":
		return refuse(problem.WrongService, "sr")
	}
	return nil
}

func (t *Token) readRights(sp string) error {
	switch {
	case sp == "" && t.Policy != "":
		t.Rights.Unknown = true
		return nil
	case sp == "":
		return refuse(problem.TokenIncomplete, "sp")
	case len(sp) > 26 || !rightsLetters().MatchString(sp):
		return refuse(problem.FieldsContradict, "sp"+problem.ValueUnreadable)
	}
	t.Rights.Letters = sp
	if !t.Rights.Has('w') && !t.Rights.Has('c') {
		return refuse(problem.CannotWrite, strings.Join(t.Rights.Words(), ", "))
	}
	return nil
}

// readPath reads account, container and what lies below it.
func (t *Token) readPath(path string, e endpoint, q string) error {
	var segments []string
	for s := range strings.SplitSeq(path, "/") {
		if s = unescape(s); s == "." || s == ".." {
			return refuse(problem.FieldsContradict, valueDots)
		} else if s != "" {
			segments = append(segments, s)
		}
	}
	if e.pathStyle && len(segments) > 0 {
		t.Inbox.Account, t.Inbox.InboxID = segments[0], segments[0]
		segments = segments[1:]
		if !isContainer(t.Inbox.Account) {
			return refuse(problem.NoContainer, "")
		}
	}
	// A storage on this computer may have looser rules than the real one.
	if len(segments) == 0 || !e.pathStyle && !isContainer(segments[0]) {
		return refuse(problem.NoContainer, "")
	}
	t.Inbox.Container = segments[0]
	below := segments[1:]
	switch sr := unescape(param(q, "sr")); sr {
	case "b":
		if len(below) == 0 {
			return refuse(problem.FieldsContradict, valueNoBlob)
		}
		t.Inbox.Blob = strings.Join(below, "/")
	case "d":
		depth, err := strconv.Atoi(unescape(param(q, "sdd")))
		switch {
		case param(q, "sdd") == "":
			return refuse(problem.TokenIncomplete, "sdd")
		case err != nil || depth < 0 || depth > 63:
			return refuse(problem.FieldsContradict, "sdd"+problem.ValueUnreadable)
		case depth > len(below):
			return refuse(problem.FieldsContradict, valueTooHigh)
		}
		t.Inbox.Prefix = strings.Join(below, "/")
	default:
		t.Inbox.Prefix = strings.Join(below, "/")
		t.namesFile = len(below) > 0 && !strings.HasSuffix(path, "/") &&
			hasExtension(below[len(below)-1])
	}
	t.Inbox.nameParts(below)
	return nil
}

// hasExtension reports whether a name is that of a file rather than of a folder, as far as one can
// tell.
func hasExtension(name string) bool {
	dot := strings.LastIndexByte(name, '.')
	return dot > 0 && dot < len(name)-1
}

// isContainer reports whether the service could have a container of the name: 3 to 63 letters,
// digits and single hyphens between them
// (learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata).
func isContainer(name string) bool {
	return len(name) >= 3 && len(name) <= 63 && containerName().MatchString(name)
}

// nameParts reads the workspace's names from the address.
func (i *Inbox) nameParts(below []string) {
	switch m := workspaceContainer().FindStringSubmatch(i.Container); {
	case i.Blob == "" && len(below) > 0:
		i.WsID, i.TID = i.Container, below[0]
	case m != nil && !uuid().MatchString(i.Container):
		i.WsID, i.TID = m[1], m[2]
	default:
		i.TID = i.Container
	}
}

// lookOver collects what a person should know though the token can be used.
func (t *Token) lookOver(l link, e endpoint) {
	add := func(on bool, sentence, value string) {
		if on {
			t.warn(sentence, value)
		}
	}
	add(t.Inbox.Blob != "", warnOneFile, t.Inbox.Blob)
	// What a token says itself its policy can't say too, so beside both dates and rights a policy
	// only revokes.
	add(t.Policy != "" && (t.Rights.Unknown || t.ValidFrom.IsZero() || t.ValidTo.IsZero()),
		warnPolicy, t.Policy)
	missing := t.missing(l.query)
	add(len(missing) > 0, warnIncomplete, strings.Join(missing, ", "))
	add(t.Rights.CreateOnly(), warnCreateOnly, "")
	add(l.assembled, warnAssembled, t.Inbox.String())
	add(l.assumedRights, warnAssumedRights, "")
	add(l.repairedSig, warnRepaired, "")
	add(l.droppedParams, warnDropped, "")
	add(e.service == "dfs", warnDataLake, t.Inbox.Host)
	add(e.private, warnPrivateLink, t.Inbox.Host)
	add(t.HTTPSOnly && t.Inbox.Scheme == "http", warnHTTPSOnly, "")
	if key, ok := parseDate(param(l.query, "ske")); ok && key.Before(t.ValidTo) {
		add(true, warnKeyEnds, key.Format(time.RFC3339))
	}
}
