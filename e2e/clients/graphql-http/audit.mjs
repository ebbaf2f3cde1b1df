// Runs all audits of graphql-http's serverAudits against an address and prints the counts.
//
//   node graphql-http/audit.mjs http://127.0.0.1:8080/graphql
//
// The audits ask for { __typename } and such, so that any schema will do. Exit code 0: every audit is "ok".
import { auditServer } from 'graphql-http';

const [url] = process.argv.slice(2);
if (!url) {
  console.error('usage: node graphql-http/audit.mjs URL');
  process.exit(2);
}
const counts = { ok: 0, warn: 0, notice: 0, error: 0 };
for (const result of await auditServer({ url })) {
  counts[result.status]++;
  if (result.status !== 'ok') {
    console.error(`${result.status} ${result.id} ${result.name}: ${result.reason}`);
  }
}
console.log(JSON.stringify(counts));
process.exit(counts.ok > 0 && counts.warn + counts.notice + counts.error === 0 ? 0 : 1);
