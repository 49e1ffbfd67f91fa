//! What every backend has to do for two-way sync. Each function is given an empty store.

use std::collections::{BTreeMap, BTreeSet};

use accord::model::{
    CaseId, Closing, Conflict, ConflictCause, ConflictChange, ConflictId, ConflictState,
    Equivalence, Link, LinkId, LinkState, OperationId, Rev, Sides, Subject, System, Take, Value,
    WorkItemId,
};
use accord::store::{
    IntentOutcome, IntentPart, IntentRow, PairConflicts, Record, Store, StoreError, Watermark,
    WrittenField,
};

use crate::sample::{at, elsewhere, ending, here, intent, link, linking, name, run};

pub(crate) fn in_state(mut link: Link, state: LinkState) -> Link {
    link.state = state;
    link
}

pub(crate) fn about(row: &str, testworthy: &str, azure_devops: &str) -> Subject {
    Subject::Field {
        row: row.to_owned(),
        cause: ConflictCause::BothChanged,
        base: Some(Sides {
            testworthy: Value::text("base"),
            azure_devops: Value::text("<p>base</p>"),
        }),
        now: Sides {
            testworthy: Value::text(testworthy),
            azure_devops: Value::text(azure_devops),
        },
        sensitive: false,
    }
}

/// Changes of the queue for the pair of case 11 and work item 21.
pub(crate) fn queueing(second: i64, changes: Vec<ConflictChange>) -> Record {
    Record {
        conflicts: Some(PairConflicts {
            endpoints: here(),
            rule: name("regression"),
            case: CaseId(11),
            work_item: WorkItemId(21),
            at: at(second),
            changes,
        }),
        ..Record::default()
    }
}

pub(crate) fn opening(second: i64, subject: Subject) -> Record {
    queueing(second, vec![ConflictChange::Open(subject)])
}

pub(crate) fn learning(system: System, sent: &str, kept: &str) -> Equivalence {
    Equivalence {
        system,
        row_digest: "d1".to_owned(),
        sent: sent.to_owned(),
        kept: kept.to_owned(),
    }
}

pub(crate) fn writing(second: i64, case: u64, before: &str, after: &str) -> WrittenField {
    WrittenField {
        case: CaseId(case),
        work_item: WorkItemId(case + 10),
        row: "title".to_owned(),
        system: System::AzureDevOps,
        before: before.to_owned(),
        after: after.to_owned(),
        at: at(second),
    }
}

fn counting(field: WrittenField) -> Record {
    Record {
        written: vec![(here(), field)],
        ..Record::default()
    }
}

async fn times(store: &dyn Store, case: u64) -> Option<u32> {
    let all = store.repetitions(&here()).await.unwrap();
    all.last(CaseId(case), "title", System::AzureDevOps)
        .map(|last| last.times)
}

/// The states of all conflicts, oldest first.
async fn states(store: &dyn Store) -> Vec<ConflictState> {
    let mut all = store.conflicts(99).await.unwrap();
    all.reverse();
    all.into_iter().map(|conflict| conflict.state).collect()
}

fn closed(how: Closing, second: i64) -> ConflictState {
    let at = at(second);
    ConflictState::Closed { how, at }
}

