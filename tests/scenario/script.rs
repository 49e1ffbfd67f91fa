//! Reads a script and plays it.

use std::fmt::Write as _;

use accord::sandbox::log::System;
use accord::sandbox::{Exchange, Fault, FaultKind, State};
use serde_json::Value;

use crate::project::Project;
use crate::scrub::Scrub;

/// Plays a script in a project of its own; returns the script with what it printed, and what was sent.
pub(crate) fn play(script: &str) -> (String, Vec<Exchange>) {
    let project = match script.lines().next() {
        Some("over an empty web shop") => Project::without_items(),
        _ => Project::web_shop(),
    };
    project.sandbox.sandbox().record();
    let scrub = Scrub::new(&project);
    let mut player = Player {
        project,
        scrub,
        played: String::new(),
    };
    let mut lines = script.lines().enumerate().peekable();
    while let Some((number, line)) = lines.next() {
        let mut block = String::new();
        let mut whole = line.to_owned();
        while let Some((_, text)) = lines.next_if(|(_, next)| next.starts_with('|')) {
            whole.push('\n');
            whole.push_str(text);
            block.push_str(text.strip_prefix("| ").unwrap_or_default());
            block.push('\n');
        }
        player.tell(&whole);
        if let Err(reason) = player.line(line, &block) {
            panic!(
                "line {}: {line}\n{reason}\nso far:\n{}",
                number + 1,
                player.played
            );
        }
    }
    let exchanges = player.project.state().exchanges.take();
    (player.played, exchanges)
}

struct Player {
    project: Project,
    scrub: Scrub,
    played: String,
}

impl Player {
    fn tell(&mut self, line: &str) {
        self.played.push_str(line);
        self.played.push('\n');
    }

    fn line(&mut self, line: &str, block: &str) -> Result<(), String> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "" | "#" | "over" => {}
            "$" => self.run(rest.strip_prefix("accord").ok_or("only accord is run")?)?,
            "show" if rest == "integrations" => self.integrations(),
            "edit" | "delete" | "show" => self.person(word, rest)?,
            "server" => self.server(rest)?,
            "replace" => {
                let (file, change) = rest.split_once(": ").ok_or("FILE: OLD => NEW")?;
                let (old, new) = change.split_once(" => ").ok_or("FILE: OLD => NEW")?;
                let line_ends = |text: &str| text.replace("\\n", "\n");
                self.project.replace(file, &line_ends(old), &line_ends(new));
            }
            "write" => self.project.write(rest, block),
            "remove" => {
                let path = self.project.path().join(rest);
                let removed = if path.is_dir() {
                    std::fs::remove_dir_all(path)
                } else {
                    std::fs::remove_file(path)
                };
                removed.map_err(|error| error.to_string())?;
            }
            "fault" => self.project.state().faults.add(fault(rest)?),
            "use" => self.project.state().azure_devops.use_system_process(),
            "no" => self.project.state().faults.clear(),
            // How often something is looked up may depend on which of several requests was first.
            "log" if rest == "> /dev/null" => self.project.state().log.clear(),
            "log" => self.log(),
            "env" => {
                let (name, value) = rest.split_once('=').ok_or("NAME=VALUE")?;
                self.project.set(name, value);
            }
            _ => return Err("no such line in a script".to_owned()),
        }
        Ok(())
    }

    fn run(&mut self, arguments: &str) -> Result<(), String> {
        let (arguments, shown) = match arguments.strip_suffix(" > /dev/null") {
            Some(arguments) => (arguments, false),
            None => (arguments, true),
        };
        let outcome = self.project.run(&words(arguments)?);
        let stdout = if shown { outcome.stdout.as_str() } else { "" };
        for (mark, text) in [("   ", stdout), ("2> ", &outcome.stderr)] {
            for line in self.scrub.text(text).lines() {
                let line = format!("{mark} {line}");
                self.tell(line.trim_end());
            }
        }
        let code = outcome.code.ok_or("it was ended by a signal")?;
        self.tell(&format!("exit {code}"));
        Ok(())
    }

    /// What a person does in the pages of either system.
    fn person(&mut self, what: &str, rest: &str) -> Result<(), String> {
        let mut parts = rest.splitn(3, ' ');
        let kind = parts.next().unwrap_or_default();
        let id: u64 = parts
            .next()
            .and_then(|id| id.parse().ok())
            .ok_or("an id is missing")?;
        let members = parts.next().map(serde_json::from_str::<Value>).transpose();
        let members = members
            .map_err(|error| error.to_string())?
            .unwrap_or_default();
        let mut state = self.project.state();
        match (what, kind) {
            ("edit", "case") => state.edit_case(id, &members),
            ("edit", "workItem") => state.edit_work_item(id, &members),
            ("delete", "case") => state.delete_case(id),
            ("delete", "workItem") => state.delete_work_item(id),
            ("show", "case") => {
                let text = show_case(&mut state, id)?;
                drop(state);
                self.played.push_str(&text);
                Ok(())
            }
            ("show", "workItem") => {
                let text = show_work_item(&state, id)?;
                drop(state);
                self.played.push_str(&text);
                Ok(())
            }
            ("show", "state") => {
                let item = state.azure_devops.work_item(id);
                let item = item.ok_or("there is no such work item")?;
                let fields = &item["fields"];
                let text = format!(
                    "    {}: {} ({})\n",
                    fields["System.Title"], fields["System.State"], fields["System.Reason"]
                );
                drop(state);
                self.played.push_str(&text);
                Ok(())
            }
            _ => Err("case, workItem or state".to_owned()),
        }
    }

    /// The Azure DevOps settings that TestWorthy holds, as its administrator sees them.
    fn integrations(&mut self) {
        let mut text = String::new();
        for one in self
            .project
            .state()
            .testworthy
            .integrations()
            .azure_devops()
        {
            let rows: Vec<String> = one
                .mappings
                .iter()
                .map(|row| format!("{} and {}", row.test_worthy_field, row.azure_dev_ops_field))
                .collect();
            let token = one.personal_access_token.as_ref().map_or("no", |_| "a");
            let _ = writeln!(
                text,
                "    {} of project {}: {}, {}, {token} token, {}",
                one.name,
                one.project_id,
                one.organization_url,
                one.project,
                rows.join(", ")
            );
        }
        let text = self.scrub.text(&text);
        self.played.push_str(&text);
    }

    fn server(&mut self, switches: &str) -> Result<(), String> {
        let mut state = self.project.state();
        let now = state.clock.now();
        let testworthy = &mut state.testworthy;
        let reply = testworthy.control("POST", "options", switches.as_bytes(), now);
        if reply.status == 200 {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&reply.body).into_owned())
        }
    }

    fn log(&mut self) {
        let mut text = String::new();
        let mut state = self.project.state();
        for (name, system) in [
            ("TestWorthy", System::Testworthy),
            ("Azure DevOps", System::AzureDevOps),
        ] {
            let (all, writes) = (state.log.requests(system), state.log.writes(system));
            let _ = writeln!(text, "    {name}: {} reads, {writes} writes", all - writes);
        }
        state.log.clear();
        drop(state);
        self.played.push_str(&text);
    }
}

