package search

// WithMost lets a page look at no more candidates than this.
func (in Input) WithMost(n int) Input {
	in.most = n
	return in
}
