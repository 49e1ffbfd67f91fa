// What the organisation says about itself: fields, types, states, relations, trees, tags, teams.
'use strict';

const { TreeStructureGroup, WorkItemTypeFieldsExpandLevel, FieldType } = require('azure-devops-node-api/interfaces/WorkItemTrackingInterfaces');
const { check, connect, equal, project, refused, run } = require('./judge');

let wit;

async function fields() {
  wit = await connect().getWorkItemTrackingApi();
  const all = await wit.getFields(project);
  const risk = all.find((field) => field.referenceName === 'Custom.Risk');
  check('a list', risk && risk.isPicklist, JSON.stringify(risk));
  equal('a type as a number', (await wit.getField('System.Title')).type, FieldType.String);
  equal('an unknown field', await wit.getField('No.Such'), null);
}

async function types() {
  const all = await wit.getWorkItemTypes(project);
  check('the types', ['Test Case', 'Bug', 'Task'].every((name) => all.some((type) => type.name === name)));
  const states = await wit.getWorkItemTypeStates(project, 'Test Case');
  equal('states', [states[0].name, states[0].category], ['Design', 'Proposed']);
  const ways = (await wit.getWorkItemType(project, 'Test Case')).transitions;
  equal('where a new one begins', ways[''].map((way) => way.to), ['Design']);
  check('where it goes from there', ways.Design.some((way) => way.to === 'Ready'), JSON.stringify(ways.Design));
  const some = await wit.getWorkItemTypeFieldsWithReferences(project, 'Test Case', WorkItemTypeFieldsExpandLevel.AllowedValues);
  const risk = some.find((field) => field.referenceName === 'Custom.Risk');
  equal('allowed values', [risk.allowedValues, risk.defaultValue], [['High', 'Low'], 'Low']);
  const category = await wit.getWorkItemTypeCategory(project, 'Microsoft.TestCaseCategory');
  equal('a category', category.defaultWorkItemType.name, 'Test Case');
  const relation = await wit.getRelationType('System.LinkTypes.Hierarchy-Forward');
  equal('a link type', [relation.name, relation.attributes.usage], ['Child', 'workItemLink']);
  check('kinds of artifacts', (await wit.getWorkArtifactLinkTypes()).length > 0);
}

async function nodes() {
  const roots = await wit.getRootNodes(project, 2);
  equal('the roots as numbers', roots.map((root) => root.structureType), [0, 1]);
  // The number of areas is 0, which this client leaves out of the address; its iterations work.
  const made = await wit.createOrUpdateClassificationNode(
    { name: 'Sprint 2', attributes: { startDate: '2026-03-02T00:00:00Z' } }, project, TreeStructureGroup.Iterations,
  );
  equal('a new node', [made.name, made.path], ['Sprint 2', '\\Web Shop\\Iteration\\Sprint 2']);
  const again = () => wit.createOrUpdateClassificationNode({ name: 'Sprint 2' }, project, TreeStructureGroup.Iterations);
  await refused('the same name again', again, 409, 'VS402371');
  const below = await wit.createOrUpdateClassificationNode({ name: 'Week 1' }, project, TreeStructureGroup.Iterations, 'Sprint 2');
  const read = await wit.getClassificationNode(project, TreeStructureGroup.Iterations, 'Sprint 2/Week 1');
  equal('a node below it', read.id, below.id);
  const area = await wit.getClassificationNode(project, 'areas', 'QA/Checkout');
  equal('an area by the name of its tree', area.name, 'Checkout');
  const renamed = await wit.updateClassificationNode({ name: 'Race 2' }, project, TreeStructureGroup.Iterations, 'Sprint 2');
  equal('renamed', renamed.id, made.id);
  equal('what is below comes along', (await wit.getClassificationNode(project, TreeStructureGroup.Iterations, 'Race 2/Week 1')).id, below.id);
  equal('by id', (await wit.getClassificationNodes(project, [made.id])).map((node) => node.name), ['Race 2']);
  await wit.deleteClassificationNode(project, TreeStructureGroup.Iterations, 'Race 2');
  equal('deleted', await wit.getClassificationNode(project, TreeStructureGroup.Iterations, 'Race 2'), null);
}

async function tags() {
  const title = { op: 'add', path: '/fields/System.Title', value: 'Tagged' };
  const item = await wit.createWorkItem(null, [title, { op: 'add', path: '/fields/System.Tags', value: 'alpha; beta' }], project, 'Task');
  equal('tags are defined by use', (await wit.getTags(project)).map((tag) => tag.name), ['alpha', 'beta']);
  await wit.updateTag({ name: 'gamma' }, project, 'alpha');
  equal('renamed', (await wit.getWorkItem(item.id)).fields['System.Tags'], 'beta; gamma');
  await wit.deleteTag(project, 'gamma');
  equal('deleted', (await wit.getWorkItem(item.id)).fields['System.Tags'], 'beta');
}

async function teams() {
  const core = await connect().getCoreApi();
  const here = await core.getTeams(project);
  equal("a project's teams", here.map((team) => team.name), [`${project} Team`]);
  equal('all teams', (await core.getAllTeams()).length, 2);
  check('its members', (await core.getTeamMembersWithExtendedProperties(project, here[0].id)).length > 1);
  check('processes', (await core.getProcesses()).some((process) => process.name === 'Agile'));
  const first = await core.getProjects(undefined, 1);
  equal('the first page of projects', first.length, 1);
  // This client drops the header that names the next page.
  const rest = await core.getProjects(undefined, 1, 1);
  check('the next page of projects', rest.length === 1 && rest[0].name !== first[0].name);
}

run(fields, types, nodes, tags, teams);
