//! Routes against brute force, and what they do where little is known.

use proptest::prelude::*;

use super::*;
use crate::model::WorkItemState;

fn kind(states: &[&str], ways: &[(&str, &[&str])]) -> WorkItemType {
    let state = |name: &&str| WorkItemState {
        name: (*name).to_owned(),
        category: "InProgress".to_owned(),
    };
    let way = |(from, to): &(&str, &[&str])| {
        let to = to.iter().map(|state| (*state).to_owned());
        ((*from).to_owned(), to.collect())
    };
    WorkItemType {
        name: "Test Case".to_owned(),
        fields: BTreeMap::new(),
        states: states.iter().map(state).collect(),
        transitions: Some(ways.iter().map(way).collect()),
    }
}

/// As the process Agile has it for test cases, with a way back from `Closed` over `Ready` only.
fn test_case() -> WorkItemType {
    kind(
        &["Design", "Ready", "Closed"],
        &[
            ("", &["Design"]),
            ("Design", &["Design", "Ready"]),
            ("Ready", &["Closed", "Design"]),
            ("Closed", &["Ready"]),
        ],
    )
}

fn reasons(list: &[(&str, &str)]) -> IndexMap<String, String> {
    let owned = |(state, reason): &(&str, &str)| ((*state).to_owned(), (*reason).to_owned());
    list.iter().map(owned).collect()
}

fn states(route: &[Hop]) -> Vec<&str> {
    route.iter().map(|hop| hop.state.as_str()).collect()
}

fn route(kind: &WorkItemType, from: Option<&str>, to: &str) -> Result<Vec<String>, Blocked> {
    let route = Workflow::new(Some(kind), &IndexMap::new()).route(from, to)?;
    Ok(route.into_iter().map(|hop| hop.state).collect())
}

#[test]
fn an_item_goes_by_the_states_between() {
    let kind = test_case();
    assert_eq!(
        route(&kind, Some("Design"), "Closed").unwrap(),
        ["Ready", "Closed"]
    );
    assert_eq!(
        route(&kind, Some("Closed"), "Design").unwrap(),
        ["Ready", "Design"]
    );
    assert_eq!(route(&kind, Some("Ready"), "Closed").unwrap(), ["Closed"]);
}

#[test]
fn a_new_item_begins_in_an_initial_state() {
    let kind = test_case();
    assert_eq!(route(&kind, None, "Design").unwrap(), ["Design"]);
    assert_eq!(
        route(&kind, None, "Closed").unwrap(),
        ["Design", "Ready", "Closed"]
    );
}

#[test]
fn states_are_compared_without_case_and_spelled_as_the_server_does() {
    let kind = test_case();
    assert!(route(&kind, Some("ready"), "READY").unwrap().is_empty());
    assert_eq!(
        route(&kind, Some("DESIGN"), "closed").unwrap(),
        ["Ready", "Closed"]
    );
    let given = reasons(&[("CLOSED", "Obsolete")]);
    let route = Workflow::new(Some(&kind), &given)
        .route(Some("Ready"), "closed")
        .unwrap();
    assert_eq!(route[0].reason.as_deref(), Some("Obsolete"));
}

#[test]
fn a_reason_goes_with_the_state_it_is_named_for() {
    let given = reasons(&[("Closed", "Obsolete")]);
    let workflow = Workflow::new(Some(&test_case()), &given);
    let route = workflow.route(Some("Design"), "Closed").unwrap();
    let told: Vec<Option<&str>> = route.iter().map(|hop| hop.reason.as_deref()).collect();
    assert_eq!(told, [None, Some("Obsolete")]);
}

#[test]
fn without_transitions_the_server_is_the_judge() {
    let mut kind = test_case();
    kind.transitions = None;
    assert_eq!(route(&kind, Some("Design"), "closed").unwrap(), ["Closed"]);
    assert_eq!(route(&kind, None, "Closed").unwrap(), ["Closed"]);
    let unknown = Workflow::new(None, &IndexMap::new());
    assert_eq!(
        states(&unknown.route(Some("Design"), "Closed").unwrap()),
        ["Closed"]
    );
}

#[test]
fn a_state_that_the_type_no_longer_lists_is_left_straight() {
    assert_eq!(
        route(&test_case(), Some("Draft"), "Closed").unwrap(),
        ["Closed"]
    );
}

#[test]
fn a_state_without_a_way_out_blocks_and_says_what_can_be_reached() {
    let mut kind = test_case();
    if let Some(ways) = &mut kind.transitions {
        ways.insert("Ready".to_owned(), vec!["Design".to_owned()]);
        ways.remove("Closed");
    }
    assert_eq!(
        route(&kind, Some("Design"), "Closed").unwrap_err(),
        Blocked {
            from: Some("Design".to_owned()),
            to: "Closed".to_owned(),
            reachable: vec!["Ready".to_owned()],
        }
    );
    let stuck = route(&kind, Some("Closed"), "Design").unwrap_err();
    assert!(stuck.reachable.is_empty());
    let new = route(&kind, None, "Closed").unwrap_err();
    assert_eq!(
        (new.from, new.reachable),
        (None, vec!["Design".to_owned(), "Ready".to_owned()])
    );
}

