// The client finds its way: connection data, tables of each area, resource areas, versions, credentials.
'use strict';

const { check, connect, control, equal, organizationUrl, project, refused, run } = require('./judge');

async function theClientConnects() {
  const data = await connect().connect();
  check('who asks', data.authenticatedUser.id === data.authorizedUser.id, JSON.stringify(data));
  check('the organisation has an id', data.instanceId);
}

async function theClientFindsItsAreas() {
  const connection = connect();
  const core = await connection.getCoreApi();
  const projects = await core.getProjects();
  equal('projects', projects.map((p) => p.name).sort(), ['Warehouse', project]);
  const one = await core.getProject(project, true);
  check("a project's process", one.capabilities.processTemplate, JSON.stringify(one.capabilities));
  equal('a project by its id', (await core.getProject(one.id)).name, project);
  const wit = await connection.getWorkItemTrackingApi();
  const types = await wit.getWorkItemTypes(project);
  check('a type', types.some((type) => type.name === 'Test Case'), JSON.stringify(types.map((t) => t.name)));
  equal('no item', await wit.getWorkItem(9999), null);
}

async function areasOfTheCloudForm() {
  await control('PUT', '/azureDevOps/settings', { resourceAreas: 'services' });
  const areas = await (await connect().getLocationsApi()).getResourceAreas();
  check('areas are listed', areas.length > 3, areas.length);
  equal(
    'every area lives at the organisation',
    [...new Set(areas.map((area) => area.locationUrl.replace(/\/$/, '')))],
    [organizationUrl],
  );
  const wit = await (await connect().getWorkItemTrackingApi()).getFields();
  check('fields in the cloud form', wit.length > 20, wit.length);
  await control('PUT', '/azureDevOps/settings', { resourceAreas: 'server' });
}

async function aBadTokenIsRefused() {
  await refused('a bad token', async () => (await connect('no-such-token').getCoreApi()).getProjects(), 401);
}

run(theClientConnects, theClientFindsItsAreas, areasOfTheCloudForm, aBadTokenIsRefused);
