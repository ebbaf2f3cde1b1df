// An outside peer of the benchmarks that read: PostGraphile over the product's own tables, with the plugin that filters. It takes ADDR and DATABASE_URL
// and serves clients at /graphql. As the product's server and the limit do, it works as the ROLE for which row-level security holds, and every
// transaction names the TEAM.
import { createServer } from 'node:http';
import pg from 'pg';
import { postgraphile } from 'postgraphile';
import { makePgService } from 'postgraphile/adaptors/pg';
import { grafserv } from 'postgraphile/grafserv/node';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { PostGraphileConnectionFilterPreset } from 'postgraphile-plugin-connection-filter';

const { ADDR, DATABASE_URL, ROLE, TEAM } = process.env;
const pool = new pg.Pool({ connectionString: DATABASE_URL, options: `-c role=${ROLE}`, max: 20 });
const peer = postgraphile({
  extends: [PostGraphileAmberPreset, PostGraphileConnectionFilterPreset],
  // It leaves out filters by columns that lead no index, as the text of a message.
  disablePlugins: ['PgIndexBehaviorsPlugin'],
  pgServices: [makePgService({ schemas: ['public'], pool })],
  schema: { connectionFilterRelations: true },
  grafast: { context: () => ({ pgSettings: { 'app.team': TEAM } }) },
  grafserv: { graphqlPath: '/graphql', graphiql: false, websockets: false },
});
await peer.getSchema();
const server = createServer();
await peer.createServ(grafserv).addTo(server);
const [answer] = server.listeners('request');
server.removeAllListeners('request');
server.on('request', (request, response) => (request.url === '/healthz' ? response.end() : answer(request, response)));
server.keepAliveTimeout = 600_000; // clients keep their connections between turns
const [host, port] = ADDR.split(':');
server.listen(Number(port), host);
