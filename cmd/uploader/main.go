// Command uploader puts files into a research workspace's inbox with an upload token.
package main

func main() {}
