// Processes: picklists, fields, derived types, states and forms, through the client that sends enums as numbers.
'use strict';

const { check, connect, equal, project, refused, run } = require('./judge');

const AGILE = 'adcc42ab-9882-485e-a3ed-7678f01f66bc';
const BUG = 'Microsoft.VSTS.WorkItemTypes.Bug';

async function ours() {
  const processes = await connect().getWorkItemTrackingProcessApi();
  const all = await processes.getListOfProcesses(1);
  return { processes, all, own: all.find((one) => one.projects) };
}

async function processesAreListed() {
  const { processes, all, own } = await ours();
  const agile = all.find((one) => one.name === 'Agile');
  equal('Agile is a system process', [agile.typeId, agile.customizationType], [AGILE, 1]);
  equal('ours inherits from it', [own.parentProcessTypeId, own.customizationType], [AGILE, 2]);
  equal('our projects', own.projects.map((one) => one.name).sort(), ['Warehouse', project]);
  const made = await processes.createNewProcess({ name: 'Our Scrum', parentProcessTypeId: AGILE });
  equal('made', (await processes.getProcessByItsId(made.typeId)).name, 'Our Scrum');
  equal('renamed', (await processes.editProcess({ name: 'Their Scrum' }, made.typeId)).name, 'Their Scrum');
  await processes.deleteProcessById(made.typeId);
  equal('gone', await processes.getProcessByItsId(made.typeId), null);
  await refused('a system process', () => processes.createProcessWorkItemType({ name: 'Idea' }, AGILE), 403, 'VS402356');
}

async function aFieldIsMadeAndUsed() {
  const { processes, own } = await ours();
  const wit = await connect().getWorkItemTrackingApi();
  const list = await processes.createList({ name: 'Origins', type: 'String', items: ['Field', 'Lab'], isSuggested: false });
  equal('a list', list.items, ['Field', 'Lab']);
  await refused('its name again', () => processes.createList({ name: 'Origins', type: 'String', items: ['a'] }), 409, 'VS402848');
  equal('replaced', (await processes.updateList({ ...list, items: ['Field', 'Lab', 'Moon'] }, list.id)).items.length, 3);
  check('listed', (await processes.getListsMetadata()).some((one) => one.id === list.id));
  const field = await wit.createField({
    name: 'Bug Origin', referenceName: 'Custom.BugOrigin', type: 0, usage: 1, isPicklist: true, picklistId: list.id,
  });
  equal('a field', [field.referenceName, field.type, field.isPicklist, field.picklistId], ['Custom.BugOrigin', 0, true, list.id]);
  const bug = await processes.createProcessWorkItemType({ inheritsFrom: BUG }, own.typeId);
  equal('a derived type', [bug.referenceName, bug.inherits, bug.customization], ['ContosoAgile.Bug', BUG, 2]);
  const added = await processes.addFieldToWorkItemType(
    { referenceName: 'Custom.BugOrigin', required: true, defaultValue: 'Lab' }, own.typeId, bug.referenceName,
  );
  equal('on the type', [added.required, added.defaultValue, added.type, added.customization], [true, 'Lab', 1, 3]);
  const item = await wit.createWorkItem(null, [{ op: 'add', path: '/fields/System.Title', value: 'Sum' }], project, 'Bug');
  equal('on an item', item.fields['Custom.BugOrigin'], 'Lab');
  await refused(
    'no listed value',
    () => wit.updateWorkItem(null, [{ op: 'add', path: '/fields/Custom.BugOrigin', value: 'Sea' }], item.id),
    400,
    'not in the list',
  );
  const one = await processes.getWorkItemTypeField(own.typeId, bug.referenceName, 'Custom.BugOrigin', 1);
  equal('its values', one.allowedValues, ['Field', 'Lab', 'Moon']);
  await processes.updateWorkItemTypeField({ required: false, defaultValue: 'Field' }, own.typeId, bug.referenceName, 'Custom.BugOrigin');
  const all = await processes.getAllWorkItemTypeFields(own.typeId, bug.referenceName);
  equal('changed', all.find((f) => f.referenceName === 'Custom.BugOrigin').required, false);
  await wit.deleteField('Custom.BugOrigin');
  equal('deleted', await wit.getField('Custom.BugOrigin'), null);
  const deleted = await wit.getFields(undefined, 2);
  equal('listed on request', deleted.find((f) => f.referenceName === 'Custom.BugOrigin').isDeleted, true);
  await wit.updateField({ isDeleted: false }, 'Custom.BugOrigin');
  equal('restored', (await wit.getWorkItem(item.id)).fields['Custom.BugOrigin'], 'Lab');
  await processes.removeWorkItemTypeField(own.typeId, bug.referenceName, 'Custom.BugOrigin');
  equal('off the type', await processes.getWorkItemTypeField(own.typeId, bug.referenceName, 'Custom.BugOrigin'), null);
}

async function statesAndForm() {
  const { processes, own } = await ours();
  const kind = 'ContosoAgile.Bug';
  const made = await processes.createStateDefinition({ name: 'Waiting', color: 'b2b2b2', stateCategory: 'InProgress' }, own.typeId, kind);
  equal('a state', [made.name, made.customizationType, made.order], ['Waiting', 3, 3]);
  await refused(
    'its name again', () => processes.createStateDefinition({ name: 'Waiting', stateCategory: 'Proposed' }, own.typeId, kind), 409, 'VS403083',
  );
  const states = await processes.getStateDefinitions(own.typeId, kind);
  const resolved = states.find((one) => one.name === 'Resolved');
  equal('hidden', (await processes.hideStateDefinition({ hidden: true }, own.typeId, kind, resolved.id)).hidden, true);
  equal('another color', (await processes.updateStateDefinition({ color: '00ff00' }, own.typeId, kind, made.id)).color, '00ff00');
  await processes.deleteStateDefinition(own.typeId, kind, made.id);
  equal('gone', await processes.getStateDefinition(own.typeId, kind, made.id), null);
  const form = await processes.getFormLayout(own.typeId, kind);
  equal('pages', form.pages.map((page) => page.pageType), [1, 2, 3, 4]);
  const group = await processes.addGroup({ label: 'Ours', visible: true }, own.typeId, kind, form.pages[0].id, 'Section3');
  const control = await processes.createControlInGroup({ id: 'System.Tags', label: 'Labels' }, own.typeId, kind, group.id);
  equal('a control', control.label, 'Labels');
  await processes.removeGroup(own.typeId, kind, form.pages[0].id, 'Section3', group.id);
  const expanded = await processes.getProcessWorkItemType(own.typeId, kind, 1 | 4);
  check('states and form on request', expanded.states.length > 3 && expanded.layout.pages.length === 4, Object.keys(expanded));
  await processes.deleteProcessWorkItemType(own.typeId, kind);
  equal("the system's again", (await processes.getProcessWorkItemType(own.typeId, BUG)).customization, 1);
}

run(processesAreListed, aFieldIsMadeAndUsed, statesAndForm);
