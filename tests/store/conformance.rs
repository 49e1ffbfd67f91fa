//! What every backend of the state has to do. Each function is given an empty store, unless it says otherwise.

use std::collections::BTreeMap;

use accord::model::{
    BaseField, CaseId, ConflictId, LinkId, MarkState, Number, OperationId, RefusalClass,
    Repetitions, RunId, Take, Value, WorkItemId,
};
use accord::store::{
    AuditCheck, IntentKind, IntentOutcome, MadeField, Quarantine, QuarantineChange, Record, Store,
    StoreError,
};

use crate::sample::{
    at, auditing, elsewhere, ending, entry, field, here, intent, link, linking, loss, name,
    outcome, quarantined, run,
};

pub(crate) async fn an_empty_store_answers_empty(store: &dyn Store) {
    assert!(store.links(&here()).await.unwrap().is_empty());
    assert!(store.pairs(&here()).await.unwrap().is_empty());
    let none = store.links_of(&here(), &[CaseId(11)]).await.unwrap();
    assert!(none.is_empty());
    assert!(store.open_intents(&here()).await.unwrap().is_empty());
    assert!(store.quarantine(&here()).await.unwrap().is_empty());
    assert!(store.losses(10).await.unwrap().is_empty());
    assert_eq!(store.loss_count().await.unwrap(), 0);
    assert!(store.runs(10).await.unwrap().is_empty());
    assert_eq!(store.last_carried_out_run().await.unwrap(), None);
    assert!(store.links_by_rule().await.unwrap().is_empty());
    assert!(store.endpoints().await.unwrap().is_empty());
    let unknown = OperationId("none".to_owned());
    assert_eq!(store.intent(&unknown).await.unwrap(), None);
    assert!(store.audit(10).await.unwrap().is_empty());
    assert!(store.made_fields().await.unwrap().is_empty());
    assert_eq!(store.verify_audit().await.unwrap(), AuditCheck::default());
    assert!(store.parted_links(&here()).await.unwrap().is_empty());
    assert!(store.open_conflicts(&here()).await.unwrap().is_empty());
    assert!(store.conflicts(10).await.unwrap().is_empty());
    assert_eq!(store.conflict(ConflictId(1)).await.unwrap(), None);
    assert!(store.learned(&here()).await.unwrap().is_empty());
    let repetitions = store.repetitions(&here()).await.unwrap();
    assert_eq!(repetitions, Repetitions::default());
    let watermark = store.watermark(&here(), &name("regression")).await;
    assert_eq!(watermark.unwrap(), None);
    assert!(store.check().await.unwrap().is_empty());
}

/// For a store that was opened for reading only, whatever is in it: it refuses every write, also one that would
/// change nothing.
pub(crate) async fn a_reader_writes_nothing(store: &dyn Store) {
    let run = run("run-2", 0, 1);
    let ended = store.finish_run(&run.id, &outcome(40, 0)).await;
    let refused = [
        ("record", store.record(&[linking(link("b", 12, 22))]).await),
        ("prepare", store.prepare(&[intent("op-2")], &[]).await),
        ("begin_run", store.begin_run(&run).await),
        ("finish_run", ended),
        ("forget_rules", store.forget_rules(&[]).await.map(drop)),
        ("forget_fields", store.forget_fields(&[]).await),
        (
            "decide",
            store
                .decide(ConflictId(1), Some(Take::Merged), at(9))
                .await
                .map(drop),
        ),
        (
            "put_watermark",
            store
                .put_watermark(&here(), &name("regression"), None)
                .await,
        ),
    ];
    for (call, outcome) in refused {
        let message = outcome.expect_err(call).to_string();
        assert!(message.contains("for reading only"), "{call}: {message}");
    }
}

