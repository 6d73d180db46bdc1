/**
 * What a newcomer reads who types something wrong: what failed and why, and what to do, in three lines. Each line of the
 * commands in a process of its own; what changes from run to run (folders, ports) has a name in its place.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it, vi } from 'vitest';
import { cliEntry, runCli } from '../support/cli.ts';
import { git } from '../support/git.ts';
import { findDeadPort } from '../support/loopback-server.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000, maxConcurrency: 3 });

const EXAMPLE = join(import.meta.dirname, '../../schemas-example');
const home = mkdtempSync(join(tmpdir(), 'srgit-test-'));
const servers: Server[] = [];
const front = { ok: '', dead: '', html: '', tls: '', denied: '', forbidden: '', port: '' };

/** Folders by name, each with its files. */
const PLACES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  plain: { file: 'x' },
  tree: {
    'srgit.yaml':
      'registries:\n  prod: { url: "http://127.0.0.1:1" }\n  staging: { url: "http://127.0.0.1:1" }\n' +
      'kafka:\n  prod: { bootstrap_servers: ["127.0.0.1:1"] }\n',
    'order.avsc': '"string"',
    'note.txt': 'x',
    'plan.json': '{}',
  },
  repository: {},
  broken: {},
  yaml: { 'srgit.yaml': 'tree: [1\n' },
  types: { 'srgit.yaml': 'tree: 5\nregistries: [a]\n' },
  typo: { 'srgit.yaml': 'tree: schemas\nregstries:\n  prod: { url: http://x }\n' },
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the variable as the file has it
  unset: { 'srgit.yaml': 'registries:\n  prod: { url: "http://x", auth: { token: "${TOKEN}" } }\n' },
};

beforeAll(async () => {
  await cliEntry();
  for (const [name, files] of Object.entries(PLACES)) {
    mkdirSync(join(home, name));
    for (const [file, text] of Object.entries(files)) writeFileSync(join(home, name, file), text);
  }
  for (const name of ['tree', 'repository', 'broken'])
    cpSync(EXAMPLE, join(home, name, 'schemas'), { recursive: true });
  git(join(home, 'repository'), 'init', '--quiet', '--initial-branch=main');
  writeFileSync(join(home, 'broken/schemas/subjects/orders-value/metadata.json'), '{ "subject": ');
  front.html = await answering(200, '<html>welcome</html>', 'text/html');
  front.tls = front.html.replace('http:', 'https:');
  front.port = new URL(front.html).port;
  front.ok = await answering(200, '[]');
  front.denied = await answering(401, '{"error_code":401,"message":"Unauthorized"}');
  front.forbidden = await answering(403, '{"error_code":403,"message":"User is denied operation Read"}');
  front.dead = `http://127.0.0.1:${await findDeadPort()}`;
});

afterAll(() => {
  for (const server of servers) server.close();
  rmSync(home, { recursive: true, force: true });
});

/** A server that has one answer; its URL. */
async function answering(status: number, body: string, type = 'application/json'): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status, { 'content-type': type }).end(body));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function refusal(place: string, args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const cwd = join(home, place);
  const { code, stdout, stderr } = await runCli(args, { cwd, env });
  return `${stdout}${stderr}[${code}]`
    .replaceAll(cwd, '<cwd>')
    .replace(/^(Commands: )\w+, .*, \w+\.$/m, '$1<all>.')
    .replaceAll(/(127\.0\.0\.1:)\d{4,5}\b/g, '$1<port>');
}

