//! Writing: what is sent, what is refused before, and what an answer says of a write.

use super::*;

#[tokio::test]
async fn creating_sends_the_published_names_once() {
    let server = full().await;
    let writer = writer(&server);
    let fields = [
        ("title", Value::text("Three")),
        ("priority", Value::text("P2 - Should Test")),
        ("type", Value::text("Functional")),
        ("description", Value::text("<p>x</p>")),
        ("mission", Value::Null),
        ("estimate", Value::integer(900)),
        ("smoke", Value::Boolean(true)),
        ("custom.browser", Value::text("Firefox")),
    ];
    writer.cases(LISTED).await.unwrap();
    let created = writer.create_case(&draft(&fields)).await.unwrap();
    assert_eq!((created.id, created.title()), (CaseId(3), "Three"));
    assert_eq!(created.section_path, ["Checkout", "Cards"]);
    assert_eq!(writer.capabilities().create, Verification::Verified);
    let posts: Vec<Seen> = server
        .seen()
        .into_iter()
        .filter(|seen| seen.method == "POST")
        .collect();
    assert_eq!(posts.len(), 1);
    assert_eq!(posts[0].target, "/tw/api/tests/add_case/41");
    assert_eq!(
        posts[0].json(),
        json!({"title": "Three", "priority_id": 2, "type_id": 5, "custom_desc": "<p>x</p>",
               "estimate": 900, "smoke": true, "custom_browser": "Firefox", "refs": "AB#5120",
               "section_id": 904})
    );
}

#[tokio::test]
async fn what_cannot_be_written_is_refused_before_anything_is_sent() {
    let server = full().await;
    let writer = writer(&server);
    let titled = |name: &'static str, value| draft(&[("title", Value::text("x")), (name, value)]);
    for draft in [
        draft(&[]),
        draft(&[("title", Value::Null)]),
        titled("priority", Value::text("Urgent")),
        titled("type", Value::text("Wild")),
        titled("steps", Value::text("x")),
        titled("smoke", Value::text("x")),
        titled("lastResult", Value::text("x")),
        CaseDraft {
            refs: vec!["a,b".to_owned()],
            ..titled("smoke", Value::Null)
        },
    ] {
        let error = writer.create_case(&draft).await.unwrap_err();
        assert!(
            matches!(error.kind, RemoteErrorKind::Rejected { .. }),
            "{draft:?}: {error}"
        );
        assert_eq!(error.request, None);
    }
    let error = writer
        .update_case(CaseId(1), &patch(&[("title", Value::Null)]))
        .await
        .unwrap_err();
    assert!(
        matches!(error.kind, RemoteErrorKind::Rejected { .. }),
        "{error}"
    );
    assert!(server.seen().iter().all(|seen| seen.method == "GET"));
}