/// The parts of a case that the example mapping touches.
fn show_case(state: &mut State, id: u64) -> Result<String, String> {
    let now = state.clock.now();
    let reply = state
        .testworthy
        .control("GET", &format!("cases/{id}"), b"", now);
    let case: Value = serde_json::from_slice(&reply.body).map_err(|error| error.to_string())?;
    if reply.status != 200 {
        return Ok(format!("    {case}\n"));
    }
    Ok(format!(
        "    {}, priority {}, references {}\n",
        case["title"], case["priority"]["name"], case["refs"]
    ))
}

/// The parts of a work item that the example mapping touches, and what it is linked to.
fn show_work_item(state: &State, id: u64) -> Result<String, String> {
    let item = state
        .azure_devops
        .work_item(id)
        .ok_or("there is no such work item")?;
    let fields = &item["fields"];
    let mut text = format!(
        "    {}, priority {}, tags {}\n",
        fields["System.Title"], fields["Microsoft.VSTS.Common.Priority"], fields["System.Tags"]
    );
    for relation in item["relations"].as_array().into_iter().flatten() {
        let _ = writeln!(text, "    linked: {}", relation["attributes"]["comment"]);
    }
    Ok(text)
}

/// `ROUTE KIND [method=M] [nth=N] [times=N]`; the kind is a name, or JSON without blanks.
fn fault(text: &str) -> Result<Fault, String> {
    let mut parts = text.split(' ');
    let (Some(route), Some(kind)) = (parts.next(), parts.next()) else {
        return Err("ROUTE KIND".to_owned());
    };
    let kind = if kind.starts_with('{') {
        kind.to_owned()
    } else {
        format!("{kind:?}")
    };
    let kind: FaultKind = serde_json::from_str(&kind).map_err(|error| error.to_string())?;
    let mut fault = Fault::new(route, kind);
    for part in parts {
        let number = |text: &str| text.parse::<u64>().map_err(|error| error.to_string());
        fault = match part.split_once('=') {
            Some(("method", method)) => fault.method(method),
            Some(("nth", nth)) => fault.nth(number(nth)?),
            Some(("times", times)) => fault.times(number(times)?),
            _ => return Err(format!("{part}: method, nth or times")),
        };
    }
    Ok(fault)
}

/// Splits a command line at blanks outside quotation marks.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (None, ' ') => words.extend(word.take()),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (Some(open), c) if c == open => quote = None,
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    if quote.is_some() {
        Err("a quotation mark is open".to_owned())
    } else {
        Ok(words)
    }
}
