//! The item table, cell by cell: one test per cell, named after it. Cells are seen from one side; each is
//! tried both ways round.

#![expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the tables read better with rules by reference, as the function takes them"
)]

mod active;
mod ended;
mod laws;
mod unlinked;

use super::{Candidates, ItemRules, ItemSituation, ItemVerdict, Presence, decide_item};
use crate::model::config::{DeletedCase, DeletedWorkItem, MatchBy, WhenDeleted};
use crate::model::{Direction, LinkState, Sides, System};
use Presence::{Deleted, Gone, OutOfScope, Present, Retyped};

const ALL: [Presence; 5] = [Present, Deleted, Gone, OutOfScope, Retyped];
const SYSTEMS: [System; 2] = [System::TestWorthy, System::AzureDevOps];
const BOOLS: [bool; 2] = [false, true];
const BOTH: Sides<bool> = Sides {
    testworthy: true,
    azure_devops: true,
};

/// What a policy comes to, whichever item it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Propagate,
    Recreate,
    Unlink,
    Ask,
}

const WAYS: [Way; 4] = [Way::Propagate, Way::Recreate, Way::Unlink, Way::Ask];

/// Every `whenDeletedIn` that comes to this for the side.
fn policies(deleted: System, way: Way) -> Vec<WhenDeleted> {
    let case = |testworthy| WhenDeleted {
        testworthy,
        ..WhenDeleted::default()
    };
    let item = |azure_devops| WhenDeleted {
        azure_devops,
        ..WhenDeleted::default()
    };
    match (deleted, way) {
        (System::TestWorthy, Way::Propagate) => {
            vec![case(DeletedCase::Close), case(DeletedCase::Recycle)]
        }
        (System::TestWorthy, Way::Recreate) => vec![case(DeletedCase::Recreate)],
        (System::TestWorthy, Way::Unlink) => vec![case(DeletedCase::Unlink)],
        (System::AzureDevOps, Way::Propagate) => vec![item(DeletedWorkItem::Disable)],
        (System::AzureDevOps, Way::Recreate) => vec![item(DeletedWorkItem::Recreate)],
        (System::AzureDevOps, Way::Unlink) => vec![item(DeletedWorkItem::Unlink)],
        (_, Way::Ask) => vec![WhenDeleted::default()],
    }
}

fn every_policy() -> Vec<WhenDeleted> {
    let cases = [
        DeletedCase::Close,
        DeletedCase::Recycle,
        DeletedCase::Recreate,
        DeletedCase::Unlink,
        DeletedCase::Ask,
    ];
    let items = [
        DeletedWorkItem::Disable,
        DeletedWorkItem::Recreate,
        DeletedWorkItem::Unlink,
        DeletedWorkItem::Ask,
    ];
    let mut all = Vec::new();
    for testworthy in cases {
        for azure_devops in items {
            all.push(WhenDeleted {
                testworthy,
                azure_devops,
            });
        }
    }
    all
}

fn rules(direction: Direction, when_deleted: WhenDeleted) -> ItemRules {
    ItemRules {
        creates: BOTH,
        direction,
        when_deleted,
    }
}

fn from(side: System) -> Direction {
    match side {
        System::TestWorthy => Direction::ToAzureDevOps,
        System::AzureDevOps => Direction::ToTestWorthy,
    }
}

fn linked(
    testworthy: Presence,
    azure_devops: Presence,
    edited: Sides<bool>,
    parted: Option<LinkState>,
    rules: &ItemRules,
) -> ItemVerdict {
    let presence = Sides {
        testworthy,
        azure_devops,
    };
    let situation = ItemSituation::Linked {
        presence,
        edited,
        parted,
    };
    decide_item(situation, rules)
}

/// One item was deleted on this side; `edited` is said of the other one. Under each policy that comes to
/// `way`; whether the deleted one counts as edited does not matter.
fn half(
    deleted: System,
    direction: Direction,
    way: Way,
    edited: bool,
    parted: Option<LinkState>,
) -> ItemVerdict {
    let mut verdicts = Vec::new();
    for when_deleted in policies(deleted, way) {
        for noise in BOOLS {
            let presence = Sides::of(deleted, Deleted, Present);
            let edited = Sides::of(deleted, noise, edited);
            let situation = ItemSituation::Linked {
                presence,
                edited,
                parted,
            };
            verdicts.push(decide_item(situation, &rules(direction, when_deleted)));
        }
    }
    assert!(verdicts.iter().all(|one| *one == verdicts[0]));
    verdicts[0]
}
