//! WIQL text to tokens.

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    /// A bare word: a keyword or a field without brackets.
    Word(String),
    /// `[System.Id]`, without the brackets.
    Field(String),
    /// A text in quotes, unescaped.
    Text(String),
    Number(f64),
    /// `@project`, without the sign, in lower case.
    Macro(String),
    /// `=`, `<>`, `>`, `>=`, `<`, `<=`, `(`, `)`, `,`, `+`, `-`.
    Sign(&'static str),
}

const SIGNS: [&str; 11] = ["<>", ">=", "<=", "=", ">", "<", "(", ")", ",", "+", "-"];

/// The tokens of a query; the error is a message for its author.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = match first {
            '[' => {
                let inner = &rest[1..];
                let end = inner
                    .find(']')
                    .ok_or("TF51005: A field name has no closing bracket.")?;
                (
                    Token::Field(inner[..end].trim().to_owned()),
                    &inner[end + 1..],
                )
            }
            '\'' | '"' => {
                let (text, after) = quoted(rest, first)
                    .ok_or("TF51009: The query statement has a string without an end.")?;
                (Token::Text(text), after)
            }
            '@' => {
                let length = word_length(&rest[1..]);
                let name = rest[1..=length].to_lowercase();
                (Token::Macro(name), &rest[1 + length..])
            }
            '0'..='9' => {
                let length = rest
                    .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
                    .unwrap_or(rest.len());
                let number = rest[..length]
                    .parse()
                    .map_err(|_| format!("TF51006: '{}' is not a number.", &rest[..length]))?;
                (Token::Number(number), &rest[length..])
            }
            _ => {
                if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
                    (Token::Sign(sign), &rest[sign.len()..])
                } else {
                    let length = word_length(rest);
                    if length == 0 {
                        return Err(format!(
                            "TF51006: The query statement has an unexpected sign '{first}'."
                        ));
                    }
                    (Token::Word(rest[..length].to_owned()), &rest[length..])
                }
            }
        };
        found.push(token);
        rest = after.trim_start();
    }
    Ok(found)
}

fn word_length(text: &str) -> usize {
    text.find(|letter: char| !letter.is_alphanumeric() && !matches!(letter, '.' | '_'))
        .unwrap_or(text.len())
}

/// A text in quotes; a doubled quote stands for one.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut rest = &text[1..];
    loop {
        let end = rest.find(quote)?;
        value.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix(quote) {
            Some(after) => {
                value.push(quote);
                rest = after;
            }
            None => return Some((value, rest)),
        }
    }
}