#[tokio::test]
async fn a_create_without_a_usable_answer_may_have_been_carried_out() {
    for reply in [
        Reply::new(200, &[], ""),
        Reply::new(200, &[], "{}"),
        Reply::new(200, &[], "{\"id\": "),
        Reply::new(201, &[], "[]"),
        Reply::new(500, &[], ""),
        Reply::broken(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"),
    ] {
        let server = Server::script(vec![reply, Reply::json(&case(3, "x"))]).await;
        let error = writer(&server)
            .create_case(&draft(&[("title", Value::text("x"))]))
            .await;
        let kind = error.unwrap_err().kind;
        assert!(
            matches!(
                kind,
                RemoteErrorKind::Unavailable {
                    maybe_sent: true,
                    ..
                }
            ),
            "{kind:?}"
        );
        assert_eq!(server.calls(), ["POST /tw/api/tests/add_case/41"]);
    }
}

#[tokio::test]
async fn an_update_sends_only_what_changes_and_null_clears() {
    let server = full().await;
    let writer = writer(&server);
    let fields = [
        ("title", Value::text("Uno")),
        ("testData", Value::Null),
        ("smoke", Value::Null),
    ];
    let updated = writer
        .update_case(CaseId(1), &patch(&fields))
        .await
        .unwrap();
    assert_eq!(updated.title(), "Uno");
    let refs = CasePatch {
        fields: BTreeMap::new(),
        refs: Some(vec![]),
    };
    writer.update_case(CaseId(1), &refs).await.unwrap();
    assert_eq!(writer.capabilities().update, Verification::Verified);
    let seen = server.seen();
    assert_eq!(
        seen[0].json(),
        json!({"title": "Uno", "test_data": null, "smoke": false})
    );
    assert_eq!(seen[1].json(), json!({"refs": null}));
    assert_eq!(
        seen.len(),
        2,
        "the answer carries the case, so nothing is read back"
    );
}

#[tokio::test]
async fn an_update_that_answers_with_a_receipt_is_read_back() {
    let change = patch(&[("title", Value::text("Uno"))]);
    for receipt in [
        "",
        "{}",
        "{\"id\": 1}",
        "null",
        "{\"id\": 2, \"title\": \"Other\"}",
    ] {
        let receipt = Reply::new(200, &[], receipt);
        let server = routes(vec![
            ("POST update_case/1", receipt.clone()),
            ("GET get_case/1", Reply::json(&case(1, "Uno"))),
        ])
        .await;
        let updated = writer(&server)
            .update_case(CaseId(1), &change)
            .await
            .unwrap();
        assert_eq!(updated.title(), "Uno");

        // Without get_case the suite is listed, once the case was seen in it.
        let listed = json!({"cases": [case(1, "Uno")]});
        let server = routes(vec![
            ("POST update_case/1", receipt),
            ("GET get_cases/41", Reply::json(&listed)),
        ])
        .await;
        let writer = writer(&server);
        let blind = writer
            .update_case(CaseId(1), &change)
            .await
            .unwrap_err()
            .kind;
        assert!(
            matches!(
                blind,
                RemoteErrorKind::Unavailable {
                    maybe_sent: true,
                    ..
                }
            ),
            "{blind:?}"
        );
        writer.cases(LISTED).await.unwrap();
        assert_eq!(
            writer
                .update_case(CaseId(1), &change)
                .await
                .unwrap()
                .title(),
            "Uno"
        );
    }
}

#[tokio::test]
async fn a_write_that_the_server_does_not_offer_is_unsupported() {
    let server = routes(vec![("GET get_cases/41", Reply::json(&json!([])))]).await;
    let writer = writer(&server);
    for _ in 0..2 {
        let error = writer
            .create_case(&draft(&[("title", Value::text("x"))]))
            .await
            .unwrap_err();
        assert!(
            matches!(error.kind, RemoteErrorKind::Unsupported { .. }),
            "{error}"
        );
    }
    assert_eq!(writer.capabilities().create, Verification::Absent);
    assert_eq!(server.calls().len(), 1);
}

#[tokio::test]
async fn a_section_is_created_only_where_it_is_missing() {
    let server = full().await;
    let writer = writer(&server);
    let path = |names: &[&str]| {
        names
            .iter()
            .map(|&name| name.to_owned())
            .collect::<Vec<_>>()
    };
    let ensure = async |names: &[&str]| writer.ensure_section(SUITE, &path(names)).await;
    assert_eq!(
        ensure(&["Checkout", "Cards"]).await.unwrap(),
        SectionId(904)
    );
    let calls = ["Checkout", "Refunds"];
    let (first, second) = tokio::join!(ensure(&calls), ensure(&calls));
    assert_eq!(
        (first.unwrap(), second.unwrap()),
        (SectionId(905), SectionId(905))
    );
    assert!(ensure(&[]).await.is_err() && ensure(&["Checkout", " "]).await.is_err());
    let posts: Vec<Seen> = server
        .seen()
        .into_iter()
        .filter(|seen| seen.method == "POST")
        .collect();
    assert_eq!(posts.len(), 1);
    assert_eq!(
        posts[0].json(),
        json!({"name": "Refunds", "parent_id": 903})
    );
}

#[tokio::test]
async fn a_section_whose_existence_is_uncertain_is_not_created() {
    let partial = json!({"sections": [{"id": 903, "name": "Checkout"}], "total": 5});
    let server = routes(vec![("GET get_sections/41", Reply::json(&partial))]).await;
    let writer = writer(&server);
    let known = writer.ensure_section(SUITE, &["Checkout".to_owned()]).await;
    assert_eq!(known.unwrap(), SectionId(903));
    let error = writer
        .ensure_section(SUITE, &["Refunds".to_owned()])
        .await
        .unwrap_err();
    assert!(
        matches!(error.kind, RemoteErrorKind::Protocol { .. }),
        "{error}"
    );
    let server = routes(vec![]).await;
    let error = self::writer(&server)
        .ensure_section(SUITE, &["X".to_owned()])
        .await
        .unwrap_err();
    assert!(
        matches!(error.kind, RemoteErrorKind::Unsupported { .. }),
        "{error}"
    );
    assert!(server.seen().iter().all(|seen| seen.method == "GET"));
}
