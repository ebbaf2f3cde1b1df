package catalogue

// entries are all texts. Codes are grouped by what they are for: role.*, log.* (activity log), notice.* (notifications), preview.*
// (inbox rows), message.* (system messages and placeholders), failure.* (delivery), refusal.* (why something is not allowed), channel.*.
var entries = map[string]entry{
	"role.ADMIN":         {"管理員", "Administrator"},
	"role.SUPERVISOR":    {"主管", "Supervisor"},
	"role.CS_MANAGER":    {"客服經理", "Customer service manager"},
	"role.MARKETING_CS":  {"行銷客服", "Marketing and customer service"},
	"role.AGENT":         {"客服人員", "Agent"},
	"role.SALES_MANAGER": {"銷售經理", "Sales manager"},
	"role.SALES":         {"銷售人員", "Sales"},

	"log.created":          {"{customer} 開始了對話。", "{customer} began the conversation."},
	"log.followed":         {"{actor} 跟進了對話。", "{actor} followed the conversation."},
	"log.taken_over":       {"{actor} 接手跟進了 {from} 的對話", "{actor} took over the conversation from {from}"},
	"log.transferred":      {"{actor} 將對話轉給了 {to}", "{actor} transferred the conversation to {to}"},
	"log.ended":            {"{actor} 結束了對話。", "{actor} ended the conversation."},
	"log.reopened":         {"{actor} 重啟了對話。", "{actor} reopened the conversation."},
	"log.reopened_inbound": {"{customer} 的新訊息重啟了對話。", "A new message from {customer} reopened the conversation."},
	"log.marked_unread":    {"{actor} 將對話標為未讀。", "{actor} marked the conversation as unread."},
	"log.marked_read":      {"{actor} 將對話標為已讀。", "{actor} marked the conversation as read."},
	"log.resent":           {"{actor} 重新傳送了一則訊息。", "{actor} sent a message again."},
	"log.resent_twice":     {"{actor} 重新傳送了一則訊息,並確認它可能會送達兩次。", "{actor} sent a message again, accepting that it may arrive twice."},
	"log.unsent":           {"{customer} 收回了一則訊息。", "{customer} unsent a message."},
	"log.account_joined":   {"官方帳號加入了群組。", "The account joined the group."},
	"log.account_left":     {"官方帳號已離開群組,對話已結束。", "The account left the group; the conversation ended."},
	"log.contact_deleted":  {"{actor} 刪除了顧客資料。", "{actor} deleted the contact."},
	"log.released":         {"{agent} 已停用,對話回到待處理。", "{agent} was deactivated; the conversation is pending again."},

	"notice.transferred":          {"{actor} ({role}) 已將 1 個對話移轉給你", "{actor} ({role}) transferred 1 conversation to you"},
	"notice.taken_over":           {"{actor} ({role}) 已接手 1 個你的對話", "{actor} ({role}) took over 1 of your conversations"},
	"notice.channel_disconnected": {"渠道「{channel}」已中斷連線:{reason}", "The channel “{channel}” is disconnected: {reason}"},

	"message.unsent":      {"已收回一則訊息", "A message was unsent"},
	"message.followed":    {"{actor} 跟進了對話", "{actor} follows the conversation"},
	"message.unsupported": {"不支援的訊息類型", "A kind of message that cannot be shown"},

	"preview.IMAGE":       {"[圖片]", "[Image]"},
	"preview.VIDEO":       {"[影片]", "[Video]"},
	"preview.AUDIO":       {"[語音]", "[Audio]"},
	"preview.FILE":        {"[檔案]", "[File]"},
	"preview.STICKER":     {"[貼圖]", "[Sticker]"},
	"preview.LOCATION":    {"[位置]", "[Location]"},
	"preview.TEMPLATE":    {"[範本訊息]", "[Template]"},
	"preview.UNSUPPORTED": {"[不支援的訊息]", "[Unsupported message]"},
	"preview.mentioned":   {"您已被標註", "You were mentioned"},

	"member.unknown":       {"群組成員", "Group member"},
	"customer.unknown":     {"顧客", "Customer"},
	"group.unnamed":        {"未命名群組", "Unnamed group"},
	"group.members_hidden": {"現有 LINE 方案不支援取得群組成員資料,請先向 LINE 進行驗證或升級為高級帳戶", "The present LINE plan does not give the members of groups; have the account verified by LINE or upgrade it to a premium account"},
	"group.no_permission":  {"沒有權限查看此顧客對話", "You may not see this customer's conversation"},

	"failure.INVALID_CONTENT":     {"平台不接受此訊息的內容。", "The platform does not accept the message's content."},
	"failure.RECIPIENT_GONE":      {"收件者已不存在或無法傳送。", "The recipient is gone or cannot be written to."},
	"failure.QUOTA_EXCEEDED":      {"本月的訊息額度已用完。", "This month's message quota is used up."},
	"failure.RATE_LIMITED":        {"傳送過於頻繁,平台暫時拒絕。", "Too many messages in a short time; the platform refuses for a while."},
	"failure.CREDENTIALS_REVOKED": {"渠道的授權已失效,請重新連接。", "The channel's authorisation no longer works; connect it again."},
	"failure.NOT_ENTITLED":        {"此帳號沒有權限傳送這類訊息。", "This account may not send this kind of message."},
	"failure.TOO_LARGE":           {"訊息過大。", "The message is too large."},
	"failure.PLATFORM_ERROR":      {"平台發生錯誤,訊息未能送出。", "The platform failed; the message was not sent."},
	"failure.UNREACHABLE":         {"無法連線至平台。", "The platform cannot be reached."},
	"failure.DELIVERY_UNCERTAIN":  {"無法確認訊息是否送達。", "It is not certain whether the message arrived."},
	"failure.CHANNEL_UNAVAILABLE": {"渠道未連線或已暫停。", "The channel is not connected or is paused."},

	"channel.CREDENTIALS_REVOKED": {"平台不再接受憑證", "the platform no longer accepts the credentials"},
	"channel.DELETED":             {"渠道已刪除", "the channel was deleted"},
}
