// An OpenID Connect provider for the tests of package oidc. Its standard input
// begins with one line of JSON: the issuer, the clients, and for each account,
// by login, what is claimed of it in the ID token and in the user's information.
// It prints the address that it listens on, and ends when its input does.
//
// Version 8 of oidc-provider is the newest that runs on Debian 12's Node.js.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import Provider from 'oidc-provider';

function start(line) {
  const { issuer, clients, accounts } = JSON.parse(line);
  const provider = new Provider(issuer, {
    clients,
    pkce: { methods: ['S256'], required: () => true },
    claims: {
      openid: ['sub'],
      profile: ['name', 'locale', 'company', 'role'],
      email: ['email', 'email_verified'],
    },
    conformIdTokenClaims: false, // what the ID token has is for the account to say
    findAccount: (_, id) => accounts[id] && {
      accountId: id,
      claims: (use) => ({ sub: id, ...accounts[id][use] }),
    },
  });
  const server = createServer(provider.callback());
  server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
}

const input = createInterface({ input: process.stdin });
input.once('line', start);
input.once('close', () => process.exit(0));
