//! Just enough Rust to see which paths a file names: comments, texts and test code left out.

use std::iter::Peekable;
use std::str::Chars;

/// A word, or a character of punctuation. Numbers, texts and lifetimes are not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Word(String),
    Mark(char),
}

impl Token {
    fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(w) if w == word)
    }
}

/// What a file names outside of its test code.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Named {
    /// Every path, `use` groups spelled out: `["crate", "model", "Value"]`. One word is a path too.
    pub(crate) paths: Vec<Vec<String>>,
    /// Modules in files of their own that only tests are compiled with.
    pub(crate) test_modules: Vec<String>,
}

/// Reads a source file.
pub(crate) fn read(text: &str) -> Named {
    let (tokens, test_modules) = without_tests(&tokens(text));
    Named {
        paths: paths(&tokens),
        test_modules,
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '/' if chars.peek() == Some(&'/') => {
                for c in chars.by_ref() {
                    if c == '\n' {
                        break;
                    }
                }
            }
            '/' if chars.peek() == Some(&'*') => skip_comment(&mut chars),
            '"' => skip_text(&mut chars),
            '\'' => skip_quote(&mut chars),
            c if c.is_alphabetic() || c == '_' => {
                let mut word = String::from(c);
                while let Some(c) = chars.peek().filter(|c| c.is_alphanumeric() || **c == '_') {
                    word.push(*c);
                    chars.next();
                }
                let prefix = matches!(word.as_str(), "r" | "b" | "br" | "c" | "cr");
                match chars.peek() {
                    Some('"') if prefix && !word.ends_with('r') => {
                        chars.next();
                        skip_text(&mut chars);
                    }
                    Some('"' | '#') if prefix && word.ends_with('r') => {
                        if let Some(raw) = skip_raw(&mut chars) {
                            tokens.push(Token::Word(raw));
                        }
                    }
                    Some('\'') if word == "b" => {
                        chars.next();
                        skip_quote(&mut chars);
                    }
                    _ => tokens.push(Token::Word(word)),
                }
            }
            c if c.is_numeric() => {
                while chars
                    .peek()
                    .is_some_and(|c| c.is_alphanumeric() || *c == '_')
                {
                    chars.next();
                }
            }
            c if c.is_whitespace() => {}
            c => tokens.push(Token::Mark(c)),
        }
    }
    tokens
}

fn skip_comment(chars: &mut Peekable<Chars<'_>>) {
    let mut depth = 0;
    let mut last = '/';
    for c in chars.by_ref() {
        match (last, c) {
            ('/', '*') => {
                depth += 1;
                last = ' ';
            }
            ('*', '/') => {
                depth -= 1;
                if depth == 0 {
                    return;
                }
                last = ' ';
            }
            _ => last = c,
        }
    }
}

fn skip_text(chars: &mut Peekable<Chars<'_>>) {
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '"' => return,
            _ => {}
        }
    }
}

/// A character, or a lifetime: `'a'`, `'\''`, `'a`.
fn skip_quote(chars: &mut Peekable<Chars<'_>>) {
    match chars.next() {
        Some('\\') => {
            chars.next();
            for c in chars.by_ref() {
                if c == '\'' {
                    return;
                }
            }
        }
        Some(c) if c.is_alphanumeric() || c == '_' => {
            if chars.peek() == Some(&'\'') {
                chars.next();
                return;
            }
            while chars
                .peek()
                .is_some_and(|c| c.is_alphanumeric() || *c == '_')
            {
                chars.next();
            }
        }
        _ => {
            chars.next();
        }
    }
}

/// Behind an `r`: a raw text is passed over, a raw word is given back.
fn skip_raw(chars: &mut Peekable<Chars<'_>>) -> Option<String> {
    let mut hashes = 0;
    while chars.peek() == Some(&'#') {
        chars.next();
        hashes += 1;
    }
    if chars.peek() != Some(&'"') {
        let mut word = String::new();
        while let Some(c) = chars.peek().filter(|c| c.is_alphanumeric() || **c == '_') {
            word.push(*c);
            chars.next();
        }
        return Some(word);
    }
    chars.next();
    while let Some(c) = chars.next() {
        if c == '"' {
            let mut closing = 0;
            while closing < hashes && chars.peek() == Some(&'#') {
                chars.next();
                closing += 1;
            }
            if closing == hashes {
                return None;
            }
        }
    }
    None
}

/// Takes away every item under `#[cfg(test)]` or `#[cfg(all(test, ...))]`, and names those that are
/// modules in files of their own.
fn without_tests(tokens: &[Token]) -> (Vec<Token>, Vec<String>) {
    let mut kept = Vec::new();
    let mut modules = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if !is_test_attribute(&tokens[at..]) {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        // The item reaches to its `;` or to the end of its braces; attributes in between are part of it.
        let start = at;
        let mut depth = 0_usize;
        let mut braces = false;
        while at < tokens.len() {
            match tokens[at] {
                Token::Mark('[' | '(') => depth += 1,
                Token::Mark(']' | ')' | '}') => depth = depth.saturating_sub(1),
                Token::Mark('{') => {
                    braces |= depth == 0;
                    depth += 1;
                }
                _ => {}
            }
            let end = match tokens[at] {
                Token::Mark(';') => depth == 0,
                Token::Mark('}') => depth == 0 && braces,
                _ => false,
            };
            at += 1;
            if end {
                break;
            }
        }
        let item = &tokens[start..at];
        if let [.., keyword, Token::Word(name), Token::Mark(';')] = item
            && keyword.is("mod")
        {
            modules.push(name.clone());
        }
    }
    (kept, modules)
}

fn is_test_attribute(tokens: &[Token]) -> bool {
    let [
        Token::Mark('#'),
        Token::Mark('['),
        cfg,
        Token::Mark('('),
        rest @ ..,
    ] = tokens
    else {
        return false;
    };
    let test = match rest {
        [all, Token::Mark('('), first, ..] if all.is("all") => first,
        [first, ..] => first,
        [] => return false,
    };
    cfg.is("cfg") && test.is("test")
}

fn paths(tokens: &[Token]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            Token::Word(_) => at = tree(tokens, at, &[], &mut found),
            Token::Mark(_) => at += 1,
        }
    }
    found
}

/// Reads one path, or the tree of paths of a `use`, and says where it ends.
fn tree(tokens: &[Token], mut at: usize, prefix: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let mut path = prefix.to_vec();
    loop {
        match tokens.get(at) {
            Some(Token::Word(word)) => {
                if word != "self" || path.is_empty() {
                    path.push(word.clone());
                }
                at += 1;
            }
            Some(Token::Mark('{')) if path.len() > prefix.len() => {
                at += 1;
                while !matches!(tokens.get(at), None | Some(Token::Mark('}'))) {
                    at = match tokens[at] {
                        Token::Word(_) => tree(tokens, at, &path, found),
                        Token::Mark(_) => at + 1,
                    };
                }
                return at + 1;
            }
            _ => break,
        }
        let [Some(Token::Mark(':')), Some(Token::Mark(':'))] = [tokens.get(at), tokens.get(at + 1)]
        else {
            break;
        };
        at += 2;
        if tokens.get(at) == Some(&Token::Mark('*')) {
            path.push("*".to_owned());
            at += 1;
            break;
        }
    }
    found.push(path);
    at
}
