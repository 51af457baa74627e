package main

// takeAdministration has a program that tests start believe no administrator's folder.
func takeAdministration() { administratorsHosts = "" }
