//go:build unix && !race

package sim

import (
	"testing"
	"time"
)

// TestCases lets those plans happen that once broke a promise: what was left of a seed's events
// when all that did not matter was taken out.
func TestCases(t *testing.T) {
	for name, p := range map[string]plan{
		// Each upload took what was there for the other's, and the file was left alone by both.
		"two uploads of a file are killed before the list knows that it arrived": {
			seed: 2736, profile: wild, config: config{
				connections: 2, blockSize: 64 << 10, memory: 3 << 20, checksums: true,
				nearby: 20 * time.Millisecond,
			},
			events: []event{
				{0, makeFile, 4, 5, 1},
				{1_000_000, add, 0, 1, 0},
				{232_894_110, add, 306, 159, 420},
				{1_877_054_828, kill, 224, 648, 940},
				{21_618_382_212, rescan, 185, 465, 524},
			},
		},
		"the same, and both are to be kept": {
			seed: 2736, profile: wild, config: config{
				connections: 2, blockSize: 64 << 10, memory: 3 << 20, checksums: true,
				nearby: 20 * time.Millisecond,
			},
			events: []event{
				{0, makeFile, 4, 5, 1},
				{1_000_000, add, 0, 1, 3},
				{232_894_110, add, 306, 159, 423},
				{1_877_054_828, kill, 224, 648, 940},
				{21_618_382_212, rescan, 185, 465, 524},
			},
		},
		// What the service tells in whole seconds was taken for the moment of the delivery, so the
		// change was overlooked, and the new content never sent.
		"a file changes right after it was sent, and its time is put back": {
			seed: 70, profile: wild, config: config{
				connections: 8, memory: 2 << 20, checksums: true, nearby: 200 * time.Millisecond,
			},
			events: []event{
				{0, makeFile, 1, 12, 3},
				{1_000_000, add, 0, 0, 2},
				{1_453_515_930, putBack, 345, 1, 870},
				{1_598_004_448, add, 74, 449, 477},
			},
		},
		// "may not be replaced" was not known to mean that the name is taken.
		"a token that may only create comes in between two uploads of a file": {
			seed: 1175, profile: wild, config: config{memory: 1 << 20, checksums: true, nearby: 20_000_000},
			events: []event{
				{0, makeFile, 1, 9, 0},
				{1_000_000, add, 0, 2, 4},
				{128_860_466, add, 701, 639, 250},
				{829_814_801, newToken, 962, 791, 950},
				{2_994_695_406, limit, 898, 616, 882},
			},
		},
		// One had found an older version than the other had sent, so they were not known to be one
		// file, and it got a second copy.
		"a file is written while two uploads wait for it": {
			seed: 2426, profile: wild, config: config{
				connections: 8, memory: 4 << 20, checksums: true, nearby: 200 * time.Millisecond,
			},
			events: []event{
				{0, makeFile, 2, 1, 4},
				{0, makeFile, 3, 1, 1},
				{0, makeFile, 4, 10, 4},
				{0, makeFile, 5, 8, 2},
				{1_000_000, add, 0, 2, 1},
				{592_743_469, add, 830, 562, 184},
				{1_859_313_770, slowly, 19, 924, 704},
			},
		},
	} {
		t.Run(name, func(t *testing.T) { one(t, p) })
	}
}