pub(crate) async fn parted_links_stand_apart_with_their_bases(store: &dyn Store) {
    let active = link("a", 11, 21);
    let ended = in_state(link("b", 12, 22), LinkState::Ended);
    let unlinked = in_state(link("c", 13, 23), LinkState::Unlinked);
    let mut abroad = in_state(link("d", 13, 23), LinkState::Ended);
    abroad.endpoints = elsewhere();
    let all = [unlinked.clone(), ended.clone(), active.clone(), abroad];
    store.record(&all.map(linking)).await.unwrap();
    let links = store.links(&here()).await.unwrap();
    assert_eq!(links, std::slice::from_ref(&active));
    let parted = store.parted_links(&here()).await.unwrap();
    assert_eq!(parted, [ended, unlinked.clone()]);
    let pairs = store.pairs(&here()).await.unwrap();
    let pair = (CaseId(11), WorkItemId(21));
    assert_eq!(pairs, [(name("regression"), vec![pair])]);
    assert!(store.pairs(&elsewhere()).await.unwrap().is_empty());
    let asked = [CaseId(13), CaseId(12), CaseId(11)];
    let found = store.links_of(&here(), &asked).await.unwrap();
    assert_eq!(found, std::slice::from_ref(&active));
    let counts = store.links_by_rule().await.unwrap();
    assert_eq!(counts, [(name("regression"), 1)]);

    // One comes to life again and another one goes.
    let ended = in_state(active, LinkState::Ended);
    let revived = in_state(unlinked, LinkState::Active);
    store
        .record(&[ended.clone(), revived.clone()].map(linking))
        .await
        .unwrap();
    assert_eq!(store.links(&here()).await.unwrap(), [revived]);
    let parted = store.parted_links(&here()).await.unwrap();
    assert_eq!(parted.len(), 2);
    assert_eq!(parted[0], ended);
}

pub(crate) async fn an_active_link_takes_the_place_of_parted_ones(store: &dyn Store) {
    let parted = [
        in_state(link("a", 11, 21), LinkState::Unlinked),
        in_state(link("b", 12, 22), LinkState::Ended),
        in_state(link("c", 13, 23), LinkState::Unlinked),
    ];
    store.record(&parted.clone().map(linking)).await.unwrap();
    // It shares its case with one and its work item with another; the third has no part in it.
    let joined = link("d", 11, 22);
    store.record(&[linking(joined.clone())]).await.unwrap();
    assert_eq!(store.links(&here()).await.unwrap(), [joined]);
    let left = store.parted_links(&here()).await.unwrap();
    assert_eq!(left, parted[2..]);
    // The same pair is the same link.
    store.record(&[linking(link("e", 13, 23))]).await.unwrap();
    let links = store.links(&here()).await.unwrap();
    assert_eq!(links[1], link("c", 13, 23));
    assert!(store.parted_links(&here()).await.unwrap().is_empty());
}

pub(crate) async fn a_parted_link_takes_no_place_of_another(store: &dyn Store) {
    let first = link("a", 11, 21);
    let gone = in_state(link("b", 12, 22), LinkState::Unlinked);
    let both = [first.clone(), gone.clone()].map(linking);
    store.record(&both).await.unwrap();
    for (case, work_item) in [(11, 29), (19, 21), (12, 29), (19, 22)] {
        let parted = in_state(link("c", case, work_item), LinkState::Ended);
        let refused = store.record(&[linking(parted)]).await;
        assert!(
            matches!(refused, Err(StoreError::AlreadyLinked { .. })),
            "{case}-{work_item}: {refused:?}"
        );
    }
    assert_eq!(store.links(&here()).await.unwrap(), [first]);
    assert_eq!(store.parted_links(&here()).await.unwrap(), [gone]);
}

pub(crate) async fn a_link_goes_on_with_an_item_made_anew(store: &dyn Store) {
    let deleted = Subject::Deleted {
        side: System::AzureDevOps,
        edited: true,
    };
    let opened = queueing(
        1,
        vec![
            ConflictChange::Open(deleted),
            ConflictChange::Open(about("title", "x", "y")),
        ],
    );
    let counted = counting(writing(2, 11, "x", "y"));
    store
        .record(&[linking(link("a", 11, 21)), opened, counted])
        .await
        .unwrap();
    let renewed = link("a", 11, 99);
    let resolved = Closing::Resolved(Take::Keep);
    let mut record = queueing(7, vec![ConflictChange::Close(ConflictId(1), resolved)]);
    record.link = Some(renewed.clone());
    store.record(&[record]).await.unwrap();
    assert_eq!(store.links(&here()).await.unwrap(), [renewed]);
    let ends = [closed(resolved, 7), closed(Closing::Unlinked, 7)];
    assert_eq!(states(store).await, ends);
    assert_eq!(times(store, 11).await, None, "of another item");
    // The item that was left behind is free.
    store.record(&[linking(link("b", 12, 21))]).await.unwrap();
    assert!(store.check().await.unwrap().is_empty());
}

