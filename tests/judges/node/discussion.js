// Comments and attached files.
'use strict';

const { Readable } = require('stream');
const { CommentExpandOptions, CommentSortOrder } = require('azure-devops-node-api/interfaces/WorkItemTrackingInterfaces');
const { check, connect, equal, project, refused, run } = require('./judge');

let wit;
const bug = () => wit.createWorkItem(null, [{ op: 'add', path: '/fields/System.Title', value: 'To be discussed' }], project, 'Bug');

async function comments() {
  wit = await connect().getWorkItemTrackingApi();
  const item = await bug();
  const first = await wit.addComment({ text: 'First' }, project, item.id);
  const second = await wit.addComment({ text: 'Second' }, project, item.id);
  equal('a comment', [first.workItemId, first.version, first.text], [item.id, 1, 'First']);
  check('when it was written', first.createdDate instanceof Date, String(first.createdDate));
  const listed = await wit.getComments(project, item.id);
  equal('newest first', listed.comments.map((comment) => comment.id), [second.id, first.id]);
  const oldest = await wit.getComments(project, item.id, 1, undefined, false, CommentExpandOptions.RenderedText, CommentSortOrder.Asc);
  equal('oldest first, one of a page', oldest.comments.map((comment) => comment.renderedText), ['First']);
  const next = await wit.getComments(project, item.id, 1, oldest.continuationToken, false, CommentExpandOptions.None, CommentSortOrder.Asc);
  equal('the next page', next.comments.map((comment) => comment.id), [second.id]);
  const changed = await wit.updateComment({ text: 'First, mended' }, project, item.id, first.id);
  equal('edited', [changed.version, changed.text], [2, 'First, mended']);
  equal('its versions', (await wit.getCommentVersions(project, item.id, first.id)).map((version) => version.text), ['First', 'First, mended']);
  await wit.deleteComment(project, item.id, first.id);
  equal('deleted', await wit.getComment(project, item.id, first.id), null);
  check('told on request', (await wit.getComment(project, item.id, first.id, true)).isDeleted);
  await refused('an empty comment', () => wit.addComment({ text: ' ' }, project, item.id), 400);
}

async function attachedFiles() {
  const content = Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, n) => n)), Buffer.alloc(100000, 'é')]);
  const told = await wit.createAttachment(null, Readable.from([content.subarray(0, 99), content.subarray(99)]), 'ä file.bin', undefined, project);
  check('an upload has an address', told.url.includes(told.id), told.url);
  const chunks = [];
  for await (const chunk of await wit.getAttachmentContent(told.id, 'ä file.bin', project, true)) {
    chunks.push(chunk);
  }
  check('the same bytes come back', Buffer.concat(chunks).equals(content), Buffer.concat(chunks).length);
  const item = await bug();
  const value = { rel: 'AttachedFile', url: told.url, attributes: { name: 'ä file.bin' } };
  const changed = await wit.updateWorkItem(null, [{ op: 'add', path: '/relations/-', value }], item.id);
  equal('attached', [changed.relations[0].rel, changed.relations[0].attributes.resourceSize], ['AttachedFile', content.length]);
}

run(comments, attachedFiles);
