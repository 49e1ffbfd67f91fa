// Test runs: runs, results, statistics, attachments, points by the older routes.
'use strict';

const { check, connect, equal, project, refused, run } = require('./judge');

let tests;
let planId;
let suiteId;
let cases;
let points;

async function text(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString('latin1');
}

async function aPlanWithPoints() {
  const connection = connect();
  tests = await connection.getTestApi();
  const plans = await connection.getTestPlanApi();
  const wit = await connection.getWorkItemTrackingApi();
  const plan = await plans.createTestPlan({ name: 'Release 2' }, project);
  planId = plan.id;
  suiteId = plan.rootSuite.id;
  cases = [];
  for (const title of ['Log in', 'Pay']) {
    const item = await wit.createWorkItem(null, [{ op: 'add', path: '/fields/System.Title', value: title }], project, 'Test Case');
    cases.push(item.id);
  }
  await plans.addTestCasesToSuite(cases.map((id) => ({ workItem: { id } })), project, planId, suiteId);
  points = (await tests.getPoints(project, planId, suiteId)).map((point) => point.id);
  equal('points of the suite', points.length, 2);
}

async function aRunOnPoints() {
  const made = await tests.createTestRun({ name: 'Night', plan: { id: String(planId) }, pointIds: points, automated: false }, project);
  equal('a run', [made.state, made.totalTests], ['NotStarted', 2]);
  check('with dates', made.createdDate instanceof Date, typeof made.createdDate);
  const results = await tests.getTestResults(project, made.id);
  equal('its results', results.map((one) => [one.id, one.state]), [[100000, 'Pending'], [100001, 'Pending']]);
  const changed = await tests.updateTestResults(
    [
      { id: 100000, state: 'Completed', outcome: 'Passed', durationInMs: 20 },
      { id: 100001, state: 'Completed', outcome: 'Failed', errorMessage: 'no total' },
    ],
    project,
    made.id,
  );
  equal('outcomes', changed.map((one) => one.outcome), ['Passed', 'Failed']);
  const failed = await tests.getTestResults(project, made.id, 0, 0, 10, [3]);
  equal('only failed ones', failed.map((one) => one.id), [100001]);
  equal('one', (await tests.getTestResultById(project, made.id, 100001)).errorMessage, 'no total');
  const statistics = await tests.getTestRunStatistics(project, made.id);
  equal('statistics', statistics.runStatistics.map((one) => [one.outcome, one.count]).sort(), [['Failed', 1], ['Passed', 1]]);
  const over = await tests.updateTestRun({ state: 'Completed' }, project, made.id);
  equal('completed', [over.state, over.passedTests], ['Completed', 1]);
  equal('points know', (await tests.getPoints(project, planId, suiteId)).map((one) => one.outcome), ['Passed', 'Failed']);
  await refused('no such outcome', () => tests.updateTestResults([{ id: 100000, outcome: 'Odd' }], project, made.id), 400, 'Odd');
}

async function anAutomatedRun() {
  const made = await tests.createTestRun({ name: 'Pipeline', automated: true, state: 'InProgress' }, project);
  const added = await tests.addTestResultsToTestRun(
    [{ testCaseTitle: 'Adds', automatedTestName: 'cart.adds', outcome: 'Passed', state: 'Completed' }], project, made.id,
  );
  equal('added', added.map((one) => one.id), [100000]);
  equal('listed', (await tests.getTestRuns(project)).map((one) => one.name), ['Night', 'Pipeline']);
  const now = (await tests.getTestRunById(project, made.id)).lastUpdatedDate;
  const day = 24 * 3600 * 1000;
  const found = await tests.queryTestRuns(project, new Date(now.getTime() - day), new Date(now.getTime() + day), 3);
  equal('completed ones in a window', found.map((one) => one.name), ['Night']);
  await refused(
    'too wide', () => tests.queryTestRuns(project, new Date(now.getTime() - 9 * day), new Date(now.getTime() + day)), 400, '7 days',
  );
  const stream = Buffer.from('\u0000log', 'latin1').toString('base64');
  const file = await tests.createTestRunAttachment({ stream, fileName: 'log.bin', comment: 'a log', attachmentType: 'GeneralAttachment' }, project, made.id);
  equal('a file', (await tests.getTestRunAttachments(project, made.id)).map((one) => [one.fileName, one.size]), [['log.bin', 4]]);
  equal('byte by byte', await text(await tests.getTestRunAttachmentContent(project, made.id, file.id)), '\u0000log');
  const other = await tests.createTestResultAttachment({ stream, fileName: 'x.bin' }, project, made.id, 100000);
  equal("a result's", (await tests.getTestResultAttachments(project, made.id, 100000)).map((one) => one.id), [other.id]);
  await tests.deleteTestRun(project, made.id);
  equal('deleted', await tests.getTestRunById(project, made.id), null);
}

async function pointsByTheOlderRoutes() {
  const found = await tests.getPointsByQuery({ pointsFilter: { testcaseIds: [cases[1]] } }, project);
  equal('by query', found.points.map((one) => one.id), [points[1]]);
  equal('one', (await tests.getPoint(project, planId, suiteId, points[1])).testCase.name, 'Pay');
  const changed = await tests.updateTestPoints({ resetToActive: true }, project, planId, suiteId, String(points[1]));
  equal('active again', changed[0].outcome, 'Unspecified');
}

run(aPlanWithPoints, aRunOnPoints, anAutomatedRun, pointsByTheOlderRoutes);