pub(crate) async fn conflicts_come_back_as_they_were_met(store: &dyn Store) {
    let now = Sides {
        testworthy: Value::set(["a", "b"]),
        azure_devops: Value::Null,
    };
    let subject = |row: &str, cause, base, sensitive| Subject::Field {
        row: row.to_owned(),
        cause,
        base,
        now: now.clone(),
        sensitive,
    };
    let first_time = Some(now.clone().swapped());
    let subjects = [
        subject("custom.tags", ConflictCause::FirstSync, None, true),
        subject("title", ConflictCause::MappingChanged, first_time, false),
        about("steps", &"x".repeat(1 << 20), "Ünïcode \u{0} 🎯"),
        Subject::Deleted {
            side: System::TestWorthy,
            edited: false,
        },
        Subject::Deleted {
            side: System::AzureDevOps,
            edited: true,
        },
    ];
    let opened = subjects.iter().cloned().map(ConflictChange::Open).collect();
    let mut abroad = opening(3, about("title", "x", "y"));
    abroad.conflicts.as_mut().unwrap().endpoints = elsewhere();
    store.record(&[queueing(2, opened), abroad]).await.unwrap();
    let expected: Vec<Conflict> = (1..)
        .map(ConflictId)
        .zip(subjects)
        .map(|(id, subject)| Conflict {
            id,
            endpoints: here(),
            rule: name("regression"),
            case: CaseId(11),
            work_item: WorkItemId(21),
            subject,
            opened_at: at(2),
            state: ConflictState::Open,
        })
        .collect();
    assert_eq!(store.open_conflicts(&here()).await.unwrap(), expected);
    let elsewhere = store.open_conflicts(&elsewhere()).await.unwrap();
    assert_eq!(elsewhere.len(), 1);
    let newest = store.conflicts(2).await.unwrap();
    assert_eq!(newest, [elsewhere[0].clone(), expected[4].clone()]);
    let third = store.conflict(ConflictId(3)).await.unwrap();
    assert_eq!(third.as_ref(), Some(&expected[2]));
    assert_eq!(store.conflict(ConflictId(7)).await.unwrap(), None);
}

pub(crate) async fn a_conflict_is_opened_once_and_superseded_by_other_values(store: &dyn Store) {
    let deleted = |edited| Subject::Deleted {
        side: System::AzureDevOps,
        edited,
    };
    let first = [
        opening(1, about("title", "x", "y")),
        opening(1, about("steps", "x", "y")),
        opening(1, deleted(false)),
    ];
    store.record(&first).await.unwrap();
    store.record(&first).await.unwrap();
    assert_eq!(store.conflicts(9).await.unwrap().len(), 3, "the same again");

    let take = Some(Take::TestWorthy);
    assert!(store.decide(ConflictId(1), take, at(2)).await.unwrap());
    store.record(&first[..1]).await.unwrap();
    assert_eq!(
        states(store).await[0],
        ConflictState::Open,
        "whoever finds it again knew of the decision and could not carry it out"
    );

    let other = [
        opening(3, about("title", "x", "z")),
        opening(3, deleted(true)),
    ];
    store.record(&other).await.unwrap();
    let superseded = closed(Closing::Superseded, 3);
    assert_eq!(
        states(store).await,
        [
            superseded.clone(),
            ConflictState::Open,
            superseded,
            ConflictState::Open,
            ConflictState::Open
        ]
    );
    // Of another pair nothing is superseded.
    let mut beside = opening(4, about("steps", "x", "z"));
    beside.conflicts.as_mut().unwrap().work_item = WorkItemId(22);
    store.record(&[beside]).await.unwrap();
    assert_eq!(store.open_conflicts(&here()).await.unwrap().len(), 4);
}

