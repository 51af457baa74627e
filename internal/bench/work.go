package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// work is one comparison.
type work struct {
	key         string
	title       string
	data        string // the data set
	runs        int    // by default
	connections int    // of the floor and of rclone: what is best for this work
	block       int64  // of the floor, likewise; 0: 1 MiB
	conditions  conditions
	tls         bool
	wanted      wanted
	do          func(*bench, context.Context, work) ([]line, error)
}

// wanted is what the uploader should reach, 0 where nothing is. The factors are beside a floor that
// keeps no list, looks at nothing twice and has no second block under way: what was measured on a
// quiet machine, and a tenth more.
type wanted struct {
	wall    float64       // times the reference's
	cpu     float64       // likewise
	seconds time.Duration // or by itself
	memory  float64       // MB
}

// slowLine is 20 Mbit/s, in bytes per second.
const slowLine = 20_000_000 / 8

var works = []work{
	{
		key: "4g", title: "one file of 4 GiB", data: "4g", runs: 5, connections: 8,
		wanted: wanted{wall: 1.15, cpu: 1.6, memory: 120}, do: (*bench).compare,
	},
	{
		key: "https", title: "one file of 4 GiB, https", data: "4g", runs: 5, connections: 8,
		tls:    true,
		wanted: wanted{wall: 1.3, cpu: 1.5, memory: 120}, do: (*bench).compare,
	},
	{
		key: "proxy", title: "one file of 4 GiB through squid", data: "4g", runs: 3, connections: 1,
		wanted: wanted{wall: 1.11}, do: (*bench).proxied,
	},
	{
		key: "proxysmall", title: "10,000 × 16 KiB through squid", data: "small", runs: 3,
		connections: 16,
		wanted:      wanted{wall: 1.11}, do: (*bench).proxied,
	},
	{key: "resume", title: "4 GiB, killed at 65 %", data: "4g", runs: 3, do: (*bench).resume},
	{
		key: "busy4g", title: "4 GiB, 5 % answered with 503", data: "4g", runs: 3,
		conditions: conditions{busy: 0.05},
		wanted:     wanted{wall: 1.5}, do: (*bench).withFaults,
	},
	{
		key: "small", title: "10,000 × 16 KiB", data: "small", runs: 7, connections: 16,
		wanted: wanted{wall: 2.1, cpu: 3.6, memory: 80}, do: (*bench).compare,
	},
	{
		key: "there", title: "10,000 × 16 KiB, all there but unknown to the list", data: "small",
		runs:   5,
		wanted: wanted{memory: 120}, do: (*bench).there,
	},
	{
		key: "far", title: "2,000 × 16 KiB, 50 ms away", data: "far", runs: 3, connections: 64,
		conditions: conditions{far: 50 * time.Millisecond},
		wanted:     wanted{wall: 1.2, memory: 80}, do: (*bench).compare,
	},
	{
		key: "4gfar", title: "one file of 4 GiB, 50 ms away", data: "4g", runs: 3, connections: 10,
		block:      8 * mib,
		conditions: conditions{far: 50 * time.Millisecond},
		wanted:     wanted{wall: 1.2, memory: 120}, do: (*bench).compare,
	},
	{
		key: "slow", title: "one file of 32 MiB over 20 Mbit/s", data: "32m", runs: 3,
		connections: 2,
		conditions:  conditions{rate: slowLine},
		wanted:      wanted{wall: 1.1, memory: 120}, do: (*bench).compare,
	},
	{
		key: "slowfar", title: "2,000 × 16 KiB over 20 Mbit/s, 50 ms away", data: "far", runs: 3,
		connections: 16,
		conditions:  conditions{rate: slowLine, far: 50 * time.Millisecond},
		wanted:      wanted{wall: 1.2, memory: 80}, do: (*bench).compare,
	},
	{
		key: "busy", title: "2,000 × 16 KiB, 5 % answered with 503", data: "far", runs: 5,
		conditions: conditions{busy: 0.05},
		wanted:     wanted{wall: 1.5}, do: (*bench).withFaults,
	},
	{
		key: "1m", title: "2,000 × 1 MiB", data: "1m", runs: 5, connections: 8,
		wanted: wanted{wall: 1.2, cpu: 1.4, memory: 120}, do: (*bench).compare,
	},
	{
		key: "mixed", title: "mixed tree of 2 GiB", data: "mixed", runs: 5, connections: 8,
		wanted: wanted{wall: 1.2, cpu: 1.4, memory: 120}, do: (*bench).compare,
	},
	{
		key: "manifest", title: "one file of 4 GiB, at most 500 MB/s", data: "4g", runs: 5,
		wanted: wanted{wall: 1.25}, do: (*bench).withManifest,
	},
	{
		key: "fetch", title: "fetching and comparing 2,000 × 1 MiB", data: "1m", runs: 5,
		do: (*bench).arrived,
	},
	{
		key: "fetch4g", title: "fetching and comparing one file of 4 GiB", data: "4g", runs: 3,
		do: (*bench).arrived,
	},
	{
		key: "one", title: "one file of 1 KiB", data: "one", runs: 11, connections: 1,
		wanted: wanted{seconds: 60 * time.Millisecond, memory: 60}, do: (*bench).compare,
	},
	{
		key: "tiny", title: "100,000 × 64 bytes", data: "tiny", runs: 3, connections: 16,
		wanted: wanted{wall: 2.4, cpu: 3.8, memory: 120}, do: (*bench).compare,
	},
	{
		key: "same", title: "100,000 × 64 bytes, the same line again", data: "tiny", runs: 3,
		wanted: wanted{seconds: time.Second, memory: 120}, do: (*bench).same,
	},
	{
		key: "scan", title: "1,000,000 files: until the first is sent", data: "million", runs: 1,
		wanted: wanted{seconds: 200 * time.Millisecond, memory: 250}, do: (*bench).scan,
	},
	{
		key: "idle", title: "1,000,000 delivered files, watched", data: "million", runs: 1,
		wanted: wanted{memory: 157}, do: (*bench).idle, // 150 MiB
	},
}

func keys() (all []string) {
	for _, w := range works {
		all = append(all, w.key)
	}
	return all
}

// choose returns the works of these keys, in the order of the table; all for an empty text.
func choose(text string) ([]work, error) {
	if text == "" {
		return works, nil
	}
	chosen := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
	for _, key := range chosen {
		if !slices.Contains(keys(), key) {
			return nil, fmt.Errorf("there is no work %q; there are %s", key,
				strings.Join(keys(), ", "))
		}
	}
	var all []work
	for _, w := range works {
		if slices.Contains(chosen, w.key) {
			all = append(all, w)
		}
	}
	return all, nil
}
