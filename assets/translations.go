package assets

import "embed"

// Translations are the window's texts in other languages: translations/LANGUAGE.json, by the
// English text, in the form of Fyne's lang. en.json has the forms of texts that depend on a number.
//
//go:embed translations/*.json
var Translations embed.FS
