module inboxuploader

go 1.26
