package demo

// person is a name as rows show it.
type person struct{ first, last string }

var familyNames = []string{"陳", "林", "黃", "張", "李", "王", "吳", "劉", "蔡", "楊", "許", "鄭", "謝", "郭", "洪", "曾", "邱", "廖", "賴", "周"}
var givenNames = []string{"怡君", "雅婷", "志明", "淑芬", "家豪", "俊傑", "佳穎", "冠宇", "美玲", "宗翰", "欣怡", "建宏", "詩涵", "承恩", "品妤", "柏翰", "宜蓁", "子涵", "思妤", "彥廷"}
var englishFirst = []string{"Olivia", "Liam", "Emma", "Noah", "Ava", "Ethan", "Mia", "Lucas", "Chloe", "Henry", "Grace", "Oscar", "Ruby", "Felix", "Hannah"}
var englishLast = []string{"Chen", "Smith", "Wong", "Garcia", "Brown", "Tanaka", "Miller", "Lee", "Dubois", "Novak"}

// name gives the n-th customer's name: two thirds Chinese, no two alike for as long as the lists reach.
func name(n int) person {
	if n%3 == 2 {
		k := n / 3
		return person{englishFirst[k%len(englishFirst)], englishLast[(k/len(englishFirst)+k)%len(englishLast)]}
	}
	return person{familyNames[n%len(familyNames)], givenNames[(n/len(familyNames)+n*7)%len(givenNames)]}
}

func isEnglish(n int) bool { return n%3 == 2 }

// turn is one message of a conversation: the customer's, or the agent's.
type turn struct {
	isAgent bool
	text    string
}

func c(text string) turn { return turn{text: text} }
func a(text string) turn { return turn{isAgent: true, text: text} }

var chineseTalks = [][]turn{
	{c("請問這雙鞋還有 24.5 號嗎?"), a("您好,24.5 號目前還有 3 雙喔!"), c("太好了,我要訂一雙"), a("好的,幫您保留,請到網站下單並備註保留編號 A12。")},
	{c("我的訂單 #20511 什麼時候會到?"), a("您好,幫您查一下,請稍等。"), a("包裹已經出貨,預計明天下午送達。"), c("謝謝你!")},
	{c("請問退款什麼時候會到?"), a("退款已於昨天送出,銀行作業約 3 到 5 個工作天。"), c("好的")},
	{c("你們門市今天營業到幾點?"), a("信義門市今天營業到晚上九點半。")},
	{c("可以換貨嗎?收到的顏色不對"), c("我訂的是米白色,收到的是灰色"), a("非常抱歉!我們馬上為您安排換貨,請提供訂單編號。"), c("訂單編號 20498")},
	{c("想請問會員等級怎麼升級"), a("累計消費滿一萬元就會自動升級為金卡會員喔。"), c("那我還差多少?")},
	{c("這個外套可以機洗嗎?"), a("建議手洗,水溫 30 度以下。")},
	{c("有沒有開發票?統編要怎麼打"), a("結帳時可以選擇「公司發票」並輸入統一編號。"), c("了解,謝謝")},
	{c("優惠碼 AUTUMN10 不能用"), a("這組優惠碼需滿 1,500 元才能使用,您的購物車還差 120 元。"), c("原來如此,我再看看")},
	{c("你好"), c("有人在嗎"), c("想問一下團購的價格")},
	{c("可以幫我改送貨地址嗎?改到公司"), a("可以的,請提供新的地址與收件人。"), c("台北市信義區松仁路 100 號 8 樓,王小姐"), a("已經為您更新完成!")},
	{c("請問有附禮物包裝嗎?"), a("有的,結帳時加購 50 元即可。"), c("好喔")},
}

var englishTalks = [][]turn{
	{c("Hi, do you ship to Hong Kong?"), a("Yes, we do. Shipping takes 3 to 5 days."), c("Great, thanks!")},
	{c("My parcel says delivered but I have not received it"), a("I am sorry to hear that. Could you share the order number?"), c("It's 20533"), a("Thank you, I am asking the carrier and will be back within the hour.")},
	{c("What is your return policy?"), a("You can return unworn items within 14 days.")},
	{c("Is the linen shirt available in XL?"), c("The blue one"), a("The blue one in XL is back in stock tomorrow.")},
	{c("Can I pay with Apple Pay?"), a("Yes, at the last step of the checkout.")},
	{c("I was charged twice!"), c("Order 20540, please check")},
	{c("Could you send me the invoice for October?"), a("Of course, I have sent it to your e-mail address."), c("Received, thank you")},
	{c("Do you have a shop near Taichung station?"), a("Yes: 5 minutes on foot, Taiwan Boulevard 89.")},
}

// groupMention is how the demo group calls the account.
const groupMention = "@Demo Shop"

// groupTalk is what the demo group says.
var groupTalk = []string{"大家好,下週的團購要開始登記囉", "我要兩箱!", "@Demo Shop 請問這次有免運嗎?", "我也想知道免運門檻", "+1", "Can I join with one box?", "請問付款方式有哪些?"}

// questions is what simulated customers write, and thanks what they answer an agent.
var questions = []string{"請問這個還有現貨嗎?", "我的訂單到哪裡了?", "可以幫我查一下點數嗎?", "這件有其他顏色嗎?", "門市有試穿嗎?", "Do you have this in size M?", "Where is my order?", "Is there a discount for two?", "請問可以刷卡分期嗎?", "想預約明天下午三點", "Can I change the delivery date?", "包裹外盒有點破損,怎麼辦?"}
var thanks = []string{"好的,謝謝!", "了解", "收到,感謝", "Thank you!", "Perfect, thanks", "太好了", "那我再想想", "OK 👍"}
