// Runs all audits of graphql-http's serverAudits against an address and prints the counts, by the specification's words and by result.
//
//   node graphql-http/audit.mjs http://127.0.0.1:8080/graphql [TOKEN]
//
// The audits ask for { __typename }, { __type } and such, so that any schema will do; introspection needs a token. Exit code 0: every
// audit is "ok".
import { auditServer } from 'graphql-http';

const [url, token] = process.argv.slice(2);
if (!url) {
  console.error('usage: node graphql-http/audit.mjs URL [TOKEN]');
  process.exit(2);
}
const counts = { MUST: 0, SHOULD: 0, MAY: 0, ok: 0, warn: 0, notice: 0, error: 0 };
const fetchFn = (to, init = {}) => fetch(to, { ...init, headers: { ...init.headers, ...(token && { Authorization: `Bearer ${token}` }) } });
for (const result of await auditServer({ url, fetchFn })) {
  counts[result.status]++;
  counts[result.name.split(' ')[0]]++;
  if (result.status !== 'ok') {
    console.error(`${result.status} ${result.id} ${result.name}: ${result.reason}`);
  }
}
console.log(JSON.stringify(counts));
process.exit(counts.ok > 0 && counts.warn + counts.notice + counts.error === 0 ? 0 : 1);
