package token

import (
	"strings"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/problem"
)

// What stands for {value} where a pasted text is refused.
const (
	valueFiles         = "file shares"
	valueQueues        = "queues"
	valueTables        = "tables"
	valueWebsite       = "a web site"
	valueSecondary     = "a read-only copy of a storage account"
	valueSnapshot      = "an older version of one file"
	valueOtherServices = "an account's other services"
	valueNoObjects     = "an account's settings, not its files"
	valueEndsBefore    = "it ends before it begins"
	valueDots          = "the address contains a folder named “.” or “..”"
	valueNoBlob        = "it is for one file, and the address names none"
	valueTooHigh       = "it is for a folder further down than the address says"
)

// What a token's warnings say.
const (
	warnOneFile       = "This token is for exactly one file, which will be stored as “{value}”."
	warnIncomplete    = "A part of this token is missing ({value}), so the storage will probably refuse it. Copy the whole token again if it does."
	warnPolicy        = "The storage's policy “{value}” may decide when this token ends and what it permits; the token itself does not say everything."
	warnCreateOnly    = "The token permits only new files of up to 5,000 MiB; what is there can't be replaced."
	warnAssembled     = "The address was put together from the fields: {value}. Check that it is the workspace's."
	warnAssumedRights = "The fields don't say what the token permits; that it permits writing, over https, is assumed. If the storage refuses it, ask for the whole link."
	warnRepaired      = "Plus signs of the signature had been lost or altered while copying and were restored. If the storage refuses the token, copy it again."
	warnDropped       = "Parameters that ask the storage for a list were left out of the link; they are no part of the token."
	warnDataLake      = "The link names the storage's Data Lake address; files are sent to {value}, the same storage."
	warnPrivateLink   = "The link names a private address that certificates don't cover; files are sent to {value}, which leads to the same storage inside that network."
	warnHTTPSOnly     = "The token may be used over https only, and its address begins with http://."
	warnKeyEnds       = "The key behind this token ends before the token does, at {value}."
	warnDiffers       = "{value} as stated differs from what the link says; the storage goes by the link."
)

// warning is a sentence about a token and what stands for its {value}.
type warning struct{ sentence, value string }

func (w warning) in(translate problem.Translate) string {
	return strings.ReplaceAll(translate(w.sentence), "{value}", show.Text(w.value))
}

// warn adds a warning.
func (t *Token) warn(sentence, value string) {
	w := warning{sentence, value}
	t.warned = append(t.warned, w)
	t.Warnings = append(t.Warnings, w.in(problem.English))
}

// WarningsIn returns the token's warnings in another language. The slice is the caller's.
func (t Token) WarningsIn(translate problem.Translate) []string {
	all := make([]string, len(t.warned))
	for i, w := range t.warned {
		all[i] = w.in(translate)
	}
	return all
}
