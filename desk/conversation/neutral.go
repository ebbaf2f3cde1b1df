package conversation

import (
	"bytes"
	"image"
	"image/color"
	"image/png"

	"github.com/switchyard-chat/switchyard/desk/file"
)

// neutralAuthor is whose the neutral pictures are: nobody's.
const neutralAuthor = "system"

// The neutral picture's size in pixels: the shape of most films, large enough for a phone.
const neutralWidth, neutralHeight = 640, 360

// neutralPicture draws what stands for a film of which there is no picture (MSG-7): a light triangle on grey. It is drawn anew each time, which takes
// a moment, and is the same each time.
func neutralPicture() file.UploadInput {
	dark, light := color.Gray{Y: 0x30}, color.Gray{Y: 0xe0}
	p := image.NewPaletted(image.Rect(0, 0, neutralWidth, neutralHeight), color.Palette{dark, light})
	const half = 70 // of the triangle's height; it is as wide as it is high
	for y := -half; y <= half; y++ {
		for x := range 2 * (half - max(y, -y)) {
			p.SetColorIndex(neutralWidth/2-half+x, neutralHeight/2+y, 1)
		}
	}
	var b bytes.Buffer
	_ = png.Encode(&b, p) // a buffer takes everything
	return file.UploadInput{Name: "film.png", ContentType: "image/png", Body: &b, Size: int64(b.Len())}
}