pub(crate) async fn links_come_back_as_they_were_and_by_case(store: &dyn Store) {
    let full = link("b", 12, 21);
    let mut bare = link("a", 11, 22);
    bare.testworthy_project = None;
    bare.case_mark = MarkState::Refused;
    bare.base.fields = BTreeMap::new();
    bare.base.rev = None;
    bare.base.recorded_at = None;
    let mut other = link("c", 11, 22);
    other.endpoints = elsewhere();
    store
        .record(&[full.clone(), other.clone(), bare.clone()].map(linking))
        .await
        .unwrap();
    assert_eq!(
        store.links(&here()).await.unwrap(),
        [bare.clone(), full.clone()]
    );
    assert_eq!(store.links(&elsewhere()).await.unwrap(), [other]);
    let (first, second) = ((CaseId(11), WorkItemId(22)), (CaseId(12), WorkItemId(21)));
    assert_eq!(
        store.pairs(&here()).await.unwrap(),
        [(bare.rule.clone(), vec![first, second])]
    );
    let wanted = [CaseId(12), CaseId(13), CaseId(11)];
    let found = store.links_of(&here(), &wanted).await.unwrap();
    assert_eq!(found, [full, bare]);
    assert_eq!(store.endpoints().await.unwrap(), [here(), elsewhere()]);
}

pub(crate) async fn every_kind_of_value_comes_back_exactly(store: &dyn Store) {
    let values = [
        Value::Null,
        Value::text("Ünïcode \u{0} \" \\ 🎯\r\n"),
        Value::text("x".repeat(1 << 20)),
        Value::integer(i64::MIN),
        Value::Number(Number::from_f64(0.1 + 0.2).unwrap()),
        Value::Number(Number::from_f64(1e300).unwrap()),
        Value::Boolean(false),
        Value::DateTime("2026-03-29T01:59:59.123456789Z".parse().unwrap()),
        Value::set(["b", "a", ""]),
    ];
    let mut written = link("a", 11, 21);
    written.base.fields = values
        .iter()
        .enumerate()
        .map(|(index, value)| {
            let field = BaseField {
                testworthy: value.clone(),
                azure_devops: values[values.len() - 1 - index].clone(),
                row_digest: format!("digest {index}"),
            };
            (format!("custom.{index}"), field)
        })
        .collect();
    store.record(&[linking(written.clone())]).await.unwrap();
    assert_eq!(store.links(&here()).await.unwrap(), [written]);
}

pub(crate) async fn a_link_is_replaced_by_its_id_and_leaves_others(store: &dyn Store) {
    let (mut first, second) = (link("a", 11, 21), link("b", 12, 22));
    let both = [first.clone(), second.clone()].map(linking);
    store.record(&both).await.unwrap();
    first.base.fields.remove("description");
    let mut renamed = field("New title");
    renamed.row_digest.push_str("-new");
    first.base.fields.insert("title".to_owned(), renamed);
    first.work_item_mark = MarkState::Written;
    first.rule = name("smoke");
    store.record(&[linking(first.clone())]).await.unwrap();
    assert_eq!(store.links(&here()).await.unwrap(), [first, second]);
}

pub(crate) async fn a_second_pair_is_refused(store: &dyn Store) {
    let first = link("a", 11, 21);
    store.record(&[linking(first.clone())]).await.unwrap();
    for (case, work_item) in [(11, 22), (12, 21)] {
        let refused = store.record(&[linking(link("b", case, work_item))]).await;
        match refused {
            Err(StoreError::AlreadyLinked {
                case: told,
                work_item: told_item,
            }) => assert_eq!((told, told_item), (case, work_item)),
            other => panic!("{case}-{work_item}: {other:?}"),
        }
    }
    assert_eq!(store.links(&here()).await.unwrap(), [first]);

    let mut abroad = link("c", 11, 22);
    abroad.endpoints = elsewhere();
    store.record(&[linking(abroad)]).await.unwrap();
}

pub(crate) async fn the_same_pair_under_another_id_is_the_same_link(store: &dyn Store) {
    let first = link("a", 11, 21);
    store.record(&[linking(first.clone())]).await.unwrap();
    let mut again = link("b", 11, 21);
    again.rule = name("smoke");
    store.record(&[linking(again.clone())]).await.unwrap();
    again.id = LinkId("a".to_owned());
    assert_eq!(store.links(&here()).await.unwrap(), [again]);
}