#[test]
fn a_state_that_the_type_does_not_list_is_never_entered() {
    let kind = kind(
        &["Design", "Ready", "Closed"],
        &[
            ("Design", &["Hidden", "Ready"]),
            ("Hidden", &["Closed"]),
            ("Ready", &["Review"]),
            ("Review", &["Closed"]),
        ],
    );
    let blocked = route(&kind, Some("Design"), "Closed").unwrap_err();
    assert_eq!(blocked.reachable, ["Ready"]);
    assert_eq!(route(&kind, Some("Hidden"), "Closed").unwrap(), ["Closed"]);
}

const NAMES: [&str; 6] = ["New", "Active", "Review", "Ready", "Closed", "Removed"];

/// Any workflow over six states, initial ones included.
fn any_kind() -> impl Strategy<Value = WorkItemType> {
    let targets = proptest::sample::subsequence(NAMES.to_vec(), 0..=4).prop_shuffle();
    proptest::collection::vec(targets, NAMES.len() + 1).prop_map(|targets| {
        let from = std::iter::once("").chain(NAMES);
        let ways: Vec<(&str, &[&str])> = from.zip(targets.iter().map(Vec::as_slice)).collect();
        kind(&NAMES, &ways)
    })
}

/// Every route without a state met twice, in the server's order.
fn all_routes(
    kind: &WorkItemType,
    from: &str,
    to: &str,
    path: &mut Vec<String>,
    found: &mut Vec<Vec<String>>,
) {
    let ways = kind.transitions.as_ref().unwrap();
    for next in ways.get(from).into_iter().flatten() {
        if path.contains(next) || next == from {
            continue;
        }
        path.push(next.clone());
        if next == to {
            found.push(path.clone());
        } else {
            all_routes(kind, next, to, path, found);
        }
        path.pop();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_route_is_the_first_of_the_shortest(kind in any_kind(), from in 0..=NAMES.len(), to in 0..NAMES.len()) {
        let (from, to) = (NAMES.get(from).copied(), NAMES[to]);
        prop_assume!(from != Some(to));
        let mut found = Vec::new();
        let mut path: Vec<String> = from.iter().map(|from| (*from).to_owned()).collect();
        all_routes(&kind, from.unwrap_or(""), to, &mut path, &mut found);
        // The search above goes in the server's order, and sorting keeps the order of equals.
        found.sort_by_key(Vec::len);
        let skip = usize::from(from.is_some());
        let best = found.first().map(|path| path[skip..].to_vec());
        match (route(&kind, from, to), best) {
            (Ok(route), Some(best)) => prop_assert_eq!(route, best),
            (Err(blocked), None) => prop_assert!(!blocked.reachable.iter().any(|state| state == to)),
            (made, best) => prop_assert!(false, "{made:?} against {best:?}"),
        }
    }

    #[test]
    fn every_hop_is_an_allowed_transition(kind in any_kind(), from in 0..=NAMES.len(), to in 0..NAMES.len()) {
        let (from, to) = (NAMES.get(from).copied(), NAMES[to]);
        if let Ok(route) = route(&kind, from, to) {
            let ways = kind.transitions.as_ref().unwrap();
            let mut at = from.unwrap_or("").to_owned();
            for state in &route {
                prop_assert!(ways[&at].contains(state), "{at} -> {state}");
                at.clone_from(state);
            }
            prop_assert_eq!(at, to);
        }
    }

    #[test]
    fn what_is_left_of_a_route_is_the_route_from_there(kind in any_kind(), from in 0..=NAMES.len(), to in 0..NAMES.len()) {
        let (from, to) = (NAMES.get(from).copied(), NAMES[to]);
        if let Ok(whole) = route(&kind, from, to) {
            for (at, state) in whole.iter().enumerate() {
                let rest = route(&kind, Some(state), to);
                prop_assert_eq!(rest.unwrap(), &whole[at + 1..]);
            }
        }
    }

    #[test]
    fn what_can_be_reached_is_told_exactly(kind in any_kind(), from in 0..=NAMES.len(), to in 0..NAMES.len()) {
        let from = NAMES.get(from).copied();
        if let Err(blocked) = route(&kind, from, NAMES[to]) {
            for state in NAMES.iter().filter(|state| Some(**state) != from) {
                let told = blocked.reachable.iter().any(|told| told == state);
                prop_assert_eq!(route(&kind, from, state).is_ok(), told, "{}", state);
            }
        }
    }
}
