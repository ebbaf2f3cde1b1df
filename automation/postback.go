package automation

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// The data of our buttons are "sy", the module's number (0: a person is asked for) and a mark that shows that we made them for this team, joined by
// dots: short enough for every platform.
const (
	postbackPrefix = "sy."
	postbackPlace  = "postback"
)

// PostbackData is what a button sends that opens a module; of module 0, one that asks for a person. The same button always sends the same.
func (s *Service) PostbackData(team, moduleID int64) string {
	number := strconv.FormatInt(moduleID, 36)
	return postbackPrefix + number + "." + base64.RawURLEncoding.EncodeToString(s.Keys.Sign(signed(team, number), postbackPlace))
}

func signed(team int64, number string) []byte {
	return []byte(strconv.FormatInt(team, 10) + "/" + number)
}

// readPostback gives the module that data of ours open; 0 asks for a person. What we did not make for the team is not ours.
func (s *Service) readPostback(team int64, data string) (moduleID int64, isOurs bool) {
	rest, ok := strings.CutPrefix(data, postbackPrefix)
	if !ok {
		return 0, false
	}
	number, mark, ok := strings.Cut(rest, ".")
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(number, 36, 64)
	if err != nil || n < 0 {
		return 0, false
	}
	given, err := base64.RawURLEncoding.DecodeString(mark)
	if err != nil || !s.Keys.IsSigned(signed(team, number), given, postbackPlace) {
		return 0, false
	}
	return n, true
}
