//! As much of Markdown as the documents use.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// One file.
pub(crate) struct Document {
    /// From the root of the repository, `/` between names.
    pub(crate) name: String,
    /// Fenced blocks.
    pub(crate) blocks: Vec<Block>,
    /// Code spans with their lines, fenced blocks left out.
    pub(crate) spans: Vec<(usize, String)>,
    /// Targets of links and images with their lines.
    pub(crate) links: Vec<(usize, String)>,
    /// What `#...` can name.
    pub(crate) anchors: BTreeSet<String>,
    prose: Vec<(usize, String)>,
}

/// A fenced block.
pub(crate) struct Block {
    /// Line of the fence.
    pub(crate) line: usize,
    /// What stands behind the fence.
    pub(crate) info: String,
    /// The content.
    pub(crate) text: String,
}

/// Every Markdown file of the repository, in order of names.
pub(crate) fn documents() -> Vec<Document> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = Vec::new();
    for folder in ["", "docs", "examples"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let file = entry.unwrap().file_name().into_string().unwrap();
            if Path::new(&file)
                .extension()
                .is_some_and(|extension| extension == "md")
            {
                names.push(join(&format!("{folder}/"), &file));
            }
        }
    }
    names.sort();
    assert!(names.len() >= 6, "{names:?}");
    names
        .into_iter()
        .map(|name| {
            let text = fs::read_to_string(root.join(&name)).unwrap();
            parse(name, &text)
        })
        .collect()
}

/// A relative path seen from a file, as a name from the root.
pub(crate) fn join(from: &str, path: &str) -> String {
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut names: Vec<&str> = folder.split('/').filter(|name| !name.is_empty()).collect();
    for step in path.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    names.join("/")
}

fn parse(name: String, text: &str) -> Document {
    let mut document = Document {
        name,
        blocks: Vec::new(),
        spans: Vec::new(),
        links: Vec::new(),
        anchors: BTreeSet::new(),
        prose: Vec::new(),
    };
    let mut open: Option<Block> = None;
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        match (line.trim_start().strip_prefix("```"), &mut open) {
            (Some(info), None) => {
                open = Some(Block {
                    line: number,
                    info: info.to_owned(),
                    text: String::new(),
                });
            }
            (Some(_), Some(_)) => document.blocks.extend(open.take()),
            (None, Some(block)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => document.prose.push((number, line.to_owned())),
        }
    }
    assert!(open.is_none(), "{}: a fence is not closed", document.name);
    document.read_prose();
    document
}

impl Document {
    fn read_prose(&mut self) {
        // A span may go over the end of a line, so paragraphs are read as one text.
        let mut text = String::new();
        let mut starts = Vec::new();
        for (number, line) in &self.prose {
            starts.push((text.len(), *number));
            text.push_str(line);
            text.push('\n');
            if let Some(heading) = line.strip_prefix('#') {
                let slug = slug(heading.trim_start_matches('#'));
                let again = (1..).map(|n| format!("{slug}-{n}"));
                let anchor = std::iter::once(slug.clone())
                    .chain(again)
                    .find(|anchor| !self.anchors.contains(anchor));
                self.anchors.extend(anchor);
            }
        }
        let line_at = |at: usize| {
            starts
                .iter()
                .rev()
                .find(|(start, _)| *start <= at)
                .map_or(0, |(_, line)| *line)
        };
        let mut at = 0;
        while let Some(start) = text[at..].find('`').map(|found| at + found) {
            let ticks = text[start..].chars().take_while(|c| *c == '`').count();
            let inner = start + ticks;
            let Some(length) = text[inner..].find(&"`".repeat(ticks)) else {
                break;
            };
            let words: Vec<&str> = text[inner..inner + length].split_whitespace().collect();
            self.spans.push((line_at(start), words.join(" ")));
            at = inner + length + ticks;
        }
        for (found, _) in text.match_indices("](") {
            let rest = &text[found + 2..];
            let end = rest.find(')').unwrap_or(rest.len());
            self.links.push((line_at(found), rest[..end].to_owned()));
        }
    }

