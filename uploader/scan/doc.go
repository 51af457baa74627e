// Package scan finds the files below the paths that a person names, and plans their names in the
// inbox.
//
// Call [Files] with paths and patterns. It walks them and emits each file and folder as [Found]:
// with the name that the service will store ([PlanName]), the reason to leave it out (a
// [SkipReason]), or the reason why it can't be sent. It reads no file's content and follows links
// only on request; package source opens everything.
package scan
