// Package workspace is the workspace's side of an inbox: it issues upload tokens on a storage
// account, lists and revokes them, and lists and fetches the files that arrived. Call
// [ParseAccount] with the account's key first, then [Open].
//
// Each token has a container of its own, named WORKSPACE-NUMBER. The storage account is the only
// database: the table of tokens shows the containers' metadata, so two members see the same, and no
// token is kept anywhere. Dates and rights are in the link, where its holder sees them. The
// container's stored access policy has nothing but a name. The link refers to it, and the storage
// refuses the link without it: this is how a single token is revoked.
package workspace
