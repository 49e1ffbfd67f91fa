// Both feeds, page by page to the last one, and what comes after.
'use strict';

const { ReportingRevisionsExpand } = require('azure-devops-node-api/interfaces/WorkItemTrackingInterfaces');
const { check, connect, equal, project, run } = require('./judge');

const op = (name, path, value) => ({ op: name, path, value });
let wit;

const write = (title) => wit.createWorkItem(null, [op('add', '/fields/System.Title', title), op('add', '/fields/System.Description', 'long')], project, 'Task');
const revisions = (token, size, expand) => wit.readReportingRevisionsGet(
  undefined, undefined, undefined, token, undefined, false, false, false, false, expand, false, size,
);

async function revisionsPageByPage() {
  wit = await connect().getWorkItemTrackingApi();
  const items = [await write('One'), await write('Two'), await write('Three')];
  await wit.updateWorkItem(null, [op('add', '/fields/System.Title', 'One again')], items[0].id);
  let token;
  let told = [];
  let pages = 0;
  let batch;
  do {
    batch = await revisions(token, 2, ReportingRevisionsExpand.None);
    told = told.concat(batch.values.map((value) => [value.id, value.rev]));
    token = batch.continuationToken;
    pages += 1;
  } while (!batch.isLastBatch && pages < 20);
  equal('all revisions in their order', told, [[items[0].id, 1], [items[1].id, 1], [items[2].id, 1], [items[0].id, 2]]);
  check('in pages', pages > 1, pages);
  equal('nothing new', (await revisions(token)).values, []);
  const full = await revisions(undefined, 1, ReportingRevisionsExpand.Fields);
  check('long text on request', 'System.Description' in full.values[0].fields);
  const posted = await wit.readReportingRevisionsPost({ fields: ['System.Title'], includeLatestOnly: true }, project);
  equal('by POST', posted.values.map((value) => value.fields['System.Title']).sort(), ['One again', 'Three', 'Two']);
  const ago = await wit.readReportingRevisionsGet(undefined, ['System.Id'], undefined, undefined, new Date(Date.now() + 60000));
  equal('from a time on', ago.values, []);
}

async function links() {
  const [one, two] = [await write('A'), await write('B')];
  const before = await wit.getReportingLinksByLinkType();
  await wit.updateWorkItem(null, [op('add', '/relations/-', { rel: 'System.LinkTypes.Related', url: two.url })], one.id);
  const after = await wit.getReportingLinksByLinkType(project, undefined, ['Task'], before.continuationToken);
  equal('a new link', after.values.map((v) => [v.rel, v.sourceId, v.targetId, v.isActive]), [['System.LinkTypes.Related', one.id, two.id, true]]);
  equal('the last page', after.isLastBatch, true);
  await wit.updateWorkItem(null, [op('remove', '/relations/0')], two.id);
  const last = await wit.getReportingLinksByLinkType(project, undefined, undefined, after.continuationToken);
  equal('a removed link', last.values.map((value) => value.isActive), [false]);
}

run(revisionsPageByPage, links);
