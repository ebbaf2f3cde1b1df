package walls_test

// meaning says what the values of a place in the arguments name, by the name of the argument or input field:
//
//	"@contact.ann"   an object of the team, by a name of the furnishing
//	"page"           a position in the list
//	"log"            a position in the team's log
//	"find x"         a text that is looked for among the team's rows: x names it
//	"words x"        words of the caller's own, which name nothing: x where the place wants a special form
//	"key x"          words of the caller's own that must be unique to something
//	"secret"         a secret, whose possession is the right: see TestSecrets and TestStrangersLearnNothing
//
// "a | b" is a in queries and subscriptions and b in mutations. A "!" before it says that it is there in every call of its operation.
var meaning = map[string]string{
	// ids at the top
	"Query.node(id)": "@*", "Query.nodes(ids)": "@*", "Query.contact(id)": "@contact.ann", "Query.company(id)": "@company.inc", "Query.contactFindings(contactId)": "@contact.ann", "Query.conversation(id)": "@conversation.ann",
	"Query.messages(conversationId)": "@conversation.ann", "Query.messages(around)": "@message.first", "Query.activities(conversationId)": "@conversation.ann", "Query.groupMembers(groupId)": "@group.tea",
	"Subscription.conversationEvents(conversationId)": "@conversation.ann", "Subscription.presence(conversationId)": "@conversation.ann", "Subscription.jobProgress(jobId)": "@job.done",

	// positions
	"Query.events(after)": "log", "Subscription.conversationEvents(after)": "log", "Subscription.inboxEvents(after)": "log", "Subscription.unreadCounts(after)": "log",
	"Subscription.notifications(after)": "log", "Subscription.jobProgress(after)": "log",
	"Query.channels(after)": "page", "Query.channels(before)": "page", "Query.failedInboundEvents(after)": "page", "Query.failedInboundEvents(before)": "page",
	"Query.contacts(after)": "page", "Query.contacts(before)": "page", "Query.tags(after)": "page", "Query.tags(before)": "page", "Query.companies(after)": "page", "Query.companies(before)": "page",
	"Query.conversations(after)": "page", "Query.conversations(before)": "page", "Query.messages(after)": "page", "Query.messages(before)": "page",
	"Query.activities(after)": "page", "Query.activities(before)": "page", "Query.groupMembers(after)": "page", "Query.groupMembers(before)": "page",
	"Query.messageSearch(after)": "page", "Query.agents(after)": "page", "Query.agents(before)": "page", "Query.apiTokens(after)": "page", "Query.apiTokens(before)": "page",
	"Query.collaboratorCandidates(conversationId)": "@conversation.ann", "Query.collaboratorCandidates(search)": "find agent.name", "Query.collaboratorCandidates(after)": "page", "Query.collaboratorCandidates(before)": "page",
	"Query.conversationBulk(jobId)": "@job.bulk", "Query.conversationBulkItems(jobId)": "@job.bulk", "Query.conversationBulkItems(after)": "page", "Query.conversationBulkItems(before)": "page",
	"Query.notifications(after)": "page", "Query.notifications(before)": "page",
	"Query.keywordRules(after)": "page", "Query.keywordRules(before)": "page", "Query.botModules(after)": "page", "Query.botModules(before)": "page",
	"Query.botEntries(after)": "page", "Query.botEntries(before)": "page", "Query.workingHours(after)": "page", "Query.workingHours(before)": "page",

	// what is looked for
	"Query.tags(text)": "find tag.name", "Query.companies(text)": "find company.name", "Query.conversations(search)": "find conversation.name", "Query.groupMembers(search)": "find member.name",
	"Query.search(text)": "!find mark", "Query.messageSearch(text)": "!find mark", "AgentFilter.text": "find agent.name",
	"ContactFilter.ids": "@contact.ann", "ContactFilter.namePrefix": "find contact.name", "ContactFilter.phone": "find contact.phone", "ContactFilter.email": "find contact.email",
	"ContactFilter.identityNo": "find contact.identity", "ContactFilter.membershipNo": "find contact.membership", "ContactFilter.channelIds": "@channel.line",
	"ContactFilter.responsibleAgentIds": "@agent.admin", "ContactFilter.text": "find contact.name",
	"CompanyFilter.ids": "@company.inc", "CompanyFilter.namePrefix": "find company.name", "CompanyFilter.number": "find company.number", "CompanyFilter.contactIds": "@contact.ann", "CompanyFilter.text": "find company.name",
	"TextFilter.eq": "find contact.name", "TextFilter.prefix": "find contact.name", "TextFilter.contains": "find contact.name",
	"IdSetFilter.any": "@tag.red", "IdSetFilter.all": "@tag.red", "IdSetFilter.none": "@tag.red",
	"CustomFieldCondition.fieldId": "!@field.contact.text", "CustomFieldValueInput.text": "!find field.contact.text | !words", "CustomFieldValueInput.texts": "find field.contact.text | words",
	"CustomFieldValueInput.option": "@option.contact", "CustomFieldValueInput.options": "@option.contact",
	"ConversationFilter.channelIds": "@channel.line", "ConversationFilter.followerIds": "@agent.admin", "ConversationFilter.collaboratorIds": "@agent.mate", "ConversationFilter.contactIds": "@contact.ann",
	"MessageSearchFilter.conversationId": "@conversation.ann", "MessageSearchFilter.agentIds": "@agent.admin",

	"Query.groupUsage(channelIds)": "@channel.line", "Query.stickerPacks(channelId)": "@channel.line",

	// channels
	"CredentialInput.name": "!words identitySecret", "CredentialInput.value": "secret", "ChannelConnectInput.name": "!words", "ChannelConnectInput.idempotencyKey": "key",
	"ChannelReconnectInput.channelId": "@channel.lost", "ChannelUpdateInput.channelId": "@channel.line", "ChannelUpdateInput.name": "!words", "ChannelPauseInput.channelId": "@channel.line",
	"ChannelResumeInput.channelId": "@channel.line", "ChannelCheckInput.channelId": "@channel.line", "ChannelDeleteInput.channelId": "@channel.doomed", "FailedInboundEventsReplayInput.ids": "!@inbound.0",
	"WebchatUpdateInput.channelId": "@channel.web", "WebchatUpdateInput.allowedDomains": "words shop.example", "WebchatUpdateInput.title": "!words", "WebchatUpdateInput.greeting": "words",
	"Query.channelMessages(channelId)": "@channel.line", "ChannelMessagesUpdateInput.channelId": "@channel.line", "ChannelMessageInput.text": "words",
	"Query.channelInformation(channelId)": "@channel.line", "ChannelInformationUpdateInput.channelId": "@channel.line", "ChannelInformationUpdateInput.text": "words",
	"ChannelDistributionSetInput.channelId": "@channel.line", "ChannelDistributionSetInput.agentIds": "!@agent.mate", "ChannelDistributionSetInput.branchId": "words",
	"WebchatUpdateInput.color": "words #aabbcc", "WebchatIdentitySecretRotateInput.channelId": "@channel.web",

	// contacts
	"ContactCreateInput.firstName": "!words", "ContactCreateInput.lastName": "words", "ContactCreateInput.membershipNo": "key", "ContactCreateInput.identityNo": "key", "ContactCreateInput.phones": "words 0911222000",
	"ContactCreateInput.emails": "words own@example.com", "ContactCreateInput.companyIds": "@company.inc", "ContactCreateInput.tagIds": "@tag.red", "ContactCreateInput.note": "words",
	"ContactCreateInput.membershipLevel": "words", "ContactCreateInput.responsibleAgentId": "@agent.admin", "ContactCreateInput.idempotencyKey": "key",
	"ContactUpdateInput.contactId": "@contact.ann", "ContactUpdateInput.firstName": "!words", "ContactUpdateInput.lastName": "words", "ContactUpdateInput.membershipNo": "key",
	"ContactUpdateInput.identityNo": "key", "ContactUpdateInput.phones": "words 0911222000", "ContactUpdateInput.emails": "words own@example.com", "ContactUpdateInput.companyIds": "@company.inc",
	"ContactUpdateInput.tagIds": "@tag.red", "ContactUpdateInput.note": "words", "ContactUpdateInput.membershipLevel": "words", "ContactUpdateInput.responsibleAgentId": "@agent.admin",
	"ContactDeleteInput.contactId": "@contact.doomed", "ContactBlockInput.contactId": "@contact.doomed", "ContactUnblockInput.contactId": "@contact.doomed", "ContactTagInput.contactId": "@contact.ann", "ContactTagInput.tagId": "!@tag.red", "ContactTagInput.name": "key tag.name3",
	"ContactUntagInput.contactId": "@contact.ben", "ContactUntagInput.tagId": "@tag.red",
	"ContactAddressInput.name": "words", "ContactAddressInput.phone": "words 0911222000", "ContactAddressInput.country": "words TW", "ContactAddressInput.postcode": "words 100", "ContactAddressInput.city": "words",
	"ContactAddressInput.line":       "!words",
	"CustomFieldAnswerInput.fieldId": "!@field.contact.text",
	"TagCreateInput.name":            "!key tag.name", "TagCreateInput.idempotencyKey": "key", "TagUpdateInput.tagId": "@tag.red", "TagUpdateInput.name": "!key tag.name2", "TagDeleteInput.tagId": "@tag.doomed",
	"CompanyCreateInput.name": "!words", "CompanyCreateInput.number": "key company.number", "CompanyCreateInput.idempotencyKey": "key",
	"CompanyUpdateInput.companyId": "@company.inc", "CompanyUpdateInput.name": "!words", "CompanyUpdateInput.number": "key company.number", "CompanyDeleteInput.companyId": "@company.doomed",
	"CustomFieldCategoryCreateInput.name": "!key category.name", "CustomFieldCategoryUpdateInput.categoryId": "@category.main", "CustomFieldCategoryUpdateInput.name": "!key category.name2",
	"CustomFieldCategoryDeleteInput.categoryId": "@category.doomed",
	"CustomFieldOptionInput.id":                 "@option.contact", "CustomFieldOptionInput.label": "!words",
	"CustomFieldCreateInput.categoryId": "@category.main", "CustomFieldCreateInput.name": "!key field.name",
	"CustomFieldUpdateInput.fieldId": "@field.contact.single_choice", "CustomFieldUpdateInput.name": "!key field.name2", "CustomFieldUpdateInput.categoryId": "@category.main", "CustomFieldDeleteInput.fieldId": "@field.doomed",

	// conversations
	"ConversationStartInput.channelId": "!@channel.line", "ConversationStartInput.name": "words", "ConversationStartInput.country": "!words TW", "ConversationStartInput.phone": "!words 0912345678",
	"ConversationStartInput.fromAgentId": "@agent.mate", "ConversationStartInput.onBehalfOf": "@agent.admin",
	"ConversationFollowInput.conversationId": "@conversation.pending", "ConversationFollowInput.onBehalfOf": "@agent.admin",
	"ConversationTakeOverInput.conversationId": "@conversation.taken", "ConversationTakeOverInput.fromAgentId": "@agent.mate", "ConversationTakeOverInput.onBehalfOf": "@agent.admin",
	"ConversationTransferInput.conversationId": "@conversation.over", "ConversationTransferInput.toAgentId": "@agent.mate", "ConversationTransferInput.onBehalfOf": "@agent.admin",
	"ConversationEndInput.conversationId": "@conversation.ending", "ConversationEndInput.onBehalfOf": "@agent.admin",
	"ConversationReopenInput.conversationId": "@conversation.ended", "ConversationReopenInput.onBehalfOf": "@agent.admin",
	"ConversationCollaboratorsAddInput.conversationId": "@conversation.growing", "ConversationCollaboratorsAddInput.agentIds": "!@agent.mate", "ConversationCollaboratorsAddInput.onBehalfOf": "@agent.admin",
	"ConversationCollaboratorsRemoveInput.conversationId": "@conversation.joint", "ConversationCollaboratorsRemoveInput.agentIds": "!@agent.mate", "ConversationCollaboratorsRemoveInput.onBehalfOf": "@agent.admin",
	"ConversationJoinInput.conversationId": "@conversation.joinable", "ConversationJoinInput.onBehalfOf": "@agent.admin",
	"ConversationLeaveInput.conversationId": "@conversation.leaving", "ConversationLeaveInput.onBehalfOf": "@agent.admin",
	"ConversationBulkInput.conversationIds": "@conversation.many", "ConversationBulkInput.toAgentId": "@agent.mate", "ConversationBulkInput.onBehalfOf": "@agent.admin", "ConversationBulkInput.idempotencyKey": "key",
	"ConversationBulkMessageSendInput.conversationIds": "!@conversation.ann", "ConversationBulkMessageSendInput.clientMessageId": "!key", "ConversationBulkMessageSendInput.onBehalfOf": "@agent.admin",
	"ConversationSelection.search": "find conversation.name", "ConversationBulkCancelInput.jobId": "@job.bulk",
	"ConversationExportInput.conversationId": "@conversation.ann", "ConversationExportInput.idempotencyKey": "key",
	"ConversationMarkReadInput.conversationId": "@conversation.marked", "ConversationMarkReadInput.upToMessageId": "@message.read", "ConversationMarkUnreadInput.conversationId": "@conversation.unmarked",
	"GroupNoteSetInput.groupId": "@group.tea", "GroupNoteSetInput.note": "!words", "GroupMemberOpenInput.memberId": "@member.mei",
	"GroupLeaveInput.conversationId": "@conversation.departing", "GroupLeaveInput.onBehalfOf": "@agent.admin",
	"ConversationPinInput.conversationId": "@conversation.marked", "ConversationPinInput.onBehalfOf": "@agent.admin",
	"ConversationStarInput.conversationId": "@conversation.marked", "ConversationStarInput.onBehalfOf": "@agent.admin",
	"ConversationArchiveInput.conversationId": "@conversation.marked", "ConversationArchiveInput.onBehalfOf": "@agent.admin",
	"ConversationSnoozeInput.conversationId": "@conversation.marked", "ConversationSnoozeInput.note": "words", "ConversationSnoozeInput.onBehalfOf": "@agent.admin",
	"ConversationUnsnoozeInput.conversationId": "@conversation.marked", "ConversationUnsnoozeInput.onBehalfOf": "@agent.admin",
	"ConversationRemindInput.conversationId": "@conversation.marked", "ConversationRemindInput.note": "words", "ConversationRemindInput.onBehalfOf": "@agent.admin",
	"ConversationBulkInput.note":  "words",
	"NoteAddInput.conversationId": "@conversation.ann", "NoteAddInput.text": "words", "NoteAddInput.mentionAgentIds": "@agent.mate", "NoteAddInput.clientMessageId": "!key note.key",
	"MessageSendInput.conversationId": "@conversation.ann", "MessageSendInput.replyToMessageId": "@message.first", "MessageSendInput.clientMessageId": "!key", "MessageSendInput.onBehalfOf": "@agent.admin",
	"MessageContentInput.text": "!words", "StickerInput.packageId": "!words 446", "StickerInput.stickerId": "!words 1988", "LocationInput.title": "!words", "LocationInput.address": "!words",
	"MediaInput.uploadId": "!@upload.free", "MediaInput.previewUploadId": "@upload.second",
	"MessageRetryInput.messageId": "@message.again", "TypingSetInput.conversationId": "@conversation.ann", "PresenceSetInput.conversationId": "@conversation.ann",

	// automation
	"KeywordInput.text": "!words", "BotButtonInput.label": "!words", "BotButtonInput.moduleId": "!@bot.menu", "BotButtonInput.url": "words https://shop.example",
	"AutomaticMessageInput.text": "!words", "AutomaticMessageInput.imageUploadId": "@upload.automatic",
	"KeywordRuleCreateInput.name": "!words", "KeywordRuleCreateInput.moduleId": "@bot.menu", "KeywordRuleCreateInput.channelIds": "@channel.line", "KeywordRuleCreateInput.assignToAgentId": "!@agent.admin",
	"KeywordRuleCreateInput.idempotencyKey": "key",
	"KeywordRuleUpdateInput.ruleId":         "@rule.spare", "KeywordRuleUpdateInput.name": "!words", "KeywordRuleUpdateInput.moduleId": "@bot.menu", "KeywordRuleUpdateInput.channelIds": "@channel.line",
	"KeywordRuleUpdateInput.assignToAgentId": "@agent.admin", "KeywordRuleMoveInput.ruleId": "@rule.spare", "KeywordRuleMoveInput.afterRuleId": "@rule.hello", "KeywordRuleDeleteInput.ruleId": "@rule.doomed",
	"BotModuleCreateInput.name": "!key bot.name", "BotModuleCreateInput.idempotencyKey": "key", "BotModuleUpdateInput.moduleId": "@bot.spare", "BotModuleUpdateInput.name": "!key bot.name2",
	"BotModuleDeleteInput.moduleId": "@bot.doomed",
	"BotEntryCreateInput.channelId": "@channel.line", "BotEntryCreateInput.value": "!key entry.value", "BotEntryCreateInput.moduleId": "@bot.menu", "BotEntryDeleteInput.entryId": "@entry.doomed",
	"WorkingHoursCreateInput.name": "!key hours.name", "WorkingHoursCreateInput.timeZone": "words Asia/Taipei", "WorkingHoursCreateInput.startsAt": "!words 09:00", "WorkingHoursCreateInput.endsAt": "!words 18:00",
	"WorkingHoursCreateInput.agentIds":       "@agent.mate",
	"WorkingHoursUpdateInput.workingHoursId": "@hours.office", "WorkingHoursUpdateInput.name": "!key hours.name2", "WorkingHoursUpdateInput.timeZone": "words Asia/Taipei",
	"WorkingHoursUpdateInput.startsAt": "words 09:00", "WorkingHoursUpdateInput.endsAt": "words 18:00", "WorkingHoursUpdateInput.agentIds": "@agent.mate",
	"WorkingHoursDeleteInput.workingHoursId": "@hours.doomed",

	// saved replies and drafts
	"Query.savedReplies(search)": "find reply.title", "Query.savedReplies(category)": "find reply.category", "Query.savedReplies(after)": "page", "Query.savedReplies(before)": "page",
	"Query.savedReplyPreview(savedReplyId)": "@reply.module", "Query.savedReplyPreview(conversationId)": "@conversation.ann", "Query.drafts(conversationId)": "@conversation.ann",
	"SavedReplyCreateInput.title": "!words", "SavedReplyCreateInput.body": "!words", "SavedReplyCreateInput.category": "words", "SavedReplyCreateInput.fileUploadIds": "@upload.automatic",
	"SavedReplyCreateInput.moduleId": "@bot.menu", "SavedReplyCreateInput.branchIds": "words", "SavedReplyCreateInput.idempotencyKey": "key",
	"SavedReplyUpdateInput.savedReplyId": "@reply.spare", "SavedReplyUpdateInput.title": "!words", "SavedReplyUpdateInput.body": "words", "SavedReplyUpdateInput.category": "words",
	"SavedReplyUpdateInput.fileUploadIds": "@upload.automatic", "SavedReplyUpdateInput.moduleId": "@bot.menu", "SavedReplyUpdateInput.branchIds": "words",
	"SavedReplyDeleteInput.savedReplyId": "@reply.doomed",
	"SavedViewCreateInput.name":          "!words", "SavedViewCreateInput.idempotencyKey": "key", "SavedViewUpdateInput.savedViewId": "@view.spare", "SavedViewUpdateInput.name": "!words",
	"SavedViewMoveInput.savedViewId": "@view.spare", "SavedViewMoveInput.afterSavedViewId": "@view.hello", "SavedViewDeleteInput.savedViewId": "@view.doomed",
	"SavedReplySendInput.conversationId": "@conversation.ann", "SavedReplySendInput.savedReplyId": "@reply.hello", "SavedReplySendInput.text": "words",
	"SavedReplySendInput.clientMessageId": "!key reply.key", "SavedReplySendInput.onBehalfOf": "@agent.admin",
	"DraftSetInput.conversationId": "@conversation.ann", "DraftSetInput.text": "words",

	// pushes and presence
	"Query.agentPresence(agentIds)": "@agent.mate",
	"Query.pushDeliveries(after)":   "page", "Query.pushDeliveries(before)": "page",
	"PushDeviceRegisterInput.endpoint": "!words https://127.0.0.1/push", "PushDeviceRegisterInput.p256dh": "!words BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU",
	"PushDeviceRegisterInput.auth": "!words AAAAAAAAAAAAAAAAAAAAAA", "PushDeviceRemoveInput.deviceId": "!@device.doomed", "PushDeviceRemoveInput.endpoint": "words https://127.0.0.1/push",
	"PushWebhookSetInput.url": "!words https://127.0.0.1/relay", "PushWebhookSetInput.secret": "words whsec_a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",

	// the workspace
	"SignInInput.team": "secret", "SignInInput.email": "secret", "SignInInput.password": "secret", "SessionRefreshInput.refreshToken": "secret",
	"InvitationAcceptInput.token": "secret", "InvitationAcceptInput.name": "secret", "InvitationAcceptInput.password": "secret",
	"PasswordResetRequestInput.team": "secret", "PasswordResetRequestInput.email": "secret", "PasswordResetCompleteInput.token": "secret", "PasswordResetCompleteInput.password": "secret",
	"AgentInviteInput.email": "!key mail.mate", "AgentInviteInput.name": "!words", "AgentInviteInput.branchId": "words", "AgentInviteInput.regionId": "words", "AgentInviteInput.idempotencyKey": "key",
	"AgentUpdateInput.agentId": "@agent.mate", "AgentUpdateInput.inboxChannelIds": "@channel.line", "AgentUpdateInput.name": "!words", "AgentUpdateInput.branchId": "words", "AgentUpdateInput.regionId": "words", "AgentUpdateInput.pictureUrl": "words https://example.com/me.png", "AgentUpdateInput.phone": "words 0911222000",
	"AgentDeactivateInput.agentId": "@agent.leaver", "AgentReactivateInput.agentId": "@agent.left", "AgentResetLinkInput.agentId": "@agent.mate",
	"ApiTokenCreateInput.name": "!words", "ApiTokenCreateInput.allowList": "words 10.0.0.0/8", "ApiTokenRevokeInput.apiTokenId": "@token.doomed", "NotificationMarkReadInput.notificationIds": "!@note.1",
}

