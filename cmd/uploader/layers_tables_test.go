package main_test

// unreachable says what a package must not reach, not even through another.
var unreachable = map[string][][]string{
	module + "/uploader": {
		top, screen, sdk, database, keyring, network, tests, {module + "/internal"},
	},
	module + "/uploader/problem": {
		top, screen, sdk, database, keyring, network, tests,
		{module + "/internal", module + "/uploader"},
	},
	module + "/uploader/token": {
		top, screen, sdk, database, keyring, network, tests,
		{module + "/internal", module + "/uploader"},
	},
	module + "/uploader/inboxes": {
		top, screen, sdk, database, keyring, network, tests,
		{module + "/internal", module + "/uploader"},
	},
	module + "/uploader/scan": {
		top, screen, sdk, database, keyring, network, tests,
		{module + "/internal", module + "/uploader"},
	},
	module + "/uploader/watch": {
		top, screen, sdk, database, keyring, network, tests,
		{module + "/internal", module + "/uploader"},
	},
	module + "/uploader/hours": {
		top, screen, sdk, database, keyring, network, tests,
		{module + "/internal", module + "/ui", module + "/workspace"},
	},
	module + "/uploader/feed": {
		top, screen, sdk, database, keyring, network, tests,
		{module + "/internal", module + "/uploader"},
	},
	module + "/uploader/documents": {
		top, screen, sdk, database, keyring, network, tests,
		{module + "/internal", module + "/uploader"},
	},
	module + "/uploader/ledger": {
		top, screen, sdk, database, keyring, network, tests,
		{module + "/internal", module + "/uploader"},
	},
	module + "/uploader/receipt": {
		top, screen, sdk, database, keyring, network, tests,
		{module + "/internal", module + "/uploader"},
	},
	module + "/uploader/manifest": {
		top, screen, sdk, database, keyring, network, tests,
		{module + "/internal", module + "/uploader"},
	},
	module + "/uploader/proof": {
		top, screen, sdk, database, keyring, network, tests,
		{module + "/internal", module + "/uploader"},
	},
	module + "/uploader/shards": {
		top, screen, sdk, database, keyring, network, tests,
		{module + "/internal", module + "/uploader"},
	},
	module + "/uploader/plan": {
		top, screen, sdk, database, keyring, network, tests,
		{module + "/internal", module + "/uploader"},
	},
	module + "/uploader/store": {
		top, screen, sdk, database, keyring, network, tests,
		{module + "/internal", module + "/uploader"},
	},
	module + "/uploader/uplink": {
		top, screen, sdk, database, keyring, network, tests,
		{module + "/internal", module + "/uploader"},
	},
	module + "/uploader/stream": {
		top, screen, sdk, database, keyring, network, tests,
		{module + "/internal", module + "/uploader"},
	},
	module + "/uploader/source": {
		top, screen, sdk, database, keyring, network, tests,
		{module + "/internal", module + "/uploader"},
	},
	module + "/uploader/azure": {
		top, screen, database, keyring, tests, {module + "/internal", module + "/workspace"},
	},
	module + "/uploader/journal":         {top, screen, sdk, keyring, tests, {module + "/internal"}},
	module + "/uploader/vault":           {top, screen, sdk, database, tests, {module + "/internal"}},
	module + "/uploader/vault/vaulttest": {top, screen, sdk, database, {module + "/internal"}},
	module + "/uploader/uploadertest": {
		top, screen, sdk, database, keyring, {module + "/internal"},
	},
	module + "/uploader/sim": {{module}}, // all of it is tests
	module + "/internal/crash": {
		top, screen, sdk, database, keyring, network, tests,
		{module + "/uploader", module + "/workspace"},
	},
	module + "/internal/filelock": {
		top, screen, sdk, database, keyring, network, tests,
		{module + "/uploader", module + "/workspace"},
	},
	module + "/internal/netdisk": {
		top, screen, sdk, database, keyring, network, tests,
		{module + "/uploader", module + "/workspace"},
	},
	module + "/internal/buffers": {
		top, screen, sdk, database, keyring, network, tests,
		{module + "/uploader", module + "/workspace"},
	},
	module + "/internal/backoff": {
		top, screen, sdk, database, keyring, network, tests,
		{module + "/uploader", module + "/workspace"},
	},
	module + "/internal/contenttype": {
		top, screen, sdk, database, keyring, network, tests,
		{module + "/uploader", module + "/workspace"},
	},
	module + "/internal/crc64": {
		top, screen, sdk, database, keyring, network, tests,
		{module + "/uploader", module + "/workspace"},
	},
	module + "/internal/pack": {
		top, screen, sdk, database, keyring, network, tests,
		{module + "/uploader", module + "/workspace"},
	},
	module + "/internal/secret": {
		top, screen, sdk, database, keyring, network, tests,
		{module + "/uploader", module + "/workspace"},
	},
	module + "/internal/show": {
		top, screen, sdk, database, keyring, network, tests,
		{module + "/uploader", module + "/workspace"},
	},
	module + "/internal/sums": {
		top, screen, sdk, database, keyring, network, tests,
		{module + "/uploader", module + "/workspace"},
	},
	module + "/internal/netcheck": {
		top, screen, sdk, database, tests, above, {"github.com/zalando/go-keyring"},
	},
	module + "/internal/pac": {
		top, screen, sdk, database, keyring, tests, above, {"net/http"},
	},
	module + "/internal/proxydial": {
		top, screen, sdk, database, keyring, tests, above, {"os/exec"},
	},
	module + "/internal/proxyfind": {
		top, screen, sdk, database, tests, above, {"github.com/zalando/go-keyring"},
	},
	module + "/internal/practice": {
		top,
		{"fyne.io", "github.com/go-gl"},
		sdk, database, keyring, tests,
		{module + "/uploader", module + "/ui"},
	},
	module + "/internal/desktop": {
		top, screen, sdk, database,
		{"github.com/zalando/go-keyring"},
		tests,
		{"net/http", module + "/uploader"},
	},
	module + "/internal/bench": {
		top, screen, sdk, database, keyring, tests, {module + "/uploader"},
	},
	module + "/internal/blobserver": {
		top, screen, sdk, database, keyring, tests, {module + "/uploader"},
	},
	module + "/workspace": {top, screen, database, keyring, tests, {module + "/internal"}},
	module + "/ui": {
		top, sdk, database, keyring, tests, {
			"fyne.io/fyne/v2/app", "fyne.io/fyne/v2/internal/driver/glfw", "github.com/go-gl",
			module + "/internal",
		},
	},
	module + "/assets": {
		top, sdk, database, keyring, network, tests,
		{"fyne.io", module + "/ui", module + "/uploader", module + "/internal"},
	},
	module + "/packaging/icons": {sdk, database, keyring, network, tests},
	module + "/cmd/uploader":    {tests},
}
