package journal

// Abandon ends a journal as the end of its process does: what it holds is closed, and nothing is
// written any more.
func (j *Journal) Abandon() {
	<-j.turn
	j.closed = true
	j.mu.Lock()
	j.end()
	j.read = nil
	j.mu.Unlock()
	j.turn <- struct{}{}
}