// unseen are the fields of types for which no call of these tests gets a value, and why not.
var unseen = map[string]string{
	"LimitExceeded.message": "a limit is a number and no team's", "LimitExceeded.code": "likewise", "LimitExceeded.field": "likewise", "LimitExceeded.limit": "likewise",
	"WindowClosed.message": "no platform that is connected has a window", "WindowClosed.code": "likewise", "WindowClosed.field": "likewise", "WindowClosed.until": "likewise", "Sendability.until": "likewise",
	"ConversationStartPayload.conversation": "no platform that is connected knows people by their phone numbers", "ConversationStartPayload.held": "likewise", "ConversationStartPayload.cursor": "likewise",
	"HeldConversation.conversationId": "likewise", "HeldConversation.status": "likewise", "HeldConversation.agent": "likewise", "HeldConversation.mayTakeOver": "likewise",
	"ConversationExportPayload.job": "no mail server is set in these tests", "StateConflict.field": "it is about no field", "MessageHitConnection.searchedUntil": "a position in time, where a search gave up",
	"Hello.cause": "nobody caused it", "Tick.cause": "likewise", "ResyncRequired.cause": "likewise", "StreamEnded.cause": "likewise", "PresenceChanged.cause": "likewise", "AgentPresenceChanged.cause": "likewise", "UnreadCountsChanged.cause": "likewise",
	"Tick.idleAt":                  "the time at which the one connection ends, in its last minute alone",
	"ApiTokenCreatePayload.cursor": "it is in no log", "ConversationMarkUnreadPayload.cursor": "null where it was unread already", "ConversationMarkReadPayload.cursor": "null where it was read already",
	"NoticeSettingsUpdatePayload.cursor": "null where nothing changed", "PushWebhookSetPayload.secret": "made where there was no webhook",
	"SignOutPayload.userErrors": "there is nothing to put right", "TypingSetPayload.userErrors": "likewise", "PasswordResetRequestPayload.userErrors": "the answer is always the same",
}