pub(crate) async fn a_failing_record_leaves_nothing_of_its_call(store: &dyn Store) {
    store.prepare(&[intent("op-1")], &[]).await.unwrap();
    store.record(&[linking(link("a", 11, 21))]).await.unwrap();
    let everything = Record {
        conflicts: None,
        learned: Vec::new(),
        written: Vec::new(),
        intent: Some((OperationId("op-1".to_owned()), IntentOutcome::Applied)),
        link: Some(link("b", 12, 22)),
        quarantine: Some(QuarantineChange::Put(quarantined("case/12", "no"))),
        custom_field: Some(MadeField {
            organization: "dev.azure.com/contoso".to_owned(),
            reference_name: "Custom.Risk".to_owned(),
            declared_by: "risk".to_owned(),
        }),
        audit: Some(entry("b")),
    };
    let records = [
        everything,
        linking(link("c", 13, 21)),
        linking(link("d", 14, 24)),
    ];
    let refused = store.record(&records).await;
    assert!(matches!(refused, Err(StoreError::AlreadyLinked { .. })));
    assert_eq!(store.links(&here()).await.unwrap(), [link("a", 11, 21)]);
    assert_eq!(store.open_intents(&here()).await.unwrap(), [intent("op-1")]);
    assert!(store.quarantine(&here()).await.unwrap().is_empty());
    assert!(store.made_fields().await.unwrap().is_empty());
    assert!(store.audit(10).await.unwrap().is_empty());
    assert_eq!(store.verify_audit().await.unwrap(), AuditCheck::default());

    // Within one record, too: the intent is there, the link is refused.
    let mut torn = linking(link("c", 13, 21));
    torn.intent = Some((OperationId("op-1".to_owned()), IntentOutcome::Applied));
    assert!(store.record(&[torn]).await.is_err());
    assert_eq!(store.open_intents(&here()).await.unwrap(), [intent("op-1")]);
}

pub(crate) async fn a_failing_prepare_leaves_nothing_of_its_call(store: &dyn Store) {
    store.prepare(&[intent("op-1")], &[]).await.unwrap();
    let refused = store
        .prepare(&[intent("op-2"), intent("op-1")], &[loss("op-2", "title")])
        .await;
    let message = refused.unwrap_err().to_string();
    assert!(message.contains("op-1"), "{message}");
    assert_eq!(store.open_intents(&here()).await.unwrap(), [intent("op-1")]);
    assert_eq!(store.loss_count().await.unwrap(), 0);
}

pub(crate) async fn intents_stay_open_until_their_outcome(store: &dyn Store) {
    let mut update = intent("op-2");
    update.kind = IntentKind::UpdateCase;
    update.work_item = Some(WorkItemId(21));
    let mut abroad = intent("op-3");
    abroad.endpoints = elsewhere();
    let all = [update.clone(), intent("op-1"), abroad.clone()];
    store.prepare(&all, &[]).await.unwrap();
    let open = store.open_intents(&here()).await.unwrap();
    assert_eq!(open, [intent("op-1"), update.clone()], "oldest first");
    assert_eq!(store.open_intents(&elsewhere()).await.unwrap(), [abroad]);

    let abandoned = IntentOutcome::Abandoned {
        reason: "not found by its marker".to_owned(),
    };
    store
        .record(&[
            ending("op-1", IntentOutcome::Applied),
            ending("op-2", abandoned.clone()),
        ])
        .await
        .unwrap();
    assert!(store.open_intents(&here()).await.unwrap().is_empty());
    update.outcome = Some(abandoned);
    assert_eq!(store.intent(&update.id).await.unwrap(), Some(update));
}

