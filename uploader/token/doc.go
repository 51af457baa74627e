// Package token reads upload tokens. It needs no network and no disk.
//
// Call [Parse] with whatever a person pasted: a link, the line of a command, a mail, the
// workspace's fields. It returns a [Token], which says where it leads ([Inbox]), what it permits
// ([Rights]) and when, and which prints without its secret. [Token.Fields] is what JSON shows of
// it. Refusals are [*problem.Error]s.
//
// Parse works in steps, each in a file of its own: text (undo what mails do), find (links in it),
// stated (fields beside them), repair (what copying damaged), link (read one), assemble (fields
// without a link).
package token
