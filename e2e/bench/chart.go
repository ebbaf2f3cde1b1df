package main

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// The chart's measures, in its own units.
const (
	chartWidth = 900
	labelWidth = 330
	barHeight  = 14
	rowHeight  = 20
	headHeight = 34
)

// Chart draws every comparison as bars of the ratio, on a scale of powers, each with its spread.
func Chart(all []Outcome) string {
	height := 30
	for _, o := range all {
		height += headHeight + rowHeight*len(o.Measured)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11">`+"\n", chartWidth, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="white"/>`+"\n", chartWidth, height)
	y := 10
	for _, o := range all {
		y = o.draw(&b, y)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// draw draws one comparison below y and gives where the next begins.
func (o Outcome) draw(b *strings.Builder, y int) int {
	ratios := make([]Spread, len(o.Measured))
	low, high := 1.0, 1.0
	for i, m := range o.Measured {
		ratios[i], _ = o.ratio(m.Target, "")
		if ratios[i].Least > 0 {
			low, high = min(low, ratios[i].Least), max(high, ratios[i].Most)
		}
	}
	low, high = low/1.3, high*1.3
	at := func(ratio float64) float64 {
		return labelWidth + (chartWidth-labelWidth-130)*math.Log(max(ratio, low)/low)/math.Log(high/low)
	}
	what := "CPU"
	if o.Rate {
		what = "requests a second"
	}
	y += headHeight
	fmt.Fprintf(b, `<text x="8" y="%d" font-weight="bold">%s, %s conversations: %s, × %s</text>`+"\n", y-10, html.EscapeString(o.Name), count(o.Scale), what,
		html.EscapeString(o.Reference))
	fmt.Fprintf(b, `<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" stroke="#999"/>`+"\n", at(1), at(1), y-4, y+rowHeight*len(o.Measured)-4)
	for i, m := range o.Measured {
		r := ratios[i]
		colour := "#9aa7b5"
		if strings.HasPrefix(m.Target, ours) {
			colour = "#1f6feb"
		}
		fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", labelWidth-8, y+11, html.EscapeString(m.Target))
		if r.Median > 0 {
			fmt.Fprintf(b, `<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>`+"\n", labelWidth, y, at(r.Median)-labelWidth, barHeight, colour)
			fmt.Fprintf(b, `<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" stroke="black"/>`+"\n", at(r.Least), at(r.Most), y+barHeight/2, y+barHeight/2)
			fmt.Fprintf(b, `<text x="%.1f" y="%d">%s</text>`+"\n", at(r.Most)+6, y+11, html.EscapeString(r.String()))
		}
		y += rowHeight
	}
	return y
}