describe('a wrong command line', () => {
  it.concurrent('a mistyped command', async ({ expect }) => {
    expect(await refusal('plain', ['exprot'])).toMatchInlineSnapshot(`
      "Error: there is no command "exprot"
      Did you mean srgit export?
      (SRGIT_USAGE)
      [2]"
    `);
  });

  it.concurrent('a mistyped command of a topic', async ({ expect }) => {
    expect(await refusal('plain', ['topic', 'inspct', '--from', 'kafka:prod'])).toMatchInlineSnapshot(`
      "Error: there is no command "topic inspct"
      Did you mean srgit topic inspect?
      (SRGIT_USAGE)
      [2]"
    `);
  });

  it.concurrent('help of a mistyped command', async ({ expect }) => {
    expect(await refusal('plain', ['help', 'exprot'])).toMatchInlineSnapshot(`
      "Error: there is no command "exprot"
      Did you mean srgit export?
      (SRGIT_USAGE)
      [2]"
    `);
  });

  it.concurrent('a command that is nothing like one', async ({ expect }) => {
    expect(await refusal('plain', ['frobnicate'])).toMatchInlineSnapshot(`
      "Error: there is no command "frobnicate"
      Commands: <all>.
      (SRGIT_USAGE)
      [2]"
    `);
  });

  it.concurrent('a flag before the command', async ({ expect }) => {
    expect(await refusal('plain', ['--tree', 'x', 'export'])).toMatchInlineSnapshot(`
      "Error: there is no flag --tree before the command
      Commands: <all>.
      (SRGIT_USAGE)
      [2]"
    `);
  });

  it.concurrent('a mistyped flag', async ({ expect }) => {
    expect(await refusal('plain', ['export', '--sbject', 'x'])).toMatchInlineSnapshot(`
      "Error: srgit export has no flag --sbject
      Did you mean --subject? See srgit export --help.
      (SRGIT_USAGE)
      [2]"
    `);
  });

  it.concurrent('a flag without its value', async ({ expect }) => {
    expect(await refusal('plain', ['export', '--subject'])).toMatchInlineSnapshot(`
      "Error: --subject needs a value
      See srgit export --help.
      (SRGIT_USAGE)
      [2]"
    `);
  });

  it.concurrent('a word where a number belongs', async ({ expect }) => {
    expect(await refusal('plain', ['serve', '--port', 'http'])).toMatchInlineSnapshot(`
      "Error: --port http is not a whole number
      See srgit serve --help.
      (SRGIT_USAGE)
      [2]"
    `);
  });

  it.concurrent('a number that is too large', async ({ expect }) => {
    expect(await refusal('plain', ['serve', '--port', '80000'])).toMatchInlineSnapshot(`
      "Error: --port 80000 is too large: 65535 at most
      See srgit serve --help.
      (SRGIT_USAGE)
      [2]"
    `);
  });

  it.concurrent('a mistyped value', async ({ expect }) => {
    expect(await refusal('plain', ['export', '--versions', 'latst'])).toMatchInlineSnapshot(`
      "Error: --versions latst is none of all, latest
      Did you mean --versions latest? See srgit export --help.
      (SRGIT_USAGE)
      [2]"
    `);
  });

  it.concurrent('a value that is not known', async ({ expect }) => {
    expect(await refusal('plain', ['check', '--level', 'SOME'])).toMatchInlineSnapshot(`
      "Error: --level SOME is none of NONE, BACKWARD, BACKWARD_TRANSITIVE, FORWARD, FORWARD_TRANSITIVE, FULL, FULL_TRANSITIVE
      See srgit check --help.
      (SRGIT_USAGE)
      [2]"
    `);
  });

  it.concurrent('two flags that exclude each other', async ({ expect }) => {
    expect(await refusal('plain', ['serve', '--empty', '--ref', 'main'])).toMatchInlineSnapshot(`
      "Error: --ref and --empty exclude each other
      See srgit serve --help.
      (SRGIT_USAGE)
      [2]"
    `);
  });

  it.concurrent('a flag without the other that it needs', async ({ expect }) => {
    expect(await refusal('plain', ['serve', '--tls-cert', 'cert.pem'])).toMatchInlineSnapshot(`
      "Error: --tls-cert needs --tls-key, too
      See srgit serve --help.
      (SRGIT_USAGE)
      [2]"
    `);
  });

  it.concurrent('a flag that is missing', async ({ expect }) => {
    expect(await refusal('plain', ['topic', 'inspect'])).toMatchInlineSnapshot(`
      "Error: --from is missing
      See srgit topic inspect --help.
      (SRGIT_USAGE)
      [2]"
    `);
  });

  it.concurrent('an argument that a command does not take', async ({ expect }) => {
    expect(await refusal('plain', ['export', 'orders'])).toMatchInlineSnapshot(`
      "Error: srgit export takes no argument: "orders"
      Everything is said with flags: see srgit export --help.
      (SRGIT_USAGE)
      [2]"
    `);
  });

  it.concurrent('one argument too many', async ({ expect }) => {
    expect(await refusal('tree', ['check', 'order.avsc', 'more.avsc'])).toMatchInlineSnapshot(`
      "Error: nothing is known to do with "more.avsc"
      See srgit check --help.
      (SRGIT_USAGE)
      [2]"
    `);
  });

  it.concurrent('no registry at all', async ({ expect }) => {
    expect(await refusal('plain', ['export'])).toMatchInlineSnapshot(`
      "Error: no registry is configured
      Pass --url https://registry:8081, set SRGIT_URL, or list it under \`registries:\` in srgit.yaml.
      (SRGIT_CONFIG_MISSING)
      [2]"
    `);
  });

  it.concurrent('several registries, none chosen', async ({ expect }) => {
    expect(await refusal('tree', ['export'])).toMatchInlineSnapshot(`
      "Error: several registries are configured: prod, staging
      Choose one with --registry, or set \`registry:\` in srgit.yaml.
      (SRGIT_CONFIG_MISSING)
      [2]"
    `);
  });

  it.concurrent('a mistyped registry', async ({ expect }) => {
    expect(await refusal('tree', ['export', '--registry', 'prdo'])).toMatchInlineSnapshot(`
      "Error: no registry "prdo" is configured
      Did you mean "prod"?
      (SRGIT_CONFIG_MISSING)
      [2]"
    `);
  });

  it.concurrent('a mistyped cluster', async ({ expect }) => {
    expect(await refusal('tree', ['backup', '--from', 'kafka:prdo', '--to', 'kbak:x'])).toMatchInlineSnapshot(`
      "Error: no Kafka cluster "prdo" is configured
      Did you mean "prod"?
      (SRGIT_CONFIG_MISSING)
      [2]"
    `);
  });

  it.concurrent('a URL without its scheme', async ({ expect }) => {
    expect(await refusal('plain', ['export', '--url', 'localhost:8081'])).toMatchInlineSnapshot(`
      "Error: "localhost:8081" is not the URL of a registry
      Write it in full: https://registry.example.com:8081
      (SRGIT_CONFIG_INVALID)
      [2]"
    `);
  });

  it.concurrent('a header without its colon', async ({ expect }) => {
    expect(await refusal('plain', ['export', '--url', 'http://x', '--header', 'X-Team=a'])).toMatchInlineSnapshot(`
      "Error: --header needs the form "Name: value"
      Example: --header "X-Team: data"
      (SRGIT_USAGE)
      [2]"
    `);
  });

  it.concurrent('an end of a plan without its kind', async ({ expect }) => {
    expect(await refusal('tree', ['plan', '--from', 'production', '--to', 'registry:prod'])).toMatchInlineSnapshot(`
      "Error: --from production does not say whether it is a registry, a tree or a ref
      Write --from registry:production, tree:production, ref:production.
      (SRGIT_USAGE)
      [2]"
    `);
  });

  it.concurrent('an amount that is none', async ({ expect }) => {
    expect(
      await refusal('tree', ['backup', '--from', 'kafka:prod', '--to', 'kbak:y', '--segment-size', 'big']),
    ).toMatchInlineSnapshot(`
      "Error: --segment-size big is no amount of bytes
      For example 50MB or 512KiB.
      (SRGIT_USAGE)
      [2]"
    `);
  });

  it.concurrent('a mapping that is none', async ({ expect }) => {
    expect(await refusal('tree', ['restore', '-r', 'prod', '--map', 'orders'])).toMatchInlineSnapshot(`
      "Error: --map orders is not FROM=TO
      For example --map 'orders-value=restored-orders-value', or --map '*=eu-*'.
      (SRGIT_USAGE)
      [2]"
    `);
  });

  it.concurrent('no tree', async ({ expect }) => {
    expect(await refusal('plain', ['describe'])).toMatchInlineSnapshot(`
      "Error: there is no schema tree at <cwd>/schemas
      Run \`srgit export\` first, or point --tree at the folder that holds manifest.json.
      (SRGIT_TREE_MISSING)
      [1]"
    `);
  });

  it.concurrent('a file where the tree should be', async ({ expect }) => {
    expect(await refusal('plain', ['describe', '--tree', 'file'])).toMatchInlineSnapshot(`
      "Error: there is no schema tree at <cwd>/file
      Run \`srgit export\` first, or point --tree at the folder that holds manifest.json.
      (SRGIT_TREE_MISSING)
      [1]"
    `);
  });

  it.concurrent('a folder that is no tree', async ({ expect }) => {
    expect(await refusal('plain', ['verify', '--offline', '--tree', '.'])).toMatchInlineSnapshot(`
      "Error: there is no schema tree at <cwd>
      Run \`srgit export\` first, or point \`--tree\` at the folder that holds manifest.json.
      (SRGIT_TREE_MISSING)
      [1]"
    `);
  });

  it.concurrent('a schema file that is not there', async ({ expect }) => {
    expect(await refusal('tree', ['check', 'missing.avsc', '--subject', 'orders-value'])).toMatchInlineSnapshot(`
      "Error: missing.avsc cannot be read: there is no such file or folder (ENOENT)
      Check the path and its permissions.
      (SRGIT_USAGE)
      [2]"
    `);
  });

  it.concurrent('a schema file of no known kind', async ({ expect }) => {
    expect(await refusal('tree', ['check', 'note.txt', '--subject', 'orders-value'])).toMatchInlineSnapshot(`
      "Error: the name of note.txt does not tell its type
      Say --type AVRO, JSON or PROTOBUF; .avsc, .json and .proto are known.
      (SRGIT_USAGE)
      [2]"
    `);
  });

  it.concurrent('a plan that is not there', async ({ expect }) => {
    expect(await refusal('tree', ['restore', '-r', 'prod', '--plan', 'nope.json'])).toMatchInlineSnapshot(`
      "Error: nope.json is no plan of srgit: there is no such file
      Make one with \`srgit plan --out plan.json\`.
      (SRGIT_USAGE)
      [2]"
    `);
  });

  it.concurrent('a file that is no plan', async ({ expect }) => {
    expect(await refusal('tree', ['restore', '-r', 'prod', '--plan', 'plan.json'])).toMatchInlineSnapshot(`
      "Error: plan.json is no plan of srgit: the file must have required property 'format'
      Make one with \`srgit plan --out plan.json\`.
      (SRGIT_USAGE)
      [2]"
    `);
  });

  it.concurrent('an id map that is none', async ({ expect }) => {
    expect(await refusal('tree', ['idmap', '--file', 'plan.json'])).toMatchInlineSnapshot(`
      "Error: <cwd>/plan.json is no id map: format, source, target or contexts are missing
      Take it back from git, or build it anew with \`srgit idmap\`.
      (SRGIT_TREE_INVALID)
      [1]"
    `);
  });

  it.concurrent('an archive that is not there', async ({ expect }) => {
    expect(await refusal('tree', ['scan', 'kbak:nope'])).toMatchInlineSnapshot(`
      "Error: there is no <cwd>/nope
      Look at the path.
      (SRGIT_ARCHIVE_MISSING)
      [1]"
    `);
  });

  it.concurrent('a certificate that is not there', async ({ expect }) => {
    expect(await refusal('plain', ['export', '--url', 'https://x', '--ca-cert', 'missing.pem'])).toMatchInlineSnapshot(`
      "Error: <cwd>/missing.pem cannot be read: there is no such file or folder (ENOENT)
      Check the path and its permissions.
      (SRGIT_CONFIG_INVALID)
      [2]"
    `);
  });

  it.concurrent('a branch that there is not', async ({ expect }) => {
    expect(await refusal('repository', ['diff', 'nosuchref'])).toMatchInlineSnapshot(`
      "Error: there is no branch, tag or commit nosuchref in <cwd>
      Fetch it first, or look at \`git log --oneline\`.
      (SRGIT_GIT_FAILED)
      [1]"
    `);
  });

  it.concurrent('no repository', async ({ expect }) => {
    expect(await refusal('tree', ['diff'])).toMatchInlineSnapshot(`
      "Error: <cwd>/schemas is not in a git repository
      Run \`git init\` there first: commits, --ref and \`srgit diff\` need a repository.
      (SRGIT_GIT_NO_REPOSITORY)
      [1]"
    `);
  });

  it.concurrent('a file in the path of the tree', async ({ expect }) => {
    expect(await refusal('plain', ['export', '--tree', 'file/x', '--url', `${front.ok}`])).toMatchInlineSnapshot(`
      "Error: cannot write <cwd>/file/.srgit-tmp-stage-x: a file stands where a folder is needed
      Correct that and run the export again: it completes what is missing.
      (SRGIT_TREE_WRITE)
      [1]"
    `);
  });

  it.concurrent('a tree of a broken file', async ({ expect }) => {
    expect(await refusal('broken', ['verify', '--offline'])).toMatchInlineSnapshot(`
      "✗ subjects/orders-value/metadata.json is not valid JSON: Unexpected end of JSON input
          Correct the file, or take the last good one from git: git checkout -- <file>.
      ! manifest.json disagrees with the metadata.json files
          Run \`srgit index\` to rebuild it.
      ✗ the tree is damaged
      [1]"
    `);
  });

  it.concurrent('nobody at the port', async ({ expect }) => {
    expect(await refusal('plain', ['export', '--tree', 't1', '--url', `${front.dead}`])).toMatchInlineSnapshot(`
      "Error: GET /v1/metadata/version at http://127.0.0.1:<port> failed after 6 attempts: connection refused
      Check the registry’s URL, and that this machine may reach it (firewall, proxy, VPN).
      (SRGIT_REGISTRY_UNREACHABLE)
      [1]"
    `);
  });

  it.concurrent('a web page at the URL', async ({ expect }) => {
    expect(await refusal('plain', ['export', '--tree', 't2', '--url', `${front.html}`])).toMatchInlineSnapshot(`
      "Error: GET /v1/metadata/version at http://127.0.0.1:<port> failed: it answered HTML: is this the registry’s URL?
      Check the registry’s URL and path prefix (Apicurio: /apis/ccompat/v7), and that no login page stands before it.
      (SRGIT_REGISTRY_NOT_A_REGISTRY)
      [1]"
    `);
  });

  it.concurrent('a plain port at an https URL', async ({ expect }) => {
    expect(await refusal('plain', ['export', '--tree', 't3', '--url', `${front.tls}`])).toMatchInlineSnapshot(`
      "Error: GET /v1/metadata/version at https://127.0.0.1:<port> failed: the port does not speak TLS
      Is it an http:// registry? Check the URL’s scheme.
      (SRGIT_REGISTRY_TLS)
      [1]"
    `);
  });

  it.concurrent('a wrong password', async ({ expect }) => {
    expect(
      await refusal('plain', ['export', '--tree', 't4', '--url', `${front.denied}`, '--username', 'me'], {
        SRGIT_PASSWORD: 'hunter2',
      }),
    ).toMatchInlineSnapshot(`
      "Error: GET /v1/metadata/version at http://127.0.0.1:<port> failed: HTTP 401 Unauthorized: Unauthorized
      Check the credentials in this registry’s \`auth\` settings.
      (SRGIT_REGISTRY_AUTH)
      [1]"
    `);
  });

  it.concurrent('a user without the right to read', async ({ expect }) => {
    expect(await refusal('plain', ['export', '--tree', 't5', '--url', `${front.forbidden}`])).toMatchInlineSnapshot(`
      "Error: the registry lets this user not list its subjects (HTTP 403)
      Give the user of this registry’s \`auth\` settings the right to read subjects.
      (SRGIT_REGISTRY_FORBIDDEN)
      [1]"
    `);
  });

  it.concurrent('a user without a password', async ({ expect }) => {
    expect(await refusal('plain', ['export', '--username', 'me', '--url', 'http://x'])).toMatchInlineSnapshot(`
      "Error: auth.password (or SRGIT_PASSWORD) is missing
      Set it in srgit.yaml or the environment.
      (SRGIT_CONFIG_INVALID)
      [2]"
    `);
  });

  it.concurrent('a port in use', async ({ expect }) => {
    expect(await refusal('tree', ['serve', '--port', `${front.port}`])).toMatchInlineSnapshot(`
      "Error: cannot listen on 127.0.0.1:<port>: another program listens there already (EADDRINUSE)
      Choose another --port, or 0 for a free one.
      (SRGIT_SERVER_START)
      [1]"
    `);
  });

  it.concurrent('an address of another machine', async ({ expect }) => {
    expect(await refusal('tree', ['serve', '--host', '192.0.2.1', '--port', '0'])).toMatchInlineSnapshot(`
      "Error: cannot listen on 192.0.2.1:0: this machine has no such address (EADDRNOTAVAIL)
      Choose another --host: 127.0.0.1 for this machine alone, 0.0.0.0 for every address of it.
      (SRGIT_SERVER_START)
      [1]"
    `);
  });

  it.concurrent('a full disk', async ({ expect }) => {
    expect(await refusal('tree', ['plan', '--to', 'tree:schemas', '--out', '/dev/full'])).toMatchInlineSnapshot(`
      "Error: the plan cannot be written to /dev/full: the disk is full (ENOSPC)
      Choose another place with --out.
      (SRGIT_USAGE)
      [2]"
    `);
  });

  it.concurrent('broken YAML', async ({ expect }) => {
    expect(await refusal('yaml', ['describe'])).toMatchInlineSnapshot(`
      "Error: <cwd>/srgit.yaml:2:1 Flow sequence in block collection must be sufficiently indented and end with a ]
      Every key is described in docs/configuration.md.
      (SRGIT_CONFIG_INVALID)
      [2]"
    `);
  });

  it.concurrent('settings of the wrong type', async ({ expect }) => {
    expect(await refusal('types', ['describe'])).toMatchInlineSnapshot(`
      "Error: <cwd>/srgit.yaml:1:7 tree must be string
      <cwd>/srgit.yaml:2:13 registries must be object
      Every key is described in docs/configuration.md.
      (SRGIT_CONFIG_INVALID)
      [2]"
    `);
  });

  it.concurrent('a mistyped setting', async ({ expect }) => {
    expect(await refusal('typo', ['describe'])).toMatchInlineSnapshot(`
      "Error: <cwd>/srgit.yaml:2:1 unknown key "regstries"; did you mean "registries"?
      Every key is described in docs/configuration.md.
      (SRGIT_CONFIG_INVALID)
      [2]"
    `);
  });

  it.concurrent('a variable that is not set', async ({ expect }) => {
    expect(await refusal('unset', ['export'])).toMatchInlineSnapshot(`
      "Error: <cwd>/srgit.yaml:2:43 \${TOKEN} is not set
      Set the environment variable TOKEN, or give it a default: \${TOKEN:-value}.
      (SRGIT_ENV_UNSET)
      [2]"
    `);
  });

  it.concurrent('init with a password in the URL', async ({ expect }) => {
    expect(await refusal('plain', ['init', '--url', 'https://me:hunter2@registry:8081'])).toMatchInlineSnapshot(`
      "Error: the URL of registry:8081 holds a user or a password, and srgit.yaml is committed
      Leave them out and choose --auth basic: srgit.yaml then names the variables SR_USERNAME and SR_PASSWORD.
      (SRGIT_USAGE)
      [2]"
    `);
  });
});
