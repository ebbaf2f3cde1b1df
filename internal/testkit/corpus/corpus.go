// Package corpus makes up what customers and agents write, the same for the same numbers: four fifths Traditional Chinese, with terms of known
// frequency for what searches texts.
package corpus

import "strings"

// Terms that are looked for. In Message one in eight holds Common, one in ten CommonLong, one in a thousand Medium and MediumLong; a few of the
// oldest hold Rare and RareLong; none holds Absent or AbsentLong.
const (
	Common, CommonLong = "訂單", "請問訂單"
	Medium, MediumLong = "退貨", "退貨流程"
	Rare, RareLong     = "曇花", "曇花一現"
	Absent, AbsentLong = "蠡測", "蠡測管窺"
	Latin              = "parcel"
	// Apart are two common words that never stand side by side.
	Apart = "請問，訂單"
)

var (
	chinese = strings.Fields(`您好 早安 想了解 這個商品 還有貨嗎 什麼時候 可以出貨 運費多少 宅配到府 超商取貨 昨天下單 還沒收到 麻煩幫我 查一下 謝謝您 不好意思 尺寸不合
		想要換貨 顏色跟照片 不太一樣 發票抬頭 統一編號 門市地址 營業時間 週末有開嗎 會員點數 怎麼使用 折扣碼 無法輸入 信用卡 刷卡失敗 分期付款 優惠活動 到幾號 生日禮
		已經寄出 物流編號 請稍候 為您確認 客服人員 很快回覆 感謝等候 收到了 非常喜歡 下次再買 推薦朋友 品質不錯 包裝破損 需要補寄 電話聯絡 手機號碼 電子郵件 地址更改
		家裡沒人 管理室代收 明天下午 後天上午 星期三 月底之前 新品上市 預購商品 缺貨中 補貨通知 材質成分 適合敏感肌 使用方法 保存期限 保固維修 零件更換 說明書 安裝服務`)
	english = strings.Fields(`hello could you please check my parcel tracking number is it still on the way refund size colour delivery invoice store opening hours
		thank very much tomorrow afternoon available stock payment failed card coupon code`)
	family = []rune("陳林黃張李王吳劉蔡楊許鄭謝郭洪曾邱廖賴徐")
	given  = []rune("家豪志明俊傑建宏雅婷怡君淑芬美玲佳穎宗翰冠宇承恩子軒詩涵思妤曉")
)

// Message is the text of the n-th message of scale. draw gives a number from 0 to below its argument.
func Message(draw func(int) int, n, scale int) string {
	var b strings.Builder
	words, between := chinese, "，"
	if n%5 == 4 {
		words, between = english, " "
	}
	for i := range 3 + draw(10) {
		if i > 0 {
			b.WriteString(between)
		}
		b.WriteString(words[draw(len(words))])
	}
	switch {
	case n%40 == 7:
		b.WriteString("的" + Common)
	case n%10 == 3:
		b.WriteString("，" + CommonLong)
	case n%1000 == 500:
		b.WriteString("，" + MediumLong + "呢")
	case n < scale/100 && n%max(1, scale/500) == 0:
		b.WriteString(RareLong)
	}
	return b.String()
}

// Families are the family names of Name, each as frequent as the others.
func Families() []rune { return family }

// Name is a person's name: family name and two characters.
func Name(draw func(int) int) string {
	return string([]rune{family[draw(len(family))], given[draw(len(given))], given[draw(len(given))]})
}
