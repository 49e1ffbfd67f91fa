//! Runs the rows, several at a time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use accord::cli::Ran;
use accord::sandbox::log::System;
use tokio::task::JoinSet;

use crate::commands::{COMMANDS, Command};
use crate::laws;
use crate::oddities::{self, Class, Means, Oddity, When};
use crate::table::{self, Row};
use crate::world::{Content, World};

/// Rows under way: most of a row's time is waiting.
const AT_ONCE: usize = 8;

const SYSTEMS: [System; 2] = [System::AzureDevOps, System::Testworthy];

/// What an undisturbed command asks and leaves behind.
struct Undisturbed {
    requests: BTreeMap<System, u64>,
    content: Content,
}

/// By the command's name.
type Known = BTreeMap<&'static str, Undisturbed>;

async fn undisturbed(command: &'static Command) -> Undisturbed {
    let world = World::prepared().await;
    let ran = world.run(command.arguments).await;
    assert_eq!(
        ran.code.code(),
        command.undisturbed,
        "{}: {}",
        ran.stdout,
        ran.stderr
    );
    let requests = SYSTEMS.map(|system| (system, world.requests(system)));
    if command.writes {
        for system in SYSTEMS {
            let writes = world.sandbox.state().log.writes(system);
            assert!(writes > 0, "{} writes nothing to {system:?}", command.name);
        }
        let again = world.run(&["plan", "--detailed-exitcode"]).await;
        assert_eq!(again.code.code(), 0, "{}", again.stdout);
    }
    Undisturbed {
        requests: requests.into(),
        content: world.content(),
    }
}

#[derive(Clone)]
struct Case {
    command: &'static Command,
    oddity: Oddity,
    system: System,
    when: When,
}

impl Case {
    fn applies(&self) -> bool {
        let (oddity, when) = (&self.oddity, self.when);
        let writes_only = when.strikes_writes_only();
        (oddity.only.is_none() || oddity.only == Some(self.system))
            && (!writes_only || self.command.writes)
            && (!oddity.batch || writes_only)
            // Whether another case was added a moment before decides what a 404 means: chance.
            && !(oddity.name.starts_with("404")
                && when == When::FirstWrite
                && self.system == System::Testworthy)
            // What must be understood always needs no row for once.
            && (oddity.class != Class::Legal || when == When::Always || oddity.batch)
            && (matches!(oddity.means, Means::Fault(_)) || when == When::Always)
    }

    fn name(&self) -> String {
        format!(
            "{} / {:?} / {} / {}",
            self.oddity.name,
            self.system,
            self.when.name(),
            self.command.name
        )
    }

    /// The row, and what is wrong with it.
    async fn run(&self, world: &World, known: &Known) -> (Row, Vec<String>) {
        let undisturbed = &known[self.command.name];
        // What is written goes out several at a time, so only the reads have a middle.
        let reads = if self.command.writes {
            "plan"
        } else {
            self.command.name
        };
        let requests = known[reads].requests[&self.system];
        world.restore();
        let before = world.content();
        {
            let mut state = world.sandbox.state();
            match &self.oddity.means {
                Means::Fault(kind) => {
                    let rule = self.when.rule(self.system, kind.clone(), requests);
                    state.faults.add(rule);
                }
                Means::Switches(switches) => {
                    let options = serde_json::from_value(switches.clone()).expect("switches");
                    state.testworthy.set_options(options).expect("switches");
                }
            }
        }
        let ran = world.run(self.command.arguments).await;
        let mut broken = laws::broken(
            self.command,
            self.oddity.class,
            self.when,
            self.system,
            &ran,
        );
        if self.command.writes {
            // Where no write was sent and nothing landed, the undisturbed run shows what comes next.
            if world.writes() > 0 || world.content() != before {
                broken.extend(after(world, undisturbed, self.oddity.class).await);
            }
        } else {
            if world.writes() > 0 {
                broken.push("a command that only reads sent a write".to_owned());
            }
            if world.content() != before {
                broken.push("a command that only reads changed something".to_owned());
            }
        }
        if self.command.name == "link" {
            broken.extend(linked_or_told(world, &ran).await);
        }
        if !broken.is_empty() {
            broken.push(format!("stdout: {}\nstderr: {}", ran.stdout, ran.stderr));
        }
        let address = world.sandbox.address.to_string();
        (self.row(&ran, &address), broken)
    }

    fn row(&self, ran: &Ran, address: &str) -> Row {
        Row {
            oddity: self.oddity.name,
            system: match self.system {
                System::AzureDevOps => "Azure DevOps",
                System::Testworthy => "TestWorthy",
            },
            when: self.when.name(),
            command: self.command.name,
            code: ran.code.code(),
            line: first_line(&ran.stderr)
                .replace(address, "HOST")
                .replace("connection `web-shop`: ", ""),
        }
    }
}

/// The pair is in the state if the command ended well, and only then.
async fn linked_or_told(world: &World, ran: &Ran) -> Option<String> {
    let listed = world.run(&["state", "list"]).await.stdout;
    let is_linked = listed.contains("case 210511, work item 5110");
    (is_linked != (ran.code.code() == 0)).then(|| format!("the pair is linked: {is_linked}"))
}