pub(crate) async fn the_outcome_of_an_intent_is_final(store: &dyn Store) {
    store.prepare(&[intent("op-1")], &[]).await.unwrap();
    let applied = [ending("op-1", IntentOutcome::Applied)];
    store.record(&applied).await.unwrap();
    store.record(&applied).await.unwrap();
    let reason = "late".to_owned();
    let flipped = [ending("op-1", IntentOutcome::Abandoned { reason })];
    assert!(store.record(&flipped).await.is_err());
    let kept = store.intent(&OperationId("op-1".to_owned())).await.unwrap();
    assert_eq!(kept.unwrap().outcome, Some(IntentOutcome::Applied));
    let unknown = [ending("op-9", IntentOutcome::Applied)];
    let message = store.record(&unknown).await.unwrap_err().to_string();
    assert!(message.contains("op-9"), "{message}");
}

pub(crate) async fn quarantine_takes_in_replaces_and_releases(store: &dyn Store) {
    let put = |item: Quarantine| Record {
        quarantine: Some(QuarantineChange::Put(item)),
        ..Record::default()
    };
    let mut abroad = quarantined("case/1", "abroad");
    abroad.endpoints = elsewhere();
    store
        .record(&[
            put(quarantined("workItem/9", "x")),
            put(quarantined("case/1", "y")),
            put(abroad.clone()),
        ])
        .await
        .unwrap();
    let mut later = quarantined("case/1", "z");
    later
        .payload_digests
        .insert("of the other side".replace(' ', "-"));
    later.at = at(99);
    store.record(&[put(later.clone())]).await.unwrap();
    let inside = store.quarantine(&here()).await.unwrap();
    assert_eq!(inside, [later, quarantined("workItem/9", "x")]);

    for class in RefusalClass::ALL {
        let mut other = quarantined("case/1", "z");
        (other.class, other.type_digest) = (class, None);
        store.record(&[put(other.clone())]).await.unwrap();
        assert_eq!(store.quarantine(&here()).await.unwrap()[0], other);
    }

    let release = |key: &str| Record {
        quarantine: Some(QuarantineChange::Release {
            endpoints: here(),
            key: key.to_owned(),
        }),
        ..Record::default()
    };
    store
        .record(&[release("case/1"), release("case/404")])
        .await
        .unwrap();
    let inside = store.quarantine(&here()).await.unwrap();
    assert_eq!(inside, [quarantined("workItem/9", "x")]);
    assert_eq!(store.quarantine(&elsewhere()).await.unwrap(), [abroad]);
}

pub(crate) async fn forgetting_a_rule_leaves_the_others(store: &dyn Store) {
    let kept = link("a", 11, 21);
    let mut gone = link("b", 12, 22);
    gone.rule = name("old");
    let mut gone_item = quarantined("case/1", "x");
    gone_item.rule = name("old");
    let in_quarantine = |item: Quarantine| Record {
        quarantine: Some(QuarantineChange::Put(item)),
        ..Record::default()
    };
    store
        .prepare(&[intent("op-1")], &[loss("op-1", "title")])
        .await
        .unwrap();
    store
        .record(&[
            linking(kept.clone()),
            linking(gone),
            in_quarantine(gone_item),
            in_quarantine(quarantined("case/2", "y")),
        ])
        .await
        .unwrap();
    let counts = store.links_by_rule().await.unwrap();
    assert_eq!(counts, [(name("old"), 1), (name("regression"), 1)]);

    let known = [name("regression"), name("new")];
    assert_eq!(store.forget_rules(&known).await.unwrap(), 1);
    assert_eq!(store.forget_rules(&known).await.unwrap(), 0);
    assert_eq!(store.links(&here()).await.unwrap(), [kept]);
    let inside = store.quarantine(&here()).await.unwrap();
    assert_eq!(inside, [quarantined("case/2", "y")]);

    assert_eq!(store.forget_rules(&[]).await.unwrap(), 1);
    assert_eq!(store.loss_count().await.unwrap(), 1, "losses stay");
    assert_eq!(store.open_intents(&here()).await.unwrap().len(), 1);
    // A forgotten pair can be linked anew, to other items as well.
    store.record(&[linking(link("z", 11, 99))]).await.unwrap();
}