pub(crate) async fn what_nobody_is_asked_is_noted_and_closed(store: &dyn Store) {
    let note = |second, subject| {
        queueing(
            second,
            vec![ConflictChange::Note(subject, Closing::EditKept)],
        )
    };
    let deleted = |edited| Subject::Deleted {
        side: System::TestWorthy,
        edited,
    };
    store.record(&[note(1, deleted(true))]).await.unwrap();
    assert_eq!(states(store).await, [closed(Closing::EditKept, 1)]);
    assert!(store.open_conflicts(&here()).await.unwrap().is_empty());
    // One that waited for a person ends with it: the same one, or one about the same side.
    store.record(&[opening(2, deleted(true))]).await.unwrap();
    store.record(&[note(3, deleted(true))]).await.unwrap();
    store.record(&[opening(4, deleted(false))]).await.unwrap();
    store.record(&[note(5, deleted(true))]).await.unwrap();
    assert_eq!(
        states(store).await,
        [
            closed(Closing::EditKept, 1),
            closed(Closing::EditKept, 3),
            closed(Closing::Superseded, 5),
            closed(Closing::EditKept, 5)
        ]
    );
}

pub(crate) async fn what_is_closed_stays_closed(store: &dyn Store) {
    let close = |second, how| queueing(second, vec![ConflictChange::Close(ConflictId(1), how)]);
    store
        .record(&[opening(1, about("title", "x", "y"))])
        .await
        .unwrap();
    store.record(&[close(2, Closing::Agreed)]).await.unwrap();
    let resolved = Closing::Resolved(Take::Merged);
    store.record(&[close(3, resolved)]).await.unwrap();
    assert_eq!(states(store).await, [closed(Closing::Agreed, 2)]);
    let decided = store.decide(ConflictId(1), Some(Take::Merged), at(4)).await;
    assert!(!decided.unwrap());
    // One that is not there needs no end.
    let unknown = ConflictChange::Close(ConflictId(9), Closing::Agreed);
    store.record(&[queueing(5, vec![unknown])]).await.unwrap();
    assert_eq!(states(store).await, [closed(Closing::Agreed, 2)]);
    // The same may be met again.
    store
        .record(&[opening(6, about("title", "x", "y"))])
        .await
        .unwrap();
    assert_eq!(states(store).await[1], ConflictState::Open);
}

pub(crate) async fn a_person_decides_and_decides_anew(store: &dyn Store) {
    let deleted = Subject::Deleted {
        side: System::AzureDevOps,
        edited: true,
    };
    let opened = [opening(1, about("title", "x", "y")), opening(1, deleted)];
    store.record(&opened).await.unwrap();
    for (id, fitting) in [
        (1, [Take::TestWorthy, Take::AzureDevOps, Take::Merged]),
        (2, [Take::Delete, Take::Keep, Take::Unlink]),
    ] {
        for take in Take::ALL {
            let before = store.conflict(ConflictId(id)).await.unwrap().unwrap();
            let outcome = store.decide(ConflictId(id), Some(take), at(2)).await;
            let after = store.conflict(ConflictId(id)).await.unwrap().unwrap();
            if fitting.contains(&take) {
                assert!(outcome.unwrap());
                assert_eq!(after.state, ConflictState::Decided { take, at: at(2) });
            } else {
                let message = outcome.unwrap_err().to_string();
                assert!(message.contains(take.key()), "{message}");
                assert_eq!(after, before);
            }
        }
    }
    assert_eq!(store.open_conflicts(&here()).await.unwrap().len(), 2);
    assert!(store.decide(ConflictId(1), None, at(3)).await.unwrap());
    assert_eq!(states(store).await[0], ConflictState::Open);
    let unknown = store.decide(ConflictId(9), None, at(3)).await;
    assert!(unknown.unwrap_err().to_string().contains('9'));
    // It ends as it was carried out, whatever was decided before.
    let resolved = Closing::Resolved(Take::Unlink);
    let close = ConflictChange::Close(ConflictId(2), resolved);
    store.record(&[queueing(4, vec![close])]).await.unwrap();
    assert_eq!(states(store).await[1], closed(resolved, 4));
}

