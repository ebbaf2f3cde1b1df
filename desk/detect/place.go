package detect

import (
	"strings"
	"unicode/utf8"
)

// unitMarks are what stands behind the number of a house, floor or room in Chinese: without any there is no Chinese postal address.
const unitMarks = "號号樓楼室座"

// named is a set of names.
type named struct {
	names   map[string]bool
	longest int // in characters
}

func nameSet(list string) named {
	n := named{names: map[string]bool{}}
	for _, x := range strings.Fields(list) {
		n.names[x] = true
		n.longest = max(n.longest, utf8.RuneCountInString(x))
	}
	return n
}

// at gives where the longest name ends that begins at a place of a text; the place itself for none.
func (n named) at(s string, from int) int {
	end, to := from, from
	for range n.longest {
		_, size := utf8.DecodeRuneInString(s[to:])
		if size == 0 {
			break
		}
		if to += size; n.names[s[from:to]] {
			end = to
		}
	}
	return end
}

// Names with which a Chinese address begins.
var (
	counties = nameSet(`台北 臺北 新北 基隆 桃園 新竹 苗栗 台中 臺中 彰化 南投 雲林 嘉義 台南 臺南 高雄 屏東 宜蘭 花蓮 台東 臺東 澎湖 金門 連江`)
	regions  = nameSet(`香港 香港島 九龍 新界 離島`)

	// districts are Taiwan's, county by county.
	districts = nameSet(`
		中正區 大同區 中山區 松山區 大安區 萬華區 信義區 士林區 北投區 內湖區 南港區 文山區
		板橋區 三重區 中和區 永和區 新莊區 新店區 樹林區 鶯歌區 三峽區 淡水區 汐止區 瑞芳區 土城區 蘆洲區 五股區 泰山區 林口區 深坑區 石碇區 坪林區 三芝區 石門區 八里區
		平溪區 雙溪區 貢寮區 金山區 萬里區 烏來區
		仁愛區 安樂區 暖暖區 七堵區
		桃園區 中壢區 平鎮區 八德區 楊梅區 蘆竹區 大溪區 龍潭區 龜山區 大園區 觀音區 新屋區 復興區
		東區 北區 香山區 西區 南區
		竹北市 竹東鎮 新埔鎮 關西鎮 湖口鄉 新豐鄉 芎林鄉 橫山鄉 北埔鄉 寶山鄉 峨眉鄉 尖石鄉 五峰鄉
		苗栗市 頭份市 竹南鎮 後龍鎮 通霄鎮 苑裡鎮 卓蘭鎮 造橋鄉 西湖鄉 頭屋鄉 公館鄉 銅鑼鄉 三義鄉 大湖鄉 獅潭鄉 三灣鄉 南庄鄉 泰安鄉
		中區 西屯區 南屯區 北屯區 豐原區 東勢區 大甲區 清水區 沙鹿區 梧棲區 后里區 神岡區 潭子區 大雅區 新社區 石岡區 外埔區 大肚區 烏日區 霧峰區 太平區 大里區 和平區 龍井區
		彰化市 員林市 和美鎮 鹿港鎮 溪湖鎮 二林鎮 田中鎮 北斗鎮 花壇鄉 芬園鄉 大村鄉 永靖鄉 伸港鄉 線西鄉 福興鄉 秀水鄉 埔心鄉 埔鹽鄉 大城鄉 芳苑鄉 竹塘鄉 社頭鄉 二水鄉 田尾鄉 埤頭鄉 溪州鄉
		南投市 埔里鎮 草屯鎮 竹山鎮 集集鎮 名間鄉 鹿谷鄉 中寮鄉 魚池鄉 國姓鄉 水里鄉 信義鄉 仁愛鄉
		斗六市 斗南鎮 虎尾鎮 西螺鎮 土庫鎮 北港鎮 古坑鄉 大埤鄉 莿桐鄉 林內鄉 二崙鄉 崙背鄉 麥寮鄉 東勢鄉 褒忠鄉 臺西鄉 台西鄉 元長鄉 四湖鄉 口湖鄉 水林鄉
		太保市 朴子市 布袋鎮 大林鎮 民雄鄉 溪口鄉 新港鄉 六腳鄉 東石鄉 義竹鄉 鹿草鄉 水上鄉 中埔鄉 竹崎鄉 梅山鄉 番路鄉 大埔鄉 阿里山鄉
		中西區 安平區 安南區 永康區 歸仁區 新化區 左鎮區 玉井區 楠西區 南化區 仁德區 關廟區 龍崎區 官田區 麻豆區 佳里區 西港區 七股區 將軍區 學甲區 北門區 新營區 後壁區 白河區
		東山區 六甲區 下營區 柳營區 鹽水區 善化區 大內區 山上區 新市區 安定區
		鹽埕區 鼓山區 左營區 楠梓區 三民區 新興區 前金區 苓雅區 前鎮區 旗津區 小港區 鳳山區 林園區 大寮區 大樹區 大社區 仁武區 鳥松區 岡山區 橋頭區 燕巢區 田寮區 阿蓮區 路竹區
		湖內區 茄萣區 永安區 彌陀區 梓官區 旗山區 美濃區 六龜區 甲仙區 杉林區 內門區 茂林區 桃源區 那瑪夏區
		屏東市 潮州鎮 東港鎮 恆春鎮 萬丹鄉 長治鄉 麟洛鄉 九如鄉 里港鄉 鹽埔鄉 高樹鄉 萬巒鄉 內埔鄉 竹田鄉 新埤鄉 枋寮鄉 新園鄉 崁頂鄉 林邊鄉 南州鄉 佳冬鄉 琉球鄉 車城鄉 滿州鄉
		枋山鄉 三地門鄉 霧臺鄉 霧台鄉 瑪家鄉 泰武鄉 來義鄉 春日鄉 獅子鄉 牡丹鄉
		宜蘭市 羅東鎮 蘇澳鎮 頭城鎮 礁溪鄉 壯圍鄉 員山鄉 冬山鄉 五結鄉 三星鄉 大同鄉 南澳鄉
		花蓮市 鳳林鎮 玉里鎮 新城鄉 吉安鄉 壽豐鄉 光復鄉 豐濱鄉 瑞穗鄉 富里鄉 秀林鄉 萬榮鄉 卓溪鄉
		臺東市 台東市 成功鎮 關山鎮 卑南鄉 大武鄉 太麻里鄉 東河鄉 長濱鄉 鹿野鄉 池上鄉 綠島鄉 延平鄉 海端鄉 達仁鄉 金峰鄉 蘭嶼鄉
		馬公市 湖西鄉 白沙鄉 西嶼鄉 望安鄉 七美鄉 金城鎮 金湖鎮 金沙鎮 金寧鄉 烈嶼鄉 烏坵鄉 南竿鄉 北竿鄉 莒光鄉 東引鄉`)

	// areas are Hong Kong's.
	areas = nameSet(`
		中環 上環 西環 金鐘 灣仔 銅鑼灣 北角 鰂魚涌 鰂魚湧 太古 西灣河 筲箕灣 柴灣 小西灣 跑馬地 天后 炮台山 大坑 薄扶林 香港仔 鴨脷洲 黃竹坑 淺水灣 赤柱 堅尼地城 西營盤 石塘咀 半山
		尖沙咀 尖沙嘴 佐敦 油麻地 旺角 太子 大角咀 深水埗 長沙灣 荔枝角 美孚 石硤尾 九龍塘 九龍城 九龍灣 土瓜灣 紅磡 何文田 黃埔 啟德 新蒲崗 黃大仙 鑽石山 慈雲山 樂富 牛頭角 觀塘
		藍田 油塘 秀茂坪 彩虹 將軍澳 坑口 寶琳 調景嶺 西貢 沙田 大圍 火炭 馬鞍山 大埔 粉嶺 上水 元朗 天水圍 屯門 荃灣 葵涌 葵芳 葵興 青衣 東涌 長洲 坪洲 愉景灣 大嶼山 深井 馬灣
		中西區 灣仔區 東區 南區 油尖旺區 深水埗區 九龍城區 黃大仙區 觀塘區 葵青區 荃灣區 屯門區 元朗區 北區 大埔區 沙田區 西貢區 離島區`)
)