pub(crate) async fn losses_are_kept_newest_first(store: &dyn Store) {
    let first = [loss("op-1", "title"), loss("op-1", "description")];
    store.prepare(&[intent("op-1")], &first).await.unwrap();
    store.prepare(&[], &[loss("op-1", "title")]).await.unwrap();
    assert_eq!(store.loss_count().await.unwrap(), 3, "no two are one");
    let rows: Vec<String> = store
        .losses(2)
        .await
        .unwrap()
        .into_iter()
        .map(|l| l.row)
        .collect();
    assert_eq!(rows, ["title", "description"]);
    assert_eq!(store.losses(9).await.unwrap().pop(), Some(first[0].clone()));
    assert!(store.losses(0).await.unwrap().is_empty());
}

pub(crate) async fn runs_are_listed_newest_first(store: &dyn Store) {
    let mut done = run("run-a", 10, 40);
    let mut refused = run("run-b", 20, 2);
    let killed = run("run-c", 30, 1);
    for each in [&done, &refused, &killed] {
        store.begin_run(each).await.unwrap();
    }
    assert_eq!(store.last_carried_out_run().await.unwrap(), None);
    for (run, exit_code) in [(&mut done, 9), (&mut refused, 5)] {
        let ended = outcome(40, exit_code);
        store.finish_run(&run.id, &ended).await.unwrap();
        run.outcome = Some(ended);
    }
    assert!(
        store.begin_run(&killed).await.is_err(),
        "an id names one run"
    );
    let unknown = RunId("run-x".to_owned());
    assert!(store.finish_run(&unknown, &outcome(40, 0)).await.is_err());
    let carried_out = store.last_carried_out_run().await.unwrap();
    assert_eq!(
        carried_out,
        Some(done.clone()),
        "a refused run does not count"
    );
    assert_eq!(
        store.runs(2).await.unwrap(),
        [killed.clone(), refused.clone()]
    );
    assert_eq!(store.runs(9).await.unwrap(), [killed, refused, done]);
}

pub(crate) async fn the_audit_is_one_chain(store: &dyn Store) {
    let records: Vec<Record> = ["one", "two"].map(auditing).to_vec();
    store.record(&records).await.unwrap();
    store.record(&[auditing("three")]).await.unwrap();
    let rows = store.audit(2).await.unwrap();
    let seen: Vec<_> = rows
        .iter()
        .map(|row| (row.number, row.entry.detail.as_str()))
        .collect();
    assert_eq!(seen, [(3, "three"), (2, "two")]);
    assert_eq!(rows[1].entry, entry("two"));
    let intact = AuditCheck::Intact {
        rows: 3,
        head: Some(rows[0].hash.clone()),
    };
    assert_eq!(store.verify_audit().await.unwrap(), intact);
}

pub(crate) async fn made_fields_are_kept_once_each_until_they_are_forgotten(store: &dyn Store) {
    let made = |organization: &str, reference_name: &str, declared_by: &str| MadeField {
        organization: organization.to_owned(),
        reference_name: reference_name.to_owned(),
        declared_by: declared_by.to_owned(),
    };
    let making = |field: &MadeField| Record {
        custom_field: Some(field.clone()),
        ..Record::default()
    };
    let risk = made("dev.azure.com/contoso", "Custom.Risk", "risk");
    let notes = made("dev.azure.com/contoso", "Custom.Notes", "notes");
    let elsewhere = made("dev.azure.com/fabrikam", "Custom.Risk", "risk");
    let records = [&risk, &elsewhere, &notes, &risk].map(making);
    store.record(&records).await.unwrap();
    let kept = store.made_fields().await.unwrap();
    assert_eq!(kept, [notes.clone(), risk.clone(), elsewhere.clone()]);
    // Another declaration of the same field, in other letters.
    let renamed = made("dev.azure.com/contoso", "custom.risk", "test-risk");
    store.record(&[making(&renamed)]).await.unwrap();
    store.forget_fields(&[notes]).await.unwrap();
    let kept = store.made_fields().await.unwrap();
    assert_eq!(kept, [renamed.clone(), elsewhere.clone()]);
    store.forget_fields(&[risk, elsewhere]).await.unwrap();
    assert!(store.made_fields().await.unwrap().is_empty());
    store.forget_fields(&[]).await.unwrap();
}
