//! Relations: what makes a revision, what is refused, how they are removed.

use serde_json::{Value, json};

use crate::organization::{Contoso, keys};

fn link(rel: &str, url: &str) -> Value {
    json!([{"op": "add", "path": "/relations/-", "value": {"rel": rel, "url": url, "attributes": {"comment": "why"}}}])
}

#[tokio::test]
async fn hyperlinks_make_revisions_and_links_to_items_make_none() {
    let contoso = Contoso::open().await;
    let (child, parent) = (
        contoso.test_case("Child").await,
        contoso.test_case("Parent").await,
    );
    let linked = contoso
        .update(child, &link("Hyperlink", "https://shop.example/case/1"))
        .await
        .body;
    assert_eq!(linked["rev"], 2);
    let relation = &linked["relations"][0];
    assert_eq!(keys(relation), ["rel", "url", "attributes"]);
    assert_eq!(relation["attributes"]["comment"], "why");
    assert!(relation["attributes"]["id"].is_u64());
    let double = contoso
        .update(child, &link("Hyperlink", "https://shop.example/case/1"))
        .await;
    assert_eq!(
        (double.status, double.message()),
        (400, "Relation already exists.")
    );

    let before = contoso.item(parent).await;
    let up = "System.LinkTypes.Hierarchy-Reverse";
    let to = |id: u64| {
        format!(
            "{}/_apis/wit/workItems/{id}",
            contoso.sandbox.organization_url()
        )
    };
    let linked = contoso.update(child, &link(up, &to(parent))).await.body;
    assert_eq!(linked["rev"], 2, "no revision");
    assert_eq!(linked["fields"]["System.Parent"], parent);
    let after = contoso.item(parent).await;
    assert_eq!(after["rev"], before["rev"]);
    assert_eq!(
        after["fields"]["System.Watermark"],
        before["fields"]["System.Watermark"]
    );
    assert_eq!(
        after["relations"][0]["rel"],
        "System.LinkTypes.Hierarchy-Forward"
    );
    assert_eq!(after["relations"][0]["attributes"]["name"], "Child");

    let other = contoso.test_case("Other").await;
    for (from, rel, target, status, part) in [
        (child, up, other, 400, "TF201036"),
        (parent, up, child, 400, "TF201035"),
        (child, up, parent, 400, "Relation already exists."),
        (child, "System.LinkTypes.Related", child, 400, "itself"),
        (child, "System.LinkTypes.Related", 999, 404, "TF401232"),
        (child, "Sibling", other, 400, "Unrecognized link type"),
        (
            other,
            "System.LinkTypes.Hierarchy-Forward",
            child,
            400,
            "TF201036",
        ),
    ] {
        let refused = contoso.update(from, &link(rel, &to(target))).await;
        assert_eq!(
            refused.status, status,
            "{from} {rel} {target}: {}",
            refused.body
        );
        assert!(refused.message().contains(part), "{}", refused.message());
    }
    assert_eq!(
        contoso
            .update(child, &link("Hyperlink", "no address"))
            .await
            .status,
        400
    );

    let relations = contoso.item(child).await["relations"]
        .as_array()
        .unwrap()
        .clone();
    let index = relations
        .iter()
        .position(|relation| relation["rel"] == "Hyperlink")
        .unwrap();
    let remove = json!([{"op": "remove", "path": format!("/relations/{index}")}]);
    assert_eq!(contoso.update(child, &remove).await.body["rev"], 3);
    assert_eq!(
        contoso
            .update(child, &json!([{"op": "remove", "path": "/relations/9"}]))
            .await
            .status,
        400
    );
    let remove = json!([{"op": "remove", "path": "/relations/0"}]);
    assert_eq!(contoso.update(child, &remove).await.body["rev"], 3);
    assert_eq!(contoso.item(parent).await.get("relations"), None);
}
