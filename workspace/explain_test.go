package workspace_test

import (
	"strings"
	"testing"
	"time"

	"inboxuploader/workspace"
)

// TestExplainIn: what stands for {value} is translated where it is a phrase, in which the number
// stays.
func TestExplainIn(t *testing.T) {
	german := func(english string) string {
		switch {
		case strings.HasPrefix(english, "This computer's clock"):
			return "Die Uhr geht {value}."
		case english == "{value} hours behind":
			return "{value} Stunden nach"
		default:
			return english
		}
	}
	e := &workspace.Error{Err: workspace.ErrDenied, Reason: workspace.ClockWrong, Off: -3 * time.Hour}
	if got := workspace.ExplainIn(e, german).What; got != "Die Uhr geht 3 Stunden nach." {
		t.Error(got)
	}
	if got := workspace.Explain(e).What; got != "This computer's clock is 3 hours behind the storage's, which therefore refuses its requests." {
		t.Error(got)
	}
}
