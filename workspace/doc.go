// Package workspace is the workspace's side of an inbox: it issues upload tokens on a storage
// account, lists them, revokes them, and hands out what arrived. Call [ParseAccount] with the
// account's key first, then [Open].
//
// Each token has a container of its own, named WORKSPACE-NUMBER. The storage account is the only
// database: what the table of tokens shows is the containers' metadata, so two members see the
// same, and no token is kept anywhere. Dates and rights stand in the link, where its holder sees
// them. The container's stored access policy has nothing but a name; the link refers to it, and
// without it the storage refuses the link: that is how one token is revoked alone.
package workspace
