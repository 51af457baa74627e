package assets

import _ "embed"

//go:embed THIRD_PARTY.md
var thirdParty string

// ThirdParty returns the page that says what the program is made of, with the whole text of each
// licence: some 4,000 lines of Markdown. A test in cmd/uploader writes it and holds it to what is
// linked.
func ThirdParty() string { return thirdParty }
