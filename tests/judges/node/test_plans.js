// Test plans: plans, suites, cases, points, configurations, through the client that sends enums as numbers.
'use strict';

const { check, connect, equal, project, refused, run } = require('./judge');

const PASSED = 2;
const FAILED = 3;
const STATIC = 2;
const DYNAMIC = 1;

let plans;
let wit;
let plan;

async function createCase(title) {
  const item = await wit.createWorkItem(null, [{ op: 'add', path: '/fields/System.Title', value: title }], project, 'Test Case');
  return item.id;
}

async function aPlan() {
  const connection = connect();
  plans = await connection.getTestPlanApi();
  wit = await connection.getWorkItemTrackingApi();
  plan = await plans.createTestPlan({ name: 'Release 2', areaPath: 'Web Shop', iteration: 'Web Shop' }, project);
  equal('made', [plan.name, plan.state, plan.rootSuite.name], ['Release 2', 'Active', 'Release 2']);
  check('with a date', plan.updatedDate instanceof Date, typeof plan.updatedDate);
  equal('read', (await plans.getTestPlanById(project, plan.id)).name, 'Release 2');
  equal('listed', (await plans.getTestPlans(project)).map((one) => one.id), [plan.id]);
  equal('renamed', (await plans.updateTestPlan({ name: 'Release 3' }, project, plan.id)).rootSuite.name, 'Release 3');
  equal('not there', await plans.getTestPlanById(project, 99999), null);
  const item = await wit.getWorkItem(plan.id);
  equal('a work item too', item.fields['System.WorkItemType'], 'Test Plan');
}

async function suites() {
  const root = plan.rootSuite.id;
  const shop = await plans.createTestSuite({ name: 'Shop', suiteType: STATIC, parentSuite: { id: root } }, project, plan.id);
  equal('a suite', [shop.suiteType, shop.parentSuite.id], [STATIC, root]);
  const many = await plans.createBulkTestSuites([{ name: 'A', suiteType: STATIC }, { name: 'B', suiteType: STATIC }], project, plan.id, shop.id);
  equal('several at once', many.map((one) => one.parentSuite.id), [shop.id, shop.id]);
  const tree = await plans.getTestSuitesForPlan(project, plan.id, 0, undefined, true);
  equal('as a tree', tree[0].children[0].children.map((one) => one.name), ['A', 'B']);
  const one = await plans.getTestSuiteById(project, plan.id, shop.id, 1);
  equal('with children', one.children.map((child) => child.name), ['A', 'B']);
  equal('renamed', (await plans.updateTestSuite({ name: 'Store' }, project, plan.id, shop.id)).name, 'Store');
  const entries = await plans.reorderSuiteEntries([{ id: many[1].id, suiteEntryType: 1, sequenceNumber: 1 }], project, shop.id);
  equal('another order', entries.map((entry) => [entry.id, entry.suiteEntryType]), [[many[1].id, 1], [many[0].id, 1]]);
  await refused('without its query', () => plans.createTestSuite({ name: 'Q', suiteType: DYNAMIC }, project, plan.id), 400, 'queryString');
  await plans.deleteTestSuite(project, plan.id, shop.id);
  equal('deleted', await plans.getTestSuiteById(project, plan.id, many[0].id), null);
}

async function casesAndPoints() {
  const root = plan.rootSuite.id;
  const ids = [await createCase('Log in'), await createCase('Pay')];
  const rows = ids.map((id) => ({ workItem: { id } }));
  const added = await plans.addTestCasesToSuite(rows, project, plan.id, root);
  equal('added', added.map((one) => one.workItem.id), ids);
  await refused('again', () => plans.addTestCasesToSuite(rows, project, plan.id, root), 400, 'already');
  const told = await plans.getTestCaseList(project, plan.id, root, undefined, undefined, 'System.Title');
  equal('fields', told[1].workItem.workItemFields, [{ 'System.Title': 'Pay' }]);
  equal('suites of a case', (await plans.getSuitesByTestCaseId(ids[0])).map((one) => one.id), [root]);
  const points = await plans.getPointsList(project, plan.id, root);
  equal('points', points.map((point) => [point.results.outcome, point.results.state]), [[0, 1], [0, 1]]);
  const done = await plans.updateTestPoints(
    [{ id: points[0].id, results: { outcome: PASSED } }, { id: points[1].id, results: { outcome: FAILED } }], project, plan.id, root,
  );
  equal('outcomes', done.map((point) => point.results.outcome), [PASSED, FAILED]);
  equal('done', [done[0].results.state, done[0].isActive], [2, false]);
  check('a run behind them', done[0].results.lastTestRunId > 0, done[0].results.lastTestRunId);
  const again = await plans.updateTestPoints([{ id: points[1].id, isActive: true }], project, plan.id, root);
  equal('active again', again[0].isActive, true);
  await plans.removeTestCasesFromSuite(project, plan.id, root, String(ids[0]));
  equal('removed', (await plans.getTestCaseList(project, plan.id, root)).map((one) => one.workItem.id), [ids[1]]);
  await plans.deleteTestCase(project, ids[1]);
  equal('deleted', await plans.getTestCaseList(project, plan.id, root), []);
}

async function configurationsAndVariables() {
  const made = await plans.createTestConfiguration({ name: 'Firefox', state: 1, values: [{ name: 'Browser', value: 'Firefox' }] }, project);
  equal('a configuration', [made.state, made.values[0].value], [1, 'Firefox']);
  equal('read', (await plans.getTestConfigurationById(project, made.id)).name, 'Firefox');
  equal('switched off', (await plans.updateTestConfiguration({ state: 2 }, project, made.id)).state, 2);
  await plans.deleteTestConfguration(project, made.id);
  equal('deleted', (await plans.getTestConfigurations(project)).map((one) => one.name), ['Windows 10']);
  const variable = await plans.createTestVariable({ name: 'Browser', values: ['Edge'] }, project);
  equal('a variable', (await plans.getTestVariableById(project, variable.id)).values, ['Edge']);
  await plans.deleteTestVariable(project, variable.id);
  await plans.deleteTestPlan(project, plan.id);
  equal('no plans', await plans.getTestPlans(project), []);
}

run(aPlan, suites, casesAndPoints, configurationsAndVariables);
