// Work items from their creation to their end. This client sends enums as numbers and its query names encoded.
'use strict';

const { WorkItemErrorPolicy, WorkItemExpand } = require('azure-devops-node-api/interfaces/WorkItemTrackingInterfaces');
const { check, connect, equal, project, refused, run } = require('./judge');

const TITLE = 'System.Title';
const op = (name, path, value) => ({ op: name, path, value });
let wit;

const create = (title, kind = 'Test Case', more = [], options = []) => wit.createWorkItem(
  null, [op('add', `/fields/${TITLE}`, title), ...more], project, kind, ...options,
);

async function createAndRead() {
  wit = await connect().getWorkItemTrackingApi();
  const made = await create('Pay by card', 'Test Case', [op('add', '/fields/System.Tags', 'smoke; checkout')]);
  equal('a new item has revision 1', made.rev, 1);
  equal('its tags, sorted', made.fields['System.Tags'], 'checkout; smoke');
  const read = await wit.getWorkItem(made.id, undefined, undefined, undefined, project);
  equal('read back', [read.id, read.rev, read.fields[TITLE]], [made.id, 1, 'Pay by card']);
  const full = await wit.getWorkItem(made.id, undefined, undefined, WorkItemExpand.All);
  equal('expanded, the id is a field too', full.fields['System.Id'], made.id);
  const part = await wit.getWorkItem(made.id, [TITLE]);
  equal('only what was asked for', part.fields, { [TITLE]: 'Pay by card' });
  const numeric = await wit.createWorkItem(null, [{ op: 0, path: `/fields/${TITLE}`, from: null, value: 'By number' }], project, 'Bug');
  equal('operations by number', numeric.fields[TITLE], 'By number');
  const was = await wit.getWorkItem(made.id, undefined, new Date(Date.now() + 1000));
  equal('as of a time', was.id, made.id);
  equal('an unknown item', await wit.getWorkItem(99999), null);
}

async function updateAndStaleRevision() {
  const made = await create('Pay by invoice');
  const document = [op('test', '/rev', made.rev), op('add', `/fields/${TITLE}`, 'Pay later')];
  const changed = await wit.updateWorkItem(null, document, made.id);
  equal('an update makes a revision', [changed.rev, changed.fields[TITLE]], [2, 'Pay later']);
  const stale = () => wit.updateWorkItem(null, document, made.id, project);
  const error = await refused('a stale revision is refused', stale, 412, 'VS403351');
  equal('with its kind', error && error.result.typeKey, 'TestPatchOperationFailedException');
  const dry = await wit.updateWorkItem(null, [op('add', `/fields/${TITLE}`, 'x')], made.id, project, true);
  equal('validateOnly tells the item', dry.fields[TITLE], 'x');
  equal('and stores nothing', (await wit.getWorkItem(made.id)).fields[TITLE], 'Pay later');
  const revisions = await wit.getRevisions(made.id);
  equal('revisions', revisions.map((r) => r.fields[TITLE]), ['Pay by invoice', 'Pay later']);
  equal('one revision', (await wit.getRevision(made.id, 1)).fields[TITLE], 'Pay by invoice');
  const updates = await wit.getUpdates(made.id, 1, 1);
  equal('a page of updates', updates.map((u) => u.fields[TITLE].newValue), ['Pay later']);
  equal('one update', (await wit.getUpdate(made.id, 2)).rev, 2);
}

async function formats() {
  const field = 'System.Description';
  const made = await create('Formatted', 'Bug', [op('add', `/fields/${field}`, '<p>one</p>')]);
  equal('a long text is HTML', made.multilineFieldsFormat, { [field]: 'html' });
  const document = [op('add', `/fields/${field}`, '**one**'), op('add', `/multilineFieldsFormat/${field}`, 'Markdown')];
  const markdown = await wit.updateWorkItem(null, document, made.id);
  equal('a long text becomes Markdown', markdown.multilineFieldsFormat, { [field]: 'markdown' });
  const later = await wit.updateWorkItem(null, [op('add', `/fields/${field}`, 'a < b')], made.id);
  equal('and stays it', [later.multilineFieldsFormat[field], later.fields[field]], ['markdown', 'a < b']);
  const found = await wit.getWorkItemsBatch({ ids: [made.id], $expand: WorkItemExpand.Relations });
  equal('in a batch', found[0].multilineFieldsFormat, { [field]: 'markdown' });
  const part = await wit.getWorkItemsBatch({ ids: [made.id], fields: [field] });
  equal('not with named fields', part[0].multilineFieldsFormat, undefined);
}

