package media

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"

	scale "golang.org/x/image/draw"
)

// The limits of a small picture, which every platform takes.
const (
	PreviewSide  = 1024    // pixels, the longer side
	PreviewBytes = 1 << 20 // bytes
)

// Small is a small picture.
type Small struct {
	Type          string // JPEG or PNG
	Bytes         []byte
	Width, Height int // pixels
}

// Preview makes a small picture of one that Inspect gave: turned as it is to be shown, and with nothing in it but the picture. It takes
// about i.Weight bytes of memory and a few more millions. A picture that cannot be decoded is ErrBroken.
func Preview(r io.Reader, i Info) (Small, error) {
	src, _, err := image.Decode(r)
	if err != nil {
		return Small{}, ErrBroken
	}
	b := src.Bounds()
	width, height := b.Dx(), b.Dy()
	if width <= 0 || height <= 0 || width != i.Width && width != i.Height {
		return Small{}, ErrBroken
	}
	small := average(src, max(1, max(width, height)/PreviewSide))
	if longer := max(width, height); longer > PreviewSide {
		to := image.NewRGBA(image.Rect(0, 0, max(1, width*PreviewSide/longer), max(1, height*PreviewSide/longer)))
		scale.ApproxBiLinear.Scale(to, to.Bounds(), small, small.Bounds(), draw.Src, nil)
		small = to
	}
	return encode(turnBy(small, i.turn))
}

// average makes a picture n times smaller by the mean of n × n pixels each. It reads a strip at a time, so that it takes no second copy.
func average(src image.Image, n int) *image.RGBA {
	b := src.Bounds()
	w, h := max(1, b.Dx()/n), max(1, b.Dy()/n)
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	strip := image.NewRGBA(image.Rect(0, 0, b.Dx(), min(n, b.Dy())))
	for y := range h {
		draw.Draw(strip, strip.Bounds(), src, image.Pt(b.Min.X, b.Min.Y+y*n), draw.Src)
		for x := range w {
			var sum [4]int
			count := 0
			for dy := range strip.Rect.Dy() {
				row := strip.Pix[dy*strip.Stride+x*n*4:]
				for dx := 0; dx < min(n, b.Dx()-x*n); dx++ {
					for c := range sum {
						sum[c] += int(row[dx*4+c])
					}
					count++
				}
			}
			to := out.Pix[y*out.Stride+x*4:]
			for c := range sum {
				to[c] = byte(sum[c] / count)
			}
		}
	}
	return out
}

// turnBy turns and mirrors a picture as EXIF numbers it.
func turnBy(src *image.RGBA, turn int) *image.RGBA {
	if turn <= 1 || turn > 8 {
		return src
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if turn >= 5 {
		out = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			tx, ty := x, y
			switch turn {
			case 2:
				tx = w - 1 - x
			case 3:
				tx, ty = w-1-x, h-1-y
			case 4:
				ty = h - 1 - y
			case 5:
				tx, ty = y, x
			case 6:
				tx, ty = h-1-y, x
			case 7:
				tx, ty = h-1-y, w-1-x
			case 8:
				tx, ty = y, w-1-x
			}
			copy(out.Pix[ty*out.Stride+tx*4:][:4], src.Pix[y*src.Stride+x*4:])
		}
	}
	return out
}

// encode writes a small picture: as PNG where one sees through it and it is small enough, else as JPEG.
func encode(img *image.RGBA) (Small, error) {
	s := Small{Width: img.Rect.Dx(), Height: img.Rect.Dy()}
	var b bytes.Buffer
	if !img.Opaque() {
		if err := png.Encode(&b, img); err != nil {
			return s, err
		}
		if b.Len() <= PreviewBytes {
			s.Type, s.Bytes = PNG, b.Bytes()
			return s, nil
		}
		white := image.NewRGBA(img.Rect)
		draw.Draw(white, white.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
		draw.Draw(white, white.Rect, img, image.Point{}, draw.Over)
		img = white
	}
	for quality := 85; ; quality -= 20 {
		b.Reset()
		if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
			return s, err
		}
		if b.Len() <= PreviewBytes || quality < 20 {
			s.Type, s.Bytes = JPEG, b.Bytes()
			return s, nil
		}
	}
}
