// OAuth 2.0 authorization servers for the tests of package send, with the modules
// of package oidc's. Each line of standard input is JSON and starts one: its issuer,
// clients, scopes, and the resources that tokens can be for. The address that it
// listens on is printed. All end when the input does.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import Provider, { errors } from 'oidc-provider';

// storage returns an adapter that keeps what one server stores. The one that the
// module has keeps it for all together.
function storage() {
  const stored = new Map();
  return class {
    constructor(model) { this.model = model; }
    async upsert(id, payload) { stored.set(`${this.model}:${id}`, payload); }
    async find(id) { return stored.get(`${this.model}:${id}`); }
    async destroy(id) { stored.delete(`${this.model}:${id}`); }
  };
}

function start(line) {
  const { issuer, clients, scopes, resources } = JSON.parse(line);
  const provider = new Provider(issuer, {
    adapter: storage(),
    clients,
    scopes,
    ttl: { ClientCredentials: 600 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => {
          if (!resources.includes(resource)) throw new errors.InvalidTarget();
          return { scope: scopes.join(' '), audience: resource };
        },
      },
    },
  });
  const server = createServer(provider.callback());
  server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
}

console.info = console.warn; // the module's notices are not among the answers
const input = createInterface({ input: process.stdin });
input.on('line', start);
input.once('close', () => process.exit(0));
