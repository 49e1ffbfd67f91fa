//! Records to put into a store.

use std::collections::BTreeMap;

use accord::model::{
    Base, BaseField, CaseId, Endpoints, Link, LinkId, MarkState, Name, OperationId, RefusalClass,
    Rev, RunId, Value, WorkItemId,
};
use accord::store::{
    AuditEntry, Intent, IntentKind, IntentOutcome, Loss, Quarantine, Record, Run, RunOutcome,
};
use jiff::Timestamp;

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

pub(crate) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub(crate) fn here() -> Endpoints {
    Endpoints {
        testworthy: "testworthy.us".to_owned(),
        azure_devops: "dev.azure.com/contoso".to_owned(),
    }
}

pub(crate) fn elsewhere() -> Endpoints {
    Endpoints {
        testworthy: "testworthy.us".to_owned(),
        azure_devops: "dev.azure.com/fabrikam".to_owned(),
    }
}

pub(crate) fn field(text: &str) -> BaseField {
    BaseField {
        testworthy: Value::text(text),
        azure_devops: Value::text(format!("<p>{text}</p>")),
        row_digest: "d1".to_owned(),
    }
}

pub(crate) fn link(id: &str, case: u64, work_item: u64) -> Link {
    Link {
        state: accord::model::LinkState::Active,
        id: LinkId(id.to_owned()),
        endpoints: here(),
        case: CaseId(case),
        testworthy_project: Some(7),
        work_item: WorkItemId(work_item),
        rule: name("regression"),
        case_mark: MarkState::Written,
        work_item_mark: MarkState::Missing,
        base: Base {
            fields: BTreeMap::from([
                ("title".to_owned(), field(&format!("Case {case}"))),
                ("description".to_owned(), field("What it is about")),
            ]),
            rev: Some(Rev(3)),
            recorded_at: Some(at(5)),
        },
    }
}

pub(crate) fn linking(link: Link) -> Record {
    Record {
        link: Some(link),
        ..Record::default()
    }
}

pub(crate) fn intent(id: &str) -> Intent {
    Intent {
        expected_rev: None,
        rows: std::collections::BTreeMap::new(),
        id: OperationId(id.to_owned()),
        run: RunId("run-1".to_owned()),
        endpoints: here(),
        rule: name("regression"),
        kind: IntentKind::CreateWorkItem,
        case: Some(CaseId(11)),
        work_item: None,
        payload_digest: "abc".to_owned(),
        prepared_at: at(1),
        settles_at: at(121),
        outcome: None,
    }
}

pub(crate) fn ending(id: &str, outcome: IntentOutcome) -> Record {
    Record {
        intent: Some((OperationId(id.to_owned()), outcome)),
        ..Record::default()
    }
}

pub(crate) fn loss(operation: &str, row: &str) -> Loss {
    Loss {
        operation: OperationId(operation.to_owned()),
        endpoints: here(),
        rule: name("regression"),
        case: CaseId(11),
        work_item: WorkItemId(21),
        row: row.to_owned(),
        lost: Value::text("written by a person"),
        written: Value::set(["a", "b"]),
        at: at(2),
    }
}

pub(crate) fn quarantined(key: &str, reason: &str) -> Quarantine {
    Quarantine {
        endpoints: here(),
        key: key.to_owned(),
        rule: name("regression"),
        payload_digests: ["abc".to_owned()].into(),
        class: RefusalClass::Content,
        type_digest: Some("def".to_owned()),
        reason: reason.to_owned(),
        at: at(3),
    }
}

pub(crate) fn entry(detail: &str) -> AuditEntry {
    AuditEntry {
        at: at(4),
        run: RunId("run-1".to_owned()),
        rule: name("regression"),
        event: "created work item".to_owned(),
        case: Some(CaseId(11)),
        work_item: Some(WorkItemId(21)),
        detail: detail.to_owned(),
    }
}

pub(crate) fn auditing(detail: &str) -> Record {
    Record {
        audit: Some(entry(detail)),
        ..Record::default()
    }
}

pub(crate) fn run(id: &str, second: i64, files: u64) -> Run {
    Run {
        id: RunId(id.to_owned()),
        started_at: at(second),
        config_digest: "c0ffee".to_owned(),
        files,
        plan_id: "plan-1".to_owned(),
        outcome: None,
    }
}

pub(crate) fn outcome(second: i64, exit_code: u8) -> RunOutcome {
    RunOutcome {
        finished_at: at(second),
        exit_code,
        applied: 12,
        failed: 1,
        summary: serde_json::json!({ "update": 12, "create": 0, "held": 3 }),
    }
}
