// Microsoft's MCP server for Azure DevOps as a judge: every tool call goes from it to the sandbox.
// Started by `run mcp`, which sets the addresses; it prints one line for each check.
'use strict';

const { spawn } = require('child_process');
const path = require('path');
const readline = require('readline');

const [server] = process.argv.slice(2);
const organization = process.env.ACCORD_JUDGE_ORGANIZATION;
const project = process.env.ACCORD_JUDGE_PROJECT;

const child = spawn(
  process.execPath,
  ['--require', path.join(__dirname, 'redirect.js'), server, organization, '--authentication', 'pat', '--tenant', 'none',
    '--domains', 'core', 'work-items', 'work', 'test-plans'],
  {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      ...process.env,
      PERSONAL_ACCESS_TOKEN: Buffer.from(`judge:${process.env.ACCORD_JUDGE_TOKEN}`).toString('base64'),
      LOG_LEVEL: 'error',
    },
  },
);

// Without this a server that dies would leave questions open, and Node.js would end as if all were well.
let ended = false;
child.on('exit', (code) => {
  if (!ended) {
    console.log(`FAIL the server ended early (${code})`);
    process.exit(1);
  }
});

const waiting = new Map();
let last = 0;
readline.createInterface({ input: child.stdout }).on('line', (line) => {
  const message = JSON.parse(line);
  const done = waiting.get(message.id);
  if (done) {
    waiting.delete(message.id);
    done(message);
  }
});

function ask(method, params) {
  last += 1;
  const id = last;
  child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
  return new Promise((resolve) => { waiting.set(id, resolve); });
}

let failures = 0;

/** Calls a tool and tells whether its text fits. Returns the text. */
async function call(what, tool, parameters, fits) {
  const answer = await ask('tools/call', { name: tool, arguments: parameters });
  const result = answer.result || { isError: true, content: [{ type: 'text', text: JSON.stringify(answer.error) }] };
  const text = result.content.map((part) => part.text || JSON.stringify(part.resource || part)).join('\n');
  const good = !result.isError && fits.test(text);
  failures += good ? 0 : 1;
  console.log(good ? `ok   ${what}` : `FAIL ${what}: ${text.slice(0, 300)}`);
  return text;
}

const idIn = (text) => Number((text.match(/"id":\s*(\d+)/) || [])[1]);

async function main() {
  await ask('initialize', { protocolVersion: '2025-03-26', capabilities: {}, clientInfo: { name: 'judge', version: '1' } });
  child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n`);
  const tools = (await ask('tools/list', {})).result.tools;
  console.log(`     ${tools.length} tools`);

  await call('projects', 'core_list_projects', {}, /Web Shop/);
  await call('teams', 'core_list_project_teams', { project }, /Web Shop Team/);
  const write = 'wit_work_item_write';
  const read = 'wit_work_item';
  const field = (name, value, format) => ({ name, value, ...(format ? { format } : {}) });
  const story = idIn(await call('create', write, {
    action: 'create', project, workItemType: 'User Story',
    fields: [field('System.Title', 'Told by MCP'), field('System.Description', '**bold**', 'Markdown')],
  }, /Told by MCP/));
  const bug = idIn(await call('create another', write, {
    action: 'create', project, workItemType: 'Bug', fields: [field('System.Title', 'A bug by MCP')],
  }, /A bug by MCP/));
  await call('read', read, { action: 'get', project, id: story, expand: 'Relations' }, /Told by MCP/);
  await call('read several', read, { action: 'get_batch', project, ids: [story, bug] }, /A bug by MCP/);
  await call('update', write, {
    action: 'update', project, id: story, updates: [{ op: 'replace', path: '/fields/System.Title', value: 'Told again' }],
  }, /Told again/);
  await call('update with a revision', write, {
    action: 'update', project, id: bug,
    updates: [{ op: 'test', path: '/rev', value: 1 }, { op: 'replace', path: '/fields/System.Title', value: 'Mended' }],
  }, /Mended/);
  await call('update several in one batch', write, {
    action: 'update_batch', project,
    batchUpdates: [
      { op: 'Replace', id: story, path: '/fields/System.Title', value: 'Batch one' },
      { op: 'Replace', id: bug, path: '/fields/System.Title', value: 'Batch two' },
    ],
  }, /Batch two/);
  await call('a child', write, {
    action: 'add_child', project, parentId: story, workItemType: 'Task', items: [{ title: 'A child', description: 'of the story' }],
  }, /A child|id/);
  await call('link', 'wit_work_item_link_write', {
    action: 'link', project, updates: [{ id: bug, linkToId: story, type: 'related' }],
  }, /200|Related|relations/);
  await call('unlink', 'wit_work_item_link_write', { action: 'unlink', project, id: bug, type: 'related' }, /Removed|removed|id/);
  const comment = idIn(await call('comment', 'wit_work_item_comment_write', {
    action: 'add', project, workItemId: bug, text: 'A *remark*',
  }, /remark/));
  await call('edit the comment', 'wit_work_item_comment_write', {
    action: 'update', project, workItemId: bug, commentId: comment, text: 'Another remark',
  }, /Another remark/);
  await call('comments', read, { action: 'list_comments', project, workItemId: bug, top: 10 }, /Another remark/);
  await call('revisions', read, { action: 'list_revisions', project, workItemId: bug, top: 10 }, /Mended/);
  await call('a type', read, { action: 'get_type', project, workItemType: 'Bug' }, /Microsoft.VSTS.WorkItemTypes.Bug/);
  await call('query', 'wit_query', {
    action: 'wiql', project, wiql: "SELECT [System.Id] FROM WorkItems WHERE [System.Title] = 'Batch two'", top: 5,
  }, new RegExp(`${bug}`));
}

main().catch((error) => {
  failures += 1;
  console.log(`FAIL ${error.stack}`);
}).then(() => {
  console.log(failures ? `${failures} failed` : 'all passed');
  process.exitCode = failures ? 1 : 0;
}).finally(() => {
  ended = true;
  child.kill();
});
