//! Paths of sections.

use super::*;
use crate::model::CaseId;

fn section(id: u64, name: &str, parent: Option<u64>) -> (SectionId, Section) {
    let parent = parent.map(SectionId);
    (
        SectionId(id),
        Section {
            id: SectionId(id),
            name: name.to_owned(),
            parent,
        },
    )
}

#[test]
fn paths_go_from_the_outermost_section_inwards() {
    let sections: BTreeMap<_, _> = [
        section(1, "Shop", None),
        section(2, "Checkout", Some(1)),
        section(3, "Cards", Some(2)),
        section(4, "Orphan", Some(99)),
        section(5, "Snake", Some(6)),
        section(6, "Tail", Some(5)),
    ]
    .into();
    for (id, expected) in [
        (Some(1), vec!["Shop"]),
        (Some(3), vec!["Shop", "Checkout", "Cards"]),
        (Some(4), vec!["Orphan"]),
        (Some(5), vec!["own"]),
        (Some(7), vec!["own"]),
        (None, vec!["own"]),
    ] {
        let mut case = Case {
            id: CaseId(1),
            suite: Some(SuiteId(41)),
            project: None,
            section: id.map(SectionId),
            section_path: vec!["own".to_owned()],
            refs: Vec::new(),
            fields: BTreeMap::new(),
            modified_on: None,
        };
        set_path(&mut case, &sections);
        assert_eq!(case.section_path, expected, "{id:?}");
    }
}