async function manyAtOnce() {
  const ids = [];
  for (const title of ['One', 'Two', 'Three']) {
    ids.push((await create(title, 'Bug')).id);
  }
  let found = await wit.getWorkItemsBatch({ ids, fields: [TITLE] });
  equal('a batch with fields', found.map((item) => item.fields), [{ [TITLE]: 'One' }, { [TITLE]: 'Two' }, { [TITLE]: 'Three' }]);
  found = await wit.getWorkItemsBatch({ ids: [ids[0], 99999], $expand: WorkItemExpand.All, errorPolicy: WorkItemErrorPolicy.Omit });
  equal('a missing one is left out', found.map((item) => item && item.id), [ids[0], null]);
  equal('a missing one fails the batch', await wit.getWorkItemsBatch({ ids: [ids[0], 99999], errorPolicy: WorkItemErrorPolicy.Fail }), null);
  found = await wit.getWorkItems(ids, undefined, undefined, WorkItemExpand.Relations, WorkItemErrorPolicy.Omit);
  equal('a list', found.map((item) => item.id), ids);
  await refused('more than 200', () => wit.getWorkItemsBatch({ ids: Array.from({ length: 201 }, (_, n) => n + 1) }), 400, 'VS403474');
}

async function queries() {
  const first = await create('Query me', 'Task');
  const second = await create('Query me', 'Task');
  const where = "SELECT [System.Id] FROM WorkItems WHERE [System.Title] = 'Query me' AND [System.TeamProject] = @project";
  const query = `${where} ORDER BY [System.Id] DESC`;
  const found = await wit.queryByWiql({ query }, { project });
  equal('a query', found.workItems.map((item) => item.id), [second.id, first.id]);
  equal('its kind as numbers', [found.queryType, found.queryResultType], [1, 1]);
  check('its time', found.asOf instanceof Date, String(found.asOf));
  equal('only the first', (await wit.queryByWiql({ query }, { project }, false, 1)).workItems.length, 1);
  const later = `${where} AND [System.ChangedDate] > '2020-01-01T10:00:00Z'`;
  equal('with a time', (await wit.queryByWiql({ query: later }, { project }, true)).workItems.length, 2);
  await refused('with a time by day', () => wit.queryByWiql({ query: later }, { project }), 400, 'date precision');
}

async function relations() {
  const parent = await create('A story', 'User Story');
  const child = await create('A task', 'Task');
  const link = [op('add', '/relations/-', { rel: 'System.LinkTypes.Hierarchy-Reverse', url: parent.url })];
  const linked = await wit.updateWorkItem(null, link, child.id);
  equal('a link makes no revision', linked.rev, 1);
  const other = await wit.getWorkItem(parent.id, undefined, undefined, WorkItemExpand.Relations);
  equal('the other end', other.relations.map((r) => r.rel), ['System.LinkTypes.Hierarchy-Forward']);
  await refused('the same link again', () => wit.updateWorkItem(null, link, child.id), 400, 'already exists');
  const left = await wit.updateWorkItem(null, [op('remove', '/relations/0')], child.id);
  equal('a removed link', left.relations, undefined);
  const url = 'https://example.com/judge';
  await wit.updateWorkItem(null, [op('add', '/relations/-', { rel: 'Hyperlink', url })], child.id);
  const uris = await wit.queryWorkItemsForArtifactUris({ artifactUris: [url] });
  equal('found by what it links to', uris.artifactUrisQueryResult[url].map((item) => item.id), [child.id]);
}

async function theEnd() {
  const item = await create('To be deleted', 'Bug');
  equal('deleted', (await wit.deleteWorkItem(item.id)).code, 200);
  equal('not found any more', await wit.getWorkItem(item.id), null);
  equal('in the bin', (await wit.getDeletedWorkItem(item.id)).name, 'To be deleted');
  const listed = await wit.getDeletedWorkItemShallowReferences();
  check('the bin lists it', listed.some((one) => one.id === item.id), JSON.stringify(listed));
  await wit.restoreWorkItem({ isDeleted: false }, item.id);
  equal('restored', (await wit.getWorkItem(item.id)).fields[TITLE], 'To be deleted');
  await wit.deleteWorkItem(item.id, project);
  await wit.destroyWorkItem(item.id, project);
  equal('destroyed', await wit.getDeletedWorkItem(item.id), null);
}

async function refusals() {
  await refused('an unknown field', () => create('x', 'Bug', [op('add', '/fields/No.Such', '1')]), 400, 'TF51535');
  await refused('no title', () => wit.createWorkItem(null, [op('add', '/fields/System.Description', 'x')], project, 'Bug'), 400, 'TF401320');
  await refused('an unknown area', () => create('x', 'Bug', [op('add', '/fields/System.AreaPath', 'Nowhere')]), 400, 'TF401347');
  await refused('bypassing rules without the right', () => create('x', 'Bug', [], [false, true]), 403, 'TF401322');
}

run(createAndRead, updateAndStaleRevision, formats, manyAtOnce, queries, relations, theEnd, refusals);