pub(crate) async fn what_waits_for_a_person_ends_with_its_pair(store: &dyn Store) {
    for (index, state) in [LinkState::Ended, LinkState::Unlinked]
        .into_iter()
        .enumerate()
    {
        let opened = queueing(
            1,
            vec![
                ConflictChange::Open(about("title", "x", "y")),
                ConflictChange::Open(about("steps", "x", "y")),
            ],
        );
        store
            .record(&[linking(link("a", 11, 21)), opened])
            .await
            .unwrap();
        let take = Some(Take::Merged);
        let (first, second) = (2 * index as u64 + 1, 2 * index + 1);
        store.decide(ConflictId(first), take, at(2)).await.unwrap();
        let resolved = Closing::Resolved(Take::Merged);
        let mut record = queueing(3, vec![ConflictChange::Close(ConflictId(first), resolved)]);
        record.link = Some(in_state(link("a", 11, 21), state));
        store.record(&[record]).await.unwrap();
        let ends = states(store).await;
        assert_eq!(ends[second - 1], closed(resolved, 3), "its own end");
        assert_eq!(ends[second], closed(Closing::Unlinked, 3));
    }
    assert!(store.open_conflicts(&here()).await.unwrap().is_empty());
}

pub(crate) async fn forgetting_a_rule_ends_what_hangs_on_its_links(store: &dyn Store) {
    let kept = Record {
        conflicts: opening(1, about("title", "x", "y")).conflicts,
        written: vec![(here(), writing(1, 11, "x", "y"))],
        ..linking(link("a", 11, 21))
    };
    let mut gone = link("b", 12, 22);
    gone.rule = name("old");
    let mut unlinked = in_state(link("c", 13, 23), LinkState::Unlinked);
    unlinked.rule = name("old");
    let mut beside = opening(1, about("title", "x", "y"));
    if let Some(changes) = &mut beside.conflicts {
        (changes.case, changes.work_item) = (CaseId(12), WorkItemId(22));
    }
    beside.written = vec![(here(), writing(1, 12, "x", "y"))];
    let records = [kept, linking(gone), linking(unlinked), beside];
    store.record(&records).await.unwrap();
    let mark = watermark("t", &[1]);
    for rule in ["regression", "old", "older"] {
        let rule = name(rule);
        store
            .put_watermark(&here(), &rule, Some(&mark))
            .await
            .unwrap();
    }
    store.begin_run(&run("run-1", 50, 1)).await.unwrap();
    let forgotten = store.forget_rules(&[name("regression")]).await.unwrap();
    assert_eq!(forgotten, 2, "in every state");
    assert!(store.parted_links(&here()).await.unwrap().is_empty());
    assert_eq!(
        states(store).await,
        [ConflictState::Open, closed(Closing::Unlinked, 50)],
        "at the time of the run; the history stays"
    );
    assert_eq!(times(store, 11).await, Some(1));
    assert_eq!(times(store, 12).await, None);
    let there = |rule| async move {
        let found = store.watermark(&here(), &name(rule)).await.unwrap();
        found.is_some()
    };
    assert!(there("regression").await);
    assert!(!there("old").await && !there("older").await);
    assert!(store.check().await.unwrap().is_empty());
}

pub(crate) async fn spellings_are_learnt_once_per_place(store: &dyn Store) {
    let one = learning(System::AzureDevOps, "a", "b");
    let others = [
        learning(System::TestWorthy, "a", "b"),
        learning(System::AzureDevOps, "b", "a"),
    ];
    let record = Record {
        learned: vec![(here(), one.clone()), (elsewhere(), others[0].clone())],
        ..Record::default()
    };
    store.record(&[record.clone(), record]).await.unwrap();
    let learned = store.learned(&here()).await.unwrap();
    assert!(learned.holds(&one));
    assert!(others.iter().all(|other| !learned.holds(other)));
    let abroad = store.learned(&elsewhere()).await.unwrap();
    assert!(abroad.holds(&others[0]) && !abroad.holds(&one));
}