/// After the oddity is gone: a second apply ends well, a plan is empty, nothing is there twice and no
/// edit is lost.
async fn after(world: &World, undisturbed: &Undisturbed, class: Class) -> Vec<String> {
    let mut broken = Vec::new();
    world.heal();
    let second = world.run(&["apply", "--yes"]).await;
    if second.code.code() != 0 {
        let text = format!("{}{}", second.stdout, second.stderr);
        broken.push(format!(
            "the second apply ended {}: {text}",
            second.code.code()
        ));
    }
    let plan = world.run(&["plan", "--detailed-exitcode"]).await;
    if plan.code.code() != 0 {
        broken.push(format!("the plan after it is not empty: {}", plan.stdout));
    }
    let content = world.content();
    for key in content.keys().chain(undisturbed.content.keys()) {
        let (is, should) = (content.get(key), undisturbed.content.get(key));
        // A source that refused its marker for good is not asked again: the link is in the store.
        let refused = matches!(class, Class::Refusal | Class::Partial);
        let alike = if refused {
            is.map(Vec::len) == should.map(Vec::len)
                && is.is_none_or(|marks| marks.iter().all(|marks| *marks <= 1))
        } else {
            is == should
        };
        if !alike {
            broken.push(format!("{key:?}: marks {is:?}, should be {should:?}"));
        }
    }
    broken
}

/// The first line of an error; for a partial apply what is said about an item, the cause before what
/// merely had to wait. Which of several items came first is chance, so they are named alike.
fn first_line(stderr: &str) -> String {
    let undone = stderr.lines().filter(|line| line.starts_with("! "));
    let mut undone: Vec<String> = undone.map(scrub).collect();
    undone.sort_by_key(|line| (line.contains("not carried out"), line.clone()));
    let error = stderr.lines().find_map(|line| line.strip_prefix("error: "));
    undone
        .into_iter()
        .next()
        .or_else(|| error.map(scrub))
        .unwrap_or_default()
}

/// Without ids of items and of requests, and without sizes that depend on the port's digits.
fn scrub(line: &str) -> String {
    let (line, rest) = line.split_once(", ActivityId ").unwrap_or((line, ""));
    let mut text = line.to_owned();
    if rest.ends_with(']') {
        text.push(']');
    }
    for (before, after) in [
        ("/case/", ""),
        ("/workItem/", ""),
        ("/get_case/", ""),
        ("/update_case/", ""),
        (" column ", ""),
        (" writes (", " bytes)"),
    ] {
        let Some(at) = text.find(before).map(|at| at + before.len()) else {
            continue;
        };
        let digits = text[at..].bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 && text[at + digits..].starts_with(after) {
            text.replace_range(at..at + digits, "N");
        }
    }
    text
}

#[test]
fn every_command_stands_every_odd_answer() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let (rows, broken) = runtime.block_on(all());
    assert!(
        broken.is_empty(),
        "{} rows break a law:\n\n{}",
        broken.len(),
        broken.join("\n\n")
    );
    table::check(&table::render(&rows));
}

async fn all() -> (Vec<Row>, Vec<String>) {
    let mut known = BTreeMap::new();
    for command in COMMANDS {
        known.insert(command.name, undisturbed(command).await);
    }
    let known = Arc::new(known);
    let rows = Arc::new(Mutex::new(rows()));
    let mut workers = JoinSet::new();
    for _ in 0..AT_ONCE {
        workers.spawn(work(rows.clone(), known.clone()));
    }
    let mut ended: Vec<Ended> = workers.join_all().await.into_iter().flatten().collect();
    ended.sort_by_key(|ended| ended.number);
    let broken = ended
        .iter()
        .filter(|ended| !ended.broken.is_empty())
        .map(|ended| format!("{}: {}", ended.name, ended.broken.join("\n  ")))
        .collect();
    (ended.into_iter().map(|ended| ended.row).collect(), broken)
}

/// Every row, the first one last.
fn rows() -> Vec<(usize, Case)> {
    let only = std::env::var("ACCORD_FAULT_ROWS").unwrap_or_default();
    let mut rows = Vec::new();
    for oddity in oddities::all() {
        for system in SYSTEMS {
            for command in COMMANDS {
                for when in When::ALL {
                    let case = Case {
                        command,
                        oddity: oddity.clone(),
                        system,
                        when,
                    };
                    if case.applies() && case.name().contains(&only) {
                        rows.push((rows.len(), case));
                    }
                }
            }
        }
    }
    rows.reverse();
    rows
}

/// How a row ended.
struct Ended {
    number: usize,
    name: String,
    row: Row,
    broken: Vec<String>,
}

/// Takes rows until there are none, all in one world.
async fn work(rows: Arc<Mutex<Vec<(usize, Case)>>>, known: Arc<Known>) -> Vec<Ended> {
    let world = World::prepared().await;
    let mut ended = Vec::new();
    loop {
        let next = rows.lock().expect("no panic under the lock").pop();
        let Some((number, case)) = next else {
            return ended;
        };
        let (row, broken) = case.run(&world, &known).await;
        ended.push(Ended {
            number,
            name: case.name(),
            row,
            broken,
        });
    }
}
