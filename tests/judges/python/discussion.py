"""Comments and attached files."""

import io

from azure.devops.v7_1.work_item_tracking.models import CommentCreate, CommentUpdate, JsonPatchOperation
from judge import PROJECT, check, connect, end, equal, refused, section

CONNECTION = connect()
RELEASED = CONNECTION.clients.get_work_item_tracking_client()
WIT = CONNECTION.clients_v7_1.get_work_item_tracking_client()


def bug(wit=WIT):
    title = JsonPatchOperation(op="add", path="/fields/System.Title", value="To be discussed")
    return wit.create_work_item([title], PROJECT, "Bug")


@section
def comments():
    item = bug()
    first = WIT.add_comment(CommentCreate(text="First &#34;remark&#34;"), PROJECT, item.id)
    equal("a comment", (first.work_item_id, first.version, first.format), (item.id, 1, "html"))
    check("its text as HTML", "remark" in first.text, first.text)
    check("who wrote it", first.created_by.unique_name, first.created_by)
    after = WIT.get_work_item(item.id)
    equal("it makes a revision", (after.rev, after.fields["System.CommentCount"]), (2, 1))
    second = WIT.add_work_item_comment(CommentCreate(text="**Second** <b>"), PROJECT, item.id, "markdown")
    equal("Markdown stays as it is", (second.text, second.format), ("**Second** <b>", "markdown"))
    check("and is rendered", "&lt;b&gt;" in second.rendered_text, second.rendered_text)
    listed = WIT.get_comments(PROJECT, item.id)
    equal("newest first", [comment.id for comment in listed.comments], [second.id, first.id])
    equal("counted", (listed.total_count, listed.count), (2, 2))
    listed = WIT.get_comments(PROJECT, item.id, order="asc", top=1)
    equal("oldest first, one of a page", [comment.id for comment in listed.comments], [first.id])
    listed = WIT.get_comments(PROJECT, item.id, order="asc", top=1, continuation_token=listed.continuation_token)
    equal("the next page", [comment.id for comment in listed.comments], [second.id])
    check("the last page", listed.continuation_token is None, listed.continuation_token)
    changed = WIT.update_comment(CommentUpdate(text="First remark, mended"), PROJECT, item.id, first.id)
    equal("edited", (changed.version, changed.text), (2, "First remark, mended"))
    versions = WIT.get_comment_versions(PROJECT, item.id, first.id)
    equal("its versions", [version.version for version in versions], [1, 2])
    equal("one version", WIT.get_comment_version(PROJECT, item.id, first.id, 2).text, "First remark, mended")
    only = WIT.get_comment(PROJECT, item.id, first.id, expand="renderedTextOnly")
    equal("only as rendered", (only.text, only.rendered_text), (None, "First remark, mended"))
    equal("some by id", [c.id for c in WIT.get_comments_batch(PROJECT, item.id, [second.id]).comments], [second.id])
    WIT.delete_comment(PROJECT, item.id, first.id)
    refused("deleted", lambda: WIT.get_comment(PROJECT, item.id, first.id))
    check("told on request", WIT.get_comment(PROJECT, item.id, first.id, include_deleted=True).is_deleted)
    equal("no longer counted", WIT.get_comments(PROJECT, item.id).total_count, 1)
    refused("a comment of no item", lambda: WIT.get_comments(PROJECT, 99999), "TF401232")
    through_history = WIT.update_work_item(
        [JsonPatchOperation(op="add", path="/fields/System.History", value="By the field")], item.id
    )
    newest = WIT.get_comments(PROJECT, item.id).comments[0]
    equal("a write to the history is a comment", newest.text, "By the field")
    equal("named by its revision", through_history.comment_version_ref.comment_id, newest.id)


@section
def attached_files():
    for name, wit in [("released", RELEASED), ("7.1", WIT)]:
        content = bytes(range(256)) * 700 + b"\r\n\x00end"
        told = wit.create_attachment(io.BytesIO(content), PROJECT, file_name="a picture & more.png")
        check(name + ": an upload has an address", told.id in told.url and "fileName=" in told.url, told.url)
        back = b"".join(wit.get_attachment_content(told.id, PROJECT, file_name="a picture & more.png", download=True))
        check(name + ": the same bytes come back", back == content, "%d and %d bytes" % (len(content), len(back)))
        item = bug(wit)
        attach = JsonPatchOperation(
            op="add",
            path="/relations/-",
            value={"rel": "AttachedFile", "url": told.url, "attributes": {"name": "a picture.png", "comment": "see"}},
        )
        changed = wit.update_work_item([attach], item.id)
        relation = changed.relations[0]
        equal(name + ": attached", (relation.rel, relation.url), ("AttachedFile", told.url))
        equal(name + ": its size", relation.attributes["resourceSize"], len(content))
        equal(name + ": its name", relation.attributes["name"], "a picture.png")
        equal(name + ": it makes a revision", changed.rev, 2)
        full = wit.get_work_item(item.id, expand="All")
        equal(name + ": counted", full.fields["System.AttachedFileCount"], 1)
        refused(name + ": an unknown file", lambda: wit.get_attachment_content("00000000-0000-0000-0000-000000000001"))
        registered = wit.create_attachment(io.BytesIO(b""), PROJECT, file_name="big.bin", upload_type="Chunked")
        refused(name + ": not all there yet", lambda: wit.get_attachment_content(registered.id, PROJECT))


end()