pub(crate) async fn the_same_change_is_counted_within_a_day(store: &dyn Store) {
    const DAY: i64 = 24 * 3600;
    let write = |second, before, after| async move {
        let record = counting(writing(second, 11, before, after));
        store.record(&[record]).await.unwrap();
        times(store, 11).await
    };
    assert_eq!(write(0, "x", "y").await, Some(1));
    assert_eq!(write(1, "x", "y").await, Some(2));
    assert_eq!(write(1 + DAY, "x", "y").await, Some(3), "a day is within");
    assert_eq!(write(2 + 2 * DAY, "x", "y").await, Some(1), "more is not");
    assert_eq!(write(3 + 2 * DAY, "x", "y").await, Some(2));
    assert_eq!(write(4 + 2 * DAY, "y", "x").await, Some(1), "the way back");
    assert_eq!(write(5 + 2 * DAY, "y", "x").await, Some(2));
    let last = store.repetitions(&here()).await.unwrap();
    let last = last.last(CaseId(11), "title", System::AzureDevOps).unwrap();
    assert_eq!(
        (last.before.as_str(), last.after.as_str()),
        ("y", "x"),
        "the last change"
    );
    assert_eq!((last.work_item, last.at), (WorkItemId(21), at(5 + 2 * DAY)));

    // The other side, another row, another case, another place: each for itself.
    let mut side = writing(6 + 2 * DAY, 11, "y", "x");
    side.system = System::TestWorthy;
    let mut row = writing(6 + 2 * DAY, 11, "y", "x");
    "steps".clone_into(&mut row.row);
    let case = writing(6 + 2 * DAY, 12, "y", "x");
    let records = [side, row, case].map(counting);
    store.record(&records).await.unwrap();
    assert_eq!(times(store, 11).await, Some(2));
    assert_eq!(times(store, 12).await, Some(1));
    assert_eq!(
        store.repetitions(&elsewhere()).await.unwrap(),
        accord::model::Repetitions::default()
    );
    // Another work item is another field.
    let mut other = writing(7 + 2 * DAY, 11, "y", "x");
    other.work_item = WorkItemId(99);
    store.record(&[counting(other)]).await.unwrap();
    assert_eq!(times(store, 11).await, Some(1));

    // A run a day later starts anew, and what one was told of stays bounded.
    store.begin_run(&run("r", 6 + 3 * DAY, 1)).await.unwrap();
    assert_eq!(times(store, 12).await, Some(1), "not older than a day");
    store.begin_run(&run("s", 8 + 3 * DAY, 1)).await.unwrap();
    let left = store.repetitions(&here()).await.unwrap();
    assert_eq!(left, accord::model::Repetitions::default());
}

pub(crate) async fn repetitions_end_with_their_pair(store: &dyn Store) {
    store.record(&[linking(link("a", 11, 21))]).await.unwrap();
    let counted = counting(writing(1, 11, "x", "y"));
    store.record(&[counted]).await.unwrap();
    store.record(&[linking(link("a", 11, 21))]).await.unwrap();
    assert_eq!(times(store, 11).await, Some(1), "the pair goes on");
    let parted = in_state(link("a", 11, 21), LinkState::Ended);
    store.record(&[linking(parted)]).await.unwrap();
    assert_eq!(times(store, 11).await, None);
}

fn watermark(token: &str, dirty: &[u64]) -> Watermark {
    Watermark {
        token: token.to_owned(),
        full_scan_at: at(9),
        config_digest: "c0ffee".to_owned(),
        dirty: dirty.iter().copied().map(WorkItemId).collect(),
    }
}

