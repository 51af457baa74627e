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
				{232_894_110, add, 0, 5, 6},
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
				{232_894_110, add, 0, 5, 0},
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
				{1_598_004_448, add, 0, 1, 0},
			},
		},
		// "may not be replaced" was not known to mean that the name is taken.
		"a token that may only create comes in between two uploads of a file": {
			seed: 1175, profile: wild, config: config{memory: 1 << 20, checksums: true, nearby: 20_000_000},
			events: []event{
				{0, makeFile, 1, 9, 0},
				{1_000_000, add, 0, 2, 4},
				{128_860_466, add, 1, 2, 7},
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
				{592_743_469, add, 0, 2, 4},
				{1_859_313_770, slowly, 19, 924, 704},
			},
		},
		// The judge of what a person reads found "Nothing was sent."
		"a folder takes the place of a file that is half sent": {
			seed: 270, profile: wild, config: config{
				connections: 1, blockSize: 64 << 10, memory: 1 << 20, checksums: true, nearby: 1_000_000,
				rate: 20_000,
			},
			events: []event{
				{0, makeFile, 0, 9, 3},
				{1_000_000, add, 0, 0, 0},
				{6_000_000_000, swapPipe, 0, 1, 0},
			},
		},
		// It went back to its old path with the answer, and counted as gone.
		"a folder moves while a file of it is being sent": {
			seed: 247, profile: wild, config: config{
				memory: 2 << 20, blockSize: 64 << 10, checksums: true, nearby: 200 * time.Millisecond,
				skew: time.Hour, rate: 100_000,
			},
			events: []event{
				{0, makeFile, 1, 11, 1},
				{1_000_000, add, 0, 5, 3},
				{1_918_013_350, limit, 676, 454, 774},
				{3_676_060_518, endToken, 685, 949, 662},
				{5_565_561_944, relocate, 335, 381, 876},
			},
		},
		// A request began that had waited for memory since before.
		"an address is taken back while files wait for memory": {
			seed: 203, profile: people, config: config{
				memory: 1 << 20, checksums: true, nearby: 20 * time.Millisecond, skew: -47 * time.Minute,
				rate: 20_000, before: 1,
			},
			events: []event{
				{0, makeFile, 3, 11, 0},
				{0, makeFile, 7, 6, 1},
				{1_000_000, add, 0, 2, 3},
				{8_372_298_539, hold, 425, 134, 176},
				{30_000_000_000, limit, 0, 0, 0},
			},
		},
		// Its name was taken by one that was left out as too old, so neither was sent.
		"a file that is renamed has the name of one that is too old": {
			seed: 326, profile: people, config: config{
				connections: 2, blockSize: 64 << 10, memory: 4 << 20, checksums: true, nearby: 1_000_000,
			},
			events: []event{
				{0, makeFile, 0, 1, 3},
				{0, oddities, 2, 0, 0},
				{1_000_000, add, 0, 0, 10},
				{2_000_000, add, 0, 0, 9},
			},
		},
		// The doubt was forgotten, so that it got a second copy.
		"a locked file whose answer was lost is tried again": {
			seed: 867, profile: wild, config: config{
				connections: 1, blockSize: 64 << 10, memory: 4 << 20, nearby: 200 * time.Millisecond,
				rate: 100_000, network: true,
			},
			events: []event{
				{0, makeFile, 0, 10, 3},
				{0, makeFile, 4, 13, 4},
				{0, makeFile, 5, 0, 2},
				{0, makeFile, 7, 5, 3},
				{1_000_000, add, 0, 0, 4},
				{1_657_662_229, lock, 474, 357, 585},
				{1_905_143_847, lostBoth, 810, 235, 785},
				{6_312_084_800, doubtful, 635, 526, 415},
			},
		},
		// Nothing could be adopted, as if the list could not be written, until a sign of life was due.
		"somebody removes the locks of processes": {
			seed: 20063, profile: people, config: config{
				blockSize: 64 << 10, memory: 4 << 20, checksums: true, nearby: 200 * time.Millisecond,
				prefix: true,
			},
			events: []event{
				{0, makeFile, 0, 7, 3},
				{1_000_000, add, 0, 4, 0},
				{2_000_000_000, tidy, 284, 539, 700},
				{2_100_000_000, endToken, 0, 0, 0},
				{2_200_000_000, kill, 0, 0, 0},
				{2_300_000_000, kill, 0, 0, 0},
				{2_400_000_000, tidy, 284, 539, 700},
			},
		},
	} {
		t.Run(name, func(t *testing.T) { one(t, p) })
	}
}