// Words of addresses in English.
var (
	// streets are the words for a street that mean little else, and ways those that mean much else.
	streets = `street|st|road|rd|avenue|ave|boulevard|blvd|lane|ln|parkway|pkwy|terrace|highway|hwy|crescent|cres`
	ways    = `drive|dr|way|court|ct|place|pl|square|sq|close|circuit|path|walk|row|gardens|grove|hill|mews`

	// towns and lands are what an address ends with; each is enough to take what stands before it for one.
	towns = strings.Join(strings.Split(`new taipei city|new taipei|taipei city|taipei|keelung city|keelung|taoyuan city|taoyuan|hsinchu city|hsinchu county|hsinchu|miaoli county|miaoli|taichung city|taichung|changhua county|changhua|`+
		`nantou county|nantou|yunlin county|yunlin|chiayi city|chiayi county|chiayi|tainan city|tainan|kaohsiung city|kaohsiung|pingtung county|pingtung|yilan county|yilan|hualien county|hualien|taitung county|taitung|`+
		`hong kong|kowloon|new territories|n\.t\.|nt|central|wan chai|causeway bay|north point|quarry bay|tai koo|chai wan|aberdeen|sheung wan|kennedy town|admiralty|tsim sha tsui|jordan|yau ma tei|mong kok|prince edward|`+
		`sham shui po|cheung sha wan|lai chi kok|kowloon tong|kowloon bay|hung hom|to kwa wan|san po kong|wong tai sin|diamond hill|ngau tau kok|kwun tong|lam tin|yau tong|tseung kwan o|sai kung|sha tin|shatin|tai wai|`+
		`fo tan|ma on shan|tai po|fanling|sheung shui|yuen long|tin shui wai|tuen mun|tsuen wan|kwai chung|kwai fong|tsing yi|tung chung|london|singapore|new york|sydney|melbourne|toronto|vancouver`, "|"), "|")
	lands = `taiwan \(r\.o\.c\.\)|taiwan, r\.o\.c\.|taiwan r\.o\.c\.|taiwan|r\.o\.c\.|united states of america|united states|u\.s\.a\.|usa|united kingdom|uk|england|scotland|australia|canada|hong kong sar`

	states = `al|ak|az|ar|ca|co|ct|de|fl|ga|hi|id|il|in|ia|ks|ky|la|me|md|ma|mi|mn|ms|mo|mt|ne|nv|nh|nj|nm|ny|nc|nd|oh|ok|or|pa|ri|sc|sd|tn|tx|ut|vt|va|wa|wv|wi|wy|dc`
)
