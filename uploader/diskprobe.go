package uploader
