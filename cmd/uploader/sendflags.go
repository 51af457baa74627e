package main

import (
	"errors"
	"log/slog"
	"math"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"inboxuploader/internal/show"
	"inboxuploader/uploader"
	"inboxuploader/uploader/azure"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/plan"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uplink"
)

// sendFlags are the flags of every command that sends: how to send, and what to report.
type sendFlags struct {
	memory      byteSize
	block       byteSize
	rate        byteSize
	connections int // 0: adapt while sending
	giveUp      patience
	between     hoursFlag

	asJSON       bool
	jsonProgress bool
	receipt      string
	tokenFile    string
	hosts        []string
	caFile       string
	proxy        proxyFlag

	connectionsFlag *pflag.Flag // nil where a command has none
}

func newSendFlags() sendFlags {
	buffers, _ := buffersWithin(processMemory())
	return sendFlags{
		memory: byteSize{bytes: buffers, min: 1 << 20, max: math.MaxInt64},
		block:  byteSize{min: plan.MinBlockSize, max: 4000 << 20},
		rate:   byteSize{min: 1 << 10, max: math.MaxInt64, perTime: true},
	}
}

// add defines them.
func (f *sendFlags) add(c *cobra.Command) {
	f.addEnd(c)
	f.addWay(c)
}

// addEnd defines the flags of commands that end when everything is sent.
func (f *sendFlags) addEnd(c *cobra.Command) {
	s := c.Flags()
	s.BoolVar(&f.asJSON, "json", false, "print one JSON object at the end; all else goes to stderr")
	s.BoolVar(&f.jsonProgress, "json-progress", false, "show progress as JSON: one object per "+
		"line on stderr, every few seconds")
	s.StringVar(&f.receipt, "receipt", "", "write a receipt to this `FILE`: .json for JSON, .html for a "+
		"page to print, else CSV")
	s.Var(&f.giveUp, "give-up-after", "stop with exit code 3, keeping everything, if the storage "+
		"confirms nothing for this long, such as 2h (default: never)")
	f.addBetween(s)
}

// addBetween defines --between, the hours of the day in which to send.
func (f *sendFlags) addBetween(s *pflag.FlagSet) {
	s.Var(&f.between, "between", "send only during these hours of the day, such as 18:00-06:00")
}

// addWay defines the flags for how to send.
func (f *sendFlags) addWay(c *cobra.Command) {
	s := c.Flags()
	tokenFileFlag(c, &f.tokenFile)
	allowHostFlag(c, &f.hosts)
	s.StringVar(&f.caFile, "ca-file", "", "also trust the certificate authorities in this PEM `FILE`")
	s.Var(&f.proxy, "proxy", "use this proxy, none, or a script (pac+https://…, "+
		"pac+file:///…); put a sign-in into UPLOADER_PROXY instead, where others can't see it")
	s.Var(&f.memory, "memory", "memory for file contents in transit, at least 1MiB")
	s.IntVar(&f.connections, "connections", 0, "`NUMBER` of requests at once, 1 to 512 "+
		"(default: automatic)")
	f.connectionsFlag = s.Lookup("connections")
	s.Var(&f.rate, "limit-rate", "speed limit in bytes per second, such as 2MB or 500k, or in "+
		"bits: 10Mbit/s")
	s.Var(&f.block, "block-size", "size of a block, 64KiB to 4000MiB (default: about a second's "+
		"worth, 256KiB to 8MiB; more for files over 390 GiB)")
}

// check refuses invalid values, and takes missing ones from the environment.
func (f *sendFlags) check(env func(string) string) error {
	if f.connectionsFlag != nil && f.connectionsFlag.Changed &&
		(f.connections < 1 || f.connections > uplink.MostConnections) {
		return &usageError{"--connections must be between 1 and 512. Without it, the number " +
			"adapts to your network."}
	}
	return f.proxy.orVariable(env)
}

// steady is uploader.Config.Steady; tests, whose files are all new, replace it.
var steady time.Duration

// config returns the queue's configuration.
func (f *sendFlags) config(j ledger.Journal, log *slog.Logger) uploader.Config {
	rules, _ := readPolicy() // with an unusable policy no store opens either
	return uploader.Config{
		MaxRate: rules.rate, NeverReplace: rules.ForbidOverwrite,
		Open:   func(t token.Token) (store.Store, error) { return openStore(f, t) },
		Memory: f.memory.bytes, Connections: f.connections, BlockSize: f.block.bytes,
		Rate:    f.rate.bytes,
		Journal: j, Log: log, Steady: steady, Receipt: f.receipt,
	}
}

// connectionOptions returns how to reach the storage.
func connectionOptions(proxy *proxyFlag, caFile string) azure.Options {
	proxy.where().TrustFile(caFile)
	return azure.Options{
		CAFile: caFile, Proxy: proxy.where().Choose, ProxySignIn: proxy.signIn,
		UserAgent: "inbox-uploader/" + version(),
	}
}

// openStore opens the storage of a token as these flags and the administrator's policy say. The
// caller closes it.
func openStore(f *sendFlags, t token.Token) (store.Store, error) {
	rules, err := readPolicy()
	if err != nil {
		return nil, err
	}
	if err := rules.permits(t.Inbox); err != nil {
		return nil, err
	}
	o := rules.connection(&f.proxy, f.caFile)
	o.Connections = f.connections
	if f.connections == 0 {
		o.Connections = 128 // the most that the queue comes to by itself
	}
	store, err := azure.Open(t, o)
	if _, known := errors.AsType[*problem.Error](err); err != nil && !known {
		return nil, certificatesUnusable(f.caFile)
	}
	return store, err
}

// certificatesUnusable is about --ca-file.
func certificatesUnusable(file string) *usageError {
	return &usageError{"The certificate authorities in “" + show.Text(file) + "” can't be used. " +
		"Nothing was sent. --ca-file takes a PEM file of at most 16 MiB."}
}
