// Package scan finds the files below what a person named, and the names that they get in the inbox.
//
// Call [Files] with paths and patterns; it walks them and emits each file and folder as [Found]:
// with the name that the service will store ([PlanName]), with the reason to leave it out (a
// [SkipReason]), or with the reason why it can't be sent. It reads no file's content and follows no
// link that was not asked for; package source opens everything.
package scan