pub(crate) async fn each_rule_has_its_watermark(store: &dyn Store) {
    let (one, two) = (name("one"), name("two"));
    let first = watermark("10;x", &[3, 1, u64::MAX]);
    store
        .put_watermark(&here(), &one, Some(&first))
        .await
        .unwrap();
    assert_eq!(store.watermark(&here(), &one).await.unwrap(), Some(first));
    assert_eq!(store.watermark(&here(), &two).await.unwrap(), None);
    assert_eq!(store.watermark(&elsewhere(), &one).await.unwrap(), None);
    let next = watermark("11;x", &[2]);
    store
        .put_watermark(&here(), &one, Some(&next))
        .await
        .unwrap();
    store
        .put_watermark(&here(), &two, Some(&next))
        .await
        .unwrap();
    let kept = store.watermark(&here(), &one).await.unwrap().unwrap();
    assert_eq!(kept.dirty, BTreeSet::from([WorkItemId(2)]), "as a whole");
    assert_eq!(kept, next);
    store.put_watermark(&here(), &one, None).await.unwrap();
    store.put_watermark(&here(), &one, None).await.unwrap();
    assert_eq!(store.watermark(&here(), &one).await.unwrap(), None);
    assert_eq!(store.watermark(&here(), &two).await.unwrap(), Some(next));
}

pub(crate) async fn what_an_intent_writes_is_kept_until_its_outcome(store: &dyn Store) {
    let mut prepared = intent("op-1");
    prepared.expected_rev = Some(Rev(7));
    let row = |to: Option<&str>| IntentRow {
        from: Value::text("Ünïcode \u{0}"),
        to: to.map(Value::text),
        digest: "d1".to_owned(),
        part: IntentPart::Half,
    };
    prepared.rows = BTreeMap::from([
        ("title".to_owned(), row(Some("x"))),
        ("steps".to_owned(), row(None)),
    ]);
    let both = [prepared.clone(), intent("op-2")];
    store.prepare(&both, &[]).await.unwrap();
    assert_eq!(store.open_intents(&here()).await.unwrap(), both);
    let ended = ending("op-1", IntentOutcome::Applied);
    store.record(&[ended]).await.unwrap();
    prepared.rows.clear();
    prepared.outcome = Some(IntentOutcome::Applied);
    let id = OperationId("op-1".to_owned());
    assert_eq!(store.intent(&id).await.unwrap(), Some(prepared));
}

pub(crate) async fn a_failing_record_leaves_nothing_of_the_queue_either(store: &dyn Store) {
    store
        .record(&[
            linking(link("a", 11, 21)),
            opening(1, about("title", "x", "y")),
        ])
        .await
        .unwrap();
    let all = Record {
        learned: vec![(here(), learning(System::AzureDevOps, "a", "b"))],
        written: vec![(here(), writing(1, 11, "x", "y"))],
        ..queueing(
            2,
            vec![
                ConflictChange::Open(about("title", "x", "z")),
                ConflictChange::Open(about("steps", "x", "z")),
                ConflictChange::Close(ConflictId(1), Closing::Agreed),
            ],
        )
    };
    let parted = linking(in_state(link("a", 11, 21), LinkState::Ended));
    let unknown = ending("op-9", IntentOutcome::Applied);
    assert!(store.record(&[all, parted, unknown]).await.is_err());
    assert_eq!(states(store).await, [ConflictState::Open]);
    assert!(store.learned(&here()).await.unwrap().is_empty());
    assert_eq!(times(store, 11).await, None);
    assert_eq!(store.links(&here()).await.unwrap(), [link("a", 11, 21)]);
    let id = store.links(&here()).await.unwrap()[0].id.clone();
    assert_eq!(id, LinkId("a".to_owned()));
}

pub(crate) async fn a_sound_state_contradicts_nothing(store: &dyn Store) {
    assert!(store.check().await.unwrap().is_empty());
    store.begin_run(&run("run-1", 0, 1)).await.unwrap();
    store.prepare(&[intent("op-1")], &[]).await.unwrap();
    let records = [
        linking(link("a", 11, 21)),
        linking(in_state(link("b", 12, 22), LinkState::Unlinked)),
        opening(1, about("title", "x", "y")),
        queueing(
            2,
            vec![ConflictChange::Note(
                about("steps", "x", "y"),
                Closing::EditKept,
            )],
        ),
        crate::sample::auditing("linked"),
    ];
    store.record(&records).await.unwrap();
    let contradictions = store.check().await.unwrap();
    assert!(contradictions.is_empty(), "{contradictions:?}");
}
