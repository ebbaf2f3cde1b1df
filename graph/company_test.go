package graph_test

import (
	"fmt"
	"testing"

	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// CONT-17, CONT-6: a company through the API: read by id, by node and with its contact; changed and deleted by those who may.
func TestCompanyOperations(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		b := newBook(t, dialect)
		h := holders[1]
		ids, _ := b.fields(t, "COMPANY")
		id := b.make(t, h, answer(ids["NUMBER"], map[string]any{"number": "30"}))
		contact := b.must(t, b.admin, "contactCreate.contact", `mutation($c: ID!) { contactCreate(input: {firstName: "王", companyIds: [$c]}) { contact { id companies { id customFields { value { ... on NumberValue { number } } } } } } }`, map[string]any{"c": id})
		if got := at(t, contact, "companies.0.customFields").([]any); len(got) != 11 || show(got[2]) != `{"value":{"number":"30"}}` {
			t.Errorf("the contact's company answers %s", show(got))
		}
		query := `query($id: ID!, $by: CompanyFilter) { company(id: $id) { name number version createdAt } node(id: $id) { ... on Company { customFields { value { __typename } } } } companies(filter: $by, first: 1) { nodes { id } totalCount totalIsExact pageInfo { hasNextPage } asOf } }`
		b.make(t, h)
		got := b.must(t, b.admin, "companies", query, map[string]any{"id": id, "by": map[string]any{"contactIds": []any{at(t, contact, "id")}}})
		if at(t, got, "nodes.0.id") != id || show(at(t, got, "totalCount")) != "1" || at(t, got, "pageInfo.hasNextPage") != false {
			t.Errorf("the contact's companies are %s", show(got))
		}
		reader := auth.Principal{TeamID: b.admin.TeamID, AgentID: 3, Role: auth.AgentRole}
		agent := reader
		agent.Permissions = []auth.Permission{auth.SendMessages}
		update := `mutation($in: CompanyUpdateInput!) { companyUpdate(input: $in) { company { name number version customFields { value { __typename } } } userErrors { code field } cursor } }`
		if got := show(b.must(t, reader, "companyUpdate", update, map[string]any{"in": map[string]any{"companyId": id, "name": "b"}})); got != `{"company":null,"cursor":null,"userErrors":[{"code":"FORBIDDEN","field":null}]}` {
			t.Errorf("one who may not answer customers changes it: %s", got)
		}
		changed := b.must(t, agent, "companyUpdate", update, map[string]any{"in": map[string]any{"companyId": id, "name": "乙公司", "number": "1", "customFields": []any{answer(ids["NUMBER"], nil)}}})
		if at(t, changed, "company.name") != "乙公司" || at(t, changed, "company.number") != "1" || show(at(t, changed, "company.version")) != "2" || at(t, changed, "company.customFields.2.value") != nil || at(t, changed, "cursor") == nil {
			t.Errorf("changed to %s", show(changed))
		}
		if got := b.must(t, agent, "companyUpdate", update, map[string]any{"in": map[string]any{"companyId": id, "number": nil}}); at(t, got, "company.number") != nil || at(t, got, "company.name") != "乙公司" {
			t.Errorf("with the number cleared %s", show(got))
		}
		if got := b.must(t, agent, "companyUpdate.userErrors.0.field", update, map[string]any{"in": map[string]any{"companyId": id, "name": nil}}); got != "name" {
			t.Errorf("clearing the name names %v", got)
		}
		cursor := b.must(t, b.admin, "events.cursor", `{ events { cursor } }`, nil)
		remove := `mutation($id: ID!) { companyDelete(input: {companyId: $id}) { deletedCompanyId userErrors { code } } }`
		if got := b.must(t, agent, "companyDelete.userErrors.0.code", remove, map[string]any{"id": id}); got != "FORBIDDEN" {
			t.Errorf("an agent deletes: %v", got)
		}
		if got := b.must(t, b.admin, "companyDelete.deletedCompanyId", remove, map[string]any{"id": id}); got != id {
			t.Errorf("deleted %v", got)
		}
		if told, want := b.told(t, cursor), fmt.Sprintf("ContactChanged %v 2;CompanyDeleted %v;", at(t, contact, "id"), id); told != want {
			t.Errorf("deleting tells %s, want %s", told, want)
		}
		for _, gone := range []any{id, "comp_zzzz", "nonsense"} {
			if data, errs := b.ask(t, b.admin, query, map[string]any{"id": gone}); errs != "" || at(t, data, "company") != nil {
				t.Errorf("%v is %s %s", gone, show(data), errs)
			}
			if got := b.must(t, b.admin, "companyDelete.userErrors.0.code", remove, map[string]any{"id": gone}); got != "NOT_FOUND" {
				t.Errorf("deleting %v again says %v", gone, got)
			}
		}
	})
}

// CONT-6: a page of companies takes a fixed number of statements, however many answer.
func TestCompanyListIsReadInBatches(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		b := newBook(t, dialect)
		h := holders[1]
		ids, _ := b.fields(t, "COMPANY")
		for range 20 {
			b.make(t, h, answer(ids["NUMBER"], map[string]any{"number": "30"}))
		}
		b.statements.Store(0)
		b.must(t, b.admin, "companies", `{ companies { totalCount nodes { customFields { field { category { name } } value { __typename } } } } }`, nil)
		if n := b.statements.Load(); n > 8 {
			t.Errorf("a page of 20 takes %d statements", n)
		}
	})
}
