// Signs and verifies for the tests of package sign, each line of standard input
// being a task in JSON and each line of output its answer: { result } or { error }.
// HMACs are those of the Standard Webhooks project's own library; it has no
// Ed25519, so that those signatures are Node.js's, put together as the
// specification says.
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Webhook } from 'standardwebhooks';

const bytesOf = (key) => Buffer.from(key.replace(/^wh[a-z]+_/, ''), 'base64');
const jwk = (parts) => ({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', ...parts } });
const message = ({ headers, body }) => Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`);

const tasks = {
  v1Verify: ({ key, headers, body }) => new Webhook(key).verify(body, headers),
  v1Sign: ({ key, headers, body }) =>
    new Webhook(key).sign(headers['webhook-id'], new Date(headers['webhook-timestamp'] * 1000), body),
  v1aVerify: (task) => {
    const key = createPublicKey(jwk({ x: bytesOf(task.key).toString('base64url') }));
    const signatures = task.headers['webhook-signature'].split(' ').map((one) => one.split(','));
    return signatures.some(([scheme, text]) => scheme === 'v1a' && verify(null, message(task), key, Buffer.from(text, 'base64')));
  },
  v1aSign: (task) => {
    const whole = bytesOf(task.key);
    const [d, x] = [whole.subarray(0, 32), whole.subarray(32)].map((half) => half.toString('base64url'));
    return 'v1a,' + sign(null, message(task), createPrivateKey(jwk({ d, x }))).toString('base64');
  },
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const task = JSON.parse(line);
  let answer;
  try {
    answer = { result: tasks[task.do](task) };
  } catch (error) {
    answer = { error: `${error.name}: ${error.message}` };
  }
  console.log(JSON.stringify(answer));
});
