package blobserver

import (
	"maps"
	"slices"
)

// FaultWords and FaultSettings are the fault language's vocabulary.
func FaultWords() []string { return faultWords() }

// FaultSettings returns the names of all settings.
func FaultSettings() []string { return slices.Collect(maps.Keys(faultSettings)) }