    /// Lines of shell blocks, without their comments.
    pub(crate) fn shell_lines(&self) -> Vec<(usize, String)> {
        let shell = self.blocks.iter().filter(|block| block.info == "sh");
        shell
            .flat_map(|block| {
                block.text.lines().enumerate().map(|(index, line)| {
                    let line = line.split(" #").next().unwrap_or_default();
                    (block.line + 1 + index, line.trim().to_owned())
                })
            })
            .collect()
    }

    /// The cells of the table under a heading, its head left out.
    pub(crate) fn table(&self, heading: &str) -> Vec<Vec<String>> {
        let is_heading = |line: &str| line.trim_start_matches('#').trim() == heading;
        let below = self.prose.iter().map(|(_, line)| line);
        let below = below
            .skip_while(|line| !line.starts_with('#') || !is_heading(line))
            .skip(1);
        let rows = below.take_while(|line| !line.starts_with('#'));
        let rows: Vec<Vec<String>> = rows
            .filter(|line| line.starts_with('|'))
            .map(|line| {
                let cells = line.trim_matches('|').split('|');
                cells.map(|cell| cell.trim().to_owned()).collect()
            })
            .collect();
        assert!(rows.len() > 2, "{}: no table under {heading}", self.name);
        rows[2..].to_vec()
    }

    /// Numbers that stand right behind a word, as in "ends 5".
    pub(crate) fn numbers_after(&self, word: &str) -> Vec<(usize, u8)> {
        let all = self.prose.iter().flat_map(|(number, line)| {
            line.match_indices(word).filter_map(move |(at, _)| {
                let rest = &line[at + word.len()..];
                let digits = rest
                    .find(|c: char| !c.is_ascii_digit())
                    .unwrap_or(rest.len());
                Some((*number, rest[..digits].parse().ok()?))
            })
        });
        all.collect()
    }
}

/// The anchor of a heading, as GitHub makes it.
fn slug(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The arguments if this is a command line of accord; `cargo run ... --` counts. Brackets around what may
/// be left out are dropped.
pub(crate) fn arguments_of_accord(text: &str) -> Option<Vec<String>> {
    let text = text.split(" > ").next()?.trim_end_matches(" &");
    let rest = if let Some(rest) = text.strip_prefix("accord ") {
        rest
    } else if text.starts_with("cargo run ") {
        text.split_once(" -- ")?.1
    } else {
        return None;
    };
    let mut arguments = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for c in rest.chars() {
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            (' ', None) => {
                arguments.extend(Some(std::mem::take(&mut word)).filter(|w| !w.is_empty()));
            }
            ('[' | ']', None) => {}
            (c, _) => word.push(c),
        }
    }
    arguments.extend(Some(word).filter(|word| !word.is_empty()));
    Some(arguments)
}

/// `L07`, or lower-case words with `-` between.
pub(crate) fn looks_like_code(span: &str) -> bool {
    let digits = span.strip_prefix('L').unwrap_or_default();
    let is_lint = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    is_lint || (span.contains('-') && span.split('-').all(is_word))
}

#[test]
fn reads_what_the_documents_use() {
    let document = parse(
        "docs/a.md".to_owned(),
        "# A b\n`x\ny` [l](../c.md#d)\n```sh\naccord plan # why\n```\n## A b\n| h |\n|---|\n| `r` |\nends 5\n",
    );
    assert_eq!(
        document.spans,
        [(2, "x y".to_owned()), (10, "r".to_owned())]
    );
    assert_eq!(document.links, [(3, "../c.md#d".to_owned())]);
    assert_eq!(document.shell_lines(), [(5, "accord plan".to_owned())]);
    assert_eq!(document.anchors, ["a-b", "a-b-1"].map(str::to_owned).into());
    assert_eq!(document.numbers_after("ends "), [(11, 5)]);
    assert_eq!(join("docs/a.md", "../c.md"), "c.md");
    assert_eq!(
        arguments_of_accord("accord -C 'a b' plan [PATH] &").unwrap(),
        ["-C", "a b", "plan", "PATH"]
    );
    assert!(looks_like_code("L08") && looks_like_code("item-gone") && !looks_like_code("lock"));
}
