package line

import (
	"context"
	"fmt"
	"net/http"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// The names of the lines of a connection check.
const (
	CheckCredentials   = "CREDENTIALS"
	CheckWebhookURL    = "WEBHOOK_URL"
	CheckWebhookActive = "WEBHOOK_ACTIVE"
	CheckWebhookTest   = "WEBHOOK_TEST"
	CheckQuota         = "QUOTA"
	CheckMemberList    = "MEMBER_LIST"
	CheckGroupChats    = "GROUP_CHATS"
	CheckRedelivery    = "WEBHOOK_REDELIVERY"
)

// Check asks LINE what is granted and what is missing (CHAN-10), and has LINE call webhookURL once with a signed, empty body. The lines
// come in a fixed order, all of them every time; those that could not be asked for lack of valid credentials are Unknown. It fails
// with kind Unavailable or Throttled when LINE itself cannot be asked.
func (a *Adapter) Check(ctx context.Context, account channels.Account, webhookURL string) ([]channels.Check, error) {
	credentials, err := a.checkCredentials(ctx, account)
	if err != nil {
		return nil, err
	}
	lines := []channels.Check{credentials}
	if credentials.Status == channels.CheckFailed {
		for _, name := range []string{CheckWebhookURL, CheckWebhookActive, CheckWebhookTest, CheckQuota, CheckMemberList} {
			lines = append(lines, unknown(name, "not asked: the credentials have to be put right first"))
		}
		return append(lines, consoleOnly()...), nil
	}
	webhook, err := a.checkWebhook(ctx, account, webhookURL)
	if err != nil {
		return nil, err
	}
	quota, err := a.checkQuota(ctx, account)
	if err != nil {
		return nil, err
	}
	lines = append(lines, webhook...)
	lines = append(lines, quota)
	list, err := a.checkMemberList(ctx, account)
	if err != nil {
		return nil, err
	}
	lines = append(lines, list)
	return append(lines, consoleOnly()...), nil
}

func (a *Adapter) checkCredentials(ctx context.Context, account channels.Account) (channels.Check, error) {
	for _, field := range a.Capability().Credentials {
		if field.IsSecret && account.Credentials[field.Name] == "" {
			return failed(CheckCredentials, field.Name+" is missing. "+field.Text), nil
		}
	}
	info, err := a.botInfo(ctx, account)
	switch {
	case fault.Is(err, fault.Unauthenticated):
		return failed(CheckCredentials, "LINE does not accept the channel access token. Issue one in the LINE Developers Console under "+
			"Messaging API and enter it here; issuing a new one ends the old one"), nil
	case err != nil:
		return channels.Check{}, err
	case account.PlatformID != "" && info.UserID != account.PlatformID:
		return failed(CheckCredentials, "the channel access token belongs to another LINE account, "+info.DisplayName+" ("+info.BasicID+")"), nil
	}
	return passed(CheckCredentials, "LINE accepts the channel access token of "+info.DisplayName+" ("+info.BasicID+")"), nil
}

// checkWebhook looks at LINE's settings of the webhook, then has LINE call it. The call also proves the channel secret: with a wrong
// one we refuse the signature and LINE reports our 401.
func (a *Adapter) checkWebhook(ctx context.Context, account channels.Account, webhookURL string) ([]channels.Check, error) {
	var set struct {
		Endpoint string `json:"endpoint"`
		Active   bool   `json:"active"`
	}
	err := a.get(ctx, account, "/v2/bot/channel/webhook/endpoint", "webhook address", &set)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	address := passed(CheckWebhookURL, "LINE calls "+webhookURL)
	if set.Endpoint != webhookURL {
		text := "LINE calls another address, " + set.Endpoint
		if set.Endpoint == "" {
			text = "LINE has no webhook address"
		}
		address = failed(CheckWebhookURL, text+". Set it to "+webhookURL+" in the LINE Developers Console under Messaging API, Webhook settings")
	}
	active := passed(CheckWebhookActive, "\"Use webhook\" is on")
	if !set.Active {
		active = failed(CheckWebhookActive, "\"Use webhook\" is off, so nothing customers write arrives. Switch it on in the LINE Developers "+
			"Console under Messaging API, Webhook settings")
	}
	test, err := a.checkRoundTrip(ctx, account, webhookURL)
	if err != nil {
		return nil, err
	}
	return []channels.Check{address, active, test}, nil
}

func (a *Adapter) checkRoundTrip(ctx context.Context, account channels.Account, webhookURL string) (channels.Check, error) {
	var test struct {
		Success    bool   `json:"success"`
		StatusCode int    `json:"statusCode"`
		Reason     string `json:"reason"`
		Detail     string `json:"detail"`
	}
	err := a.ask(ctx, account, request{
		method: http.MethodPost, path: "/v2/bot/channel/webhook/test",
		payload: map[string]string{"endpoint": webhookURL},
	}, "webhook address", &test)
	switch {
	case fault.Is(err, fault.NotFound):
		return failed(CheckWebhookTest, "LINE does not accept "+webhookURL+" as a webhook: it must be a public https address"), nil
	case fault.Is(err, fault.Throttled):
		return unknown(CheckWebhookTest, "LINE allows 60 tests an hour: try later"), nil
	case err != nil:
		return channels.Check{}, err
	case test.Success:
		return passed(CheckWebhookTest, "LINE called the webhook and was answered"), nil
	case test.StatusCode == http.StatusUnauthorized:
		return failed(CheckWebhookTest, "the webhook refused LINE's signature: the channel secret entered here is not this channel's. "+
			"Copy it from the LINE Developers Console under Basic settings"), nil
	}
	return failed(CheckWebhookTest, withDetail(fmt.Sprintf("LINE called the webhook without success (status %d)", test.StatusCode),
		problem{Message: test.Reason + " " + test.Detail}, account.Credentials)), nil
}

func (a *Adapter) checkQuota(ctx context.Context, account channels.Account) (channels.Check, error) {
	var quota struct {
		Type  string `json:"type"`
		Value int64  `json:"value"`
	}
	if err := a.get(ctx, account, "/v2/bot/message/quota", "the message quota", &quota); err != nil {
		return orUnknown(CheckQuota, err)
	}
	var used struct {
		TotalUsage int64 `json:"totalUsage"`
	}
	if err := a.get(ctx, account, "/v2/bot/message/quota/consumption", "the message quota", &used); err != nil {
		return orUnknown(CheckQuota, err)
	}
	switch {
	case quota.Type != "limited":
		return passed(CheckQuota, fmt.Sprintf("%d messages this month, without a limit", used.TotalUsage)), nil
	case used.TotalUsage >= quota.Value:
		return failed(CheckQuota, fmt.Sprintf("all %d messages of this month are used: buy more or change the plan in LINE Official Account Manager",
			quota.Value)), nil
	}
	return passed(CheckQuota, fmt.Sprintf("about %d of %d messages of this month are used", used.TotalUsage, quota.Value)), nil
}

func (a *Adapter) checkMemberList(ctx context.Context, account channels.Account) (channels.Check, error) {
	info, err := a.FetchAccount(ctx, account)
	if err != nil {
		return orUnknown(CheckMemberList, err)
	}
	if !info.CanListMembers {
		return unknown(CheckMemberList, "LINE lists the members of groups to verified and premium accounts only; of this one's groups it tells "+
			"the number. Have the account verified in LINE Official Account Manager"), nil
	}
	return passed(CheckMemberList, "LINE lists the members of groups to this account"), nil
}

// orUnknown turns what does not keep the rest of a check from being told into an Unknown line.
func orUnknown(name string, err error) (channels.Check, error) {
	switch fault.Of(err) {
	case fault.NotFound, fault.Forbidden:
		return unknown(name, "LINE does not tell this account"), nil
	default:
		return channels.Check{}, err
	}
}

// consoleOnly are the settings no API of LINE's tells or changes.
func consoleOnly() []channels.Check {
	return []channels.Check{
		unknown(CheckGroupChats, "LINE does not tell whether \"Allow bot to join group chats\" is on. While it is off, as it is at first, LINE "+
			"removes the account from every group at once: look in the LINE Developers Console under Messaging API"),
		unknown(CheckRedelivery, "LINE does not tell whether \"Webhook redelivery\" is on. While it is off, as it is at first, LINE does not repeat "+
			"what could not be delivered: switch it on in the LINE Developers Console under Messaging API"),
	}
}

func passed(name, text string) channels.Check {
	return channels.Check{Name: name, Status: channels.CheckOK, Text: text}
}

func failed(name, text string) channels.Check {
	return channels.Check{Name: name, Status: channels.CheckFailed, Text: text}
}

func unknown(name, text string) channels.Check {
	return channels.Check{Name: name, Status: channels.CheckUnknown, Text: text}
}
