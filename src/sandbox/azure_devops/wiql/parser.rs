//! Tokens to a query.

use super::lexer::{Token, tokens};

/// A flat query.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Query {
    pub(crate) columns: Vec<String>,
    pub(crate) condition: Option<Condition>,
    /// Field and whether descending.
    pub(crate) order: Vec<(String, bool)>,
    pub(crate) as_of: Option<String>,
}

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Condition {
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Test {
        field: String,
        test: Test,
        operands: Vec<Operand>,
    },
}

/// How a field is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Test {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    In,
    InGroup,
    Under,
    Contains,
    ContainsWords,
    Ever,
    IsEmpty,
}

/// What a field is tested against.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    Text(String),
    Number(f64),
    Boolean(bool),
    Field(String),
    /// `@today - 7`: name in lower case and the number added.
    Macro(String, f64),
}

/// How deep conditions may nest.
const MAX_DEPTH: usize = 64;

/// Reads a query; the error is a message for its author.
pub(crate) fn parse(text: &str) -> Result<Query, String> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
    };
    let query = parser.query()?;
    if parser.at < parser.tokens.len() {
        return Err(parser.unexpected("TF51006: The query statement has extra text"));
    }
    Ok(query)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn word(&mut self, keyword: &str) -> bool {
        let found =
            matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword));
        if found {
            self.at += 1;
        }
        found
    }

    /// All the words, or none of them taken.
    fn words(&mut self, keywords: &[&str]) -> bool {
        let start = self.at;
        if keywords.iter().all(|keyword| self.word(keyword)) {
            return true;
        }
        self.at = start;
        false
    }

    fn sign(&mut self, wanted: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(sign)) if *sign == wanted);
        if found {
            self.at += 1;
        }
        found
    }

    fn unexpected(&self, what: &str) -> String {
        let near = self
            .peek()
            .map_or("the end".to_owned(), |token| match token {
                Token::Word(text) | Token::Field(text) | Token::Text(text) => format!("'{text}'"),
                Token::Macro(name) => format!("'@{name}'"),
                Token::Number(number) => number.to_string(),
                Token::Sign(sign) => format!("'{sign}'"),
            });
        format!("{what}. The error is caused by «{near}».")
    }

    fn query(&mut self) -> Result<Query, String> {
        if !self.word("select") {
            return Err(self.unexpected("TF51006: The query statement is missing a SELECT clause"));
        }
        let mut columns = vec![self.field()?];
        while self.sign(",") {
            columns.push(self.field()?);
        }
        if !self.word("from") {
            return Err(self.unexpected("TF51006: The query statement is missing a FROM clause"));
        }
        if !self.word("workitems") {
            return Err(self.unexpected("TF51006: Only FROM WorkItems can be queried here"));
        }
        let condition = if self.word("where") {
            Some(self.either(0)?)
        } else {
            None
        };
        let mut order = Vec::new();
        let mut as_of = None;
        loop {
            if order.is_empty() && self.words(&["order", "by"]) {
                loop {
                    let field = self.field()?;
                    let descending = self.word("desc");
                    if !descending {
                        self.word("asc");
                    }
                    order.push((field, descending));
                    if !self.sign(",") {
                        break;
                    }
                }
            } else if as_of.is_none() && self.word("asof") {
                match self.next() {
                    Some(Token::Text(date)) => as_of = Some(date),
                    _ => return Err(self.unexpected("TF51006: ASOF needs a date in quotes")),
                }
            } else {
                break;
            }
        }
        Ok(Query {
            columns,
            condition,
            order,
            as_of,
        })
    }

    fn field(&mut self) -> Result<String, String> {
        match self.peek() {
            Some(Token::Field(name) | Token::Word(name)) => {
                let name = name.clone();
                self.at += 1;
                Ok(name)
            }
            _ => Err(self.unexpected("TF51006: The query statement needs a field here")),
        }
    }

    fn either(&mut self, depth: usize) -> Result<Condition, String> {
        let mut all = vec![self.both(depth)?];
        while self.word("or") {
            all.push(self.both(depth)?);
        }
        Ok(one_or(all, Condition::Or))
    }

    fn both(&mut self, depth: usize) -> Result<Condition, String> {
        let mut all = vec![self.single(depth)?];
        while self.word("and") {
            all.push(self.single(depth)?);
        }
        Ok(one_or(all, Condition::And))
    }

    fn single(&mut self, depth: usize) -> Result<Condition, String> {
        if depth > MAX_DEPTH {
            return Err("TF51006: The query statement nests too deep.".to_owned());
        }
        if self.word("not") {
            return Ok(Condition::Not(Box::new(self.single(depth + 1)?)));
        }
        if self.sign("(") {
            let inner = self.either(depth + 1)?;
            if !self.sign(")") {
                return Err(self.unexpected("TF51006: Expecting a closing parenthesis"));
            }
            return Ok(inner);
        }
        self.test()
    }

    fn test(&mut self) -> Result<Condition, String> {
        let field = self.field()?;
        let signs = [
            ("=", Test::Equal),
            ("<>", Test::NotEqual),
            (">=", Test::GreaterOrEqual),
            (">", Test::Greater),
            ("<=", Test::LessOrEqual),
            ("<", Test::Less),
        ];
        for (sign, test) in signs {
            if self.sign(sign) {
                let ever = test == Test::Equal && self.word("ever");
                let operand = self.operand()?;
                return Ok(Condition::Test {
                    field,
                    test: if ever { Test::Ever } else { test },
                    operands: vec![operand],
                });
            }
        }
        let is = self.word("is");
        let negated = self.word("not");
        let (test, operands) = if is {
            if !self.word("empty") {
                return Err(self.unexpected("TF51006: Expecting EMPTY"));
            }
            (Test::IsEmpty, Vec::new())
        } else if self.words(&["in", "group"]) {
            (Test::InGroup, vec![self.operand()?])
        } else if self.word("in") {
            (Test::In, self.list()?)
        } else if self.word("under") {
            (Test::Under, vec![self.operand()?])
        } else if self.words(&["contains", "words"]) {
            (Test::ContainsWords, vec![self.operand()?])
        } else if self.word("contains") {
            (Test::Contains, vec![self.operand()?])
        } else if self.word("ever") {
            self.sign("=");
            (Test::Ever, vec![self.operand()?])
        } else {
            return Err(self.unexpected("TF51006: The query statement needs an operator here"));
        };
        let condition = Condition::Test {
            field,
            test,
            operands,
        };
        Ok(if negated {
            Condition::Not(Box::new(condition))
        } else {
            condition
        })
    }

    fn list(&mut self) -> Result<Vec<Operand>, String> {
        if !self.sign("(") {
            return Err(self.unexpected("TF51006: IN needs a list in parentheses"));
        }
        let mut operands = vec![self.operand()?];
        while self.sign(",") {
            operands.push(self.operand()?);
        }
        if !self.sign(")") {
            return Err(self.unexpected("TF51006: Expecting a closing parenthesis"));
        }
        Ok(operands)
    }

    fn operand(&mut self) -> Result<Operand, String> {
        let negative = self.sign("-");
        match self.next() {
            Some(Token::Number(number)) => {
                Ok(Operand::Number(if negative { -number } else { number }))
            }
            Some(Token::Text(text)) if !negative => Ok(Operand::Text(text)),
            Some(Token::Field(name)) if !negative => Ok(Operand::Field(name)),
            Some(Token::Word(word)) if !negative => match word.to_lowercase().as_str() {
                "true" => Ok(Operand::Boolean(true)),
                "false" => Ok(Operand::Boolean(false)),
                _ => Ok(Operand::Text(word)),
            },
            Some(Token::Macro(name)) if !negative => {
                let factor = if self.sign("+") {
                    1.0
                } else if self.sign("-") {
                    -1.0
                } else {
                    return Ok(Operand::Macro(name, 0.0));
                };
                match self.next() {
                    Some(Token::Number(number)) => Ok(Operand::Macro(name, factor * number)),
                    _ => Err(self.unexpected("TF51006: Expecting a number after the macro")),
                }
            }
            _ => {
                self.at -= 1;
                Err(self.unexpected("TF51006: The query statement needs a value here"))
            }
        }
    }
}

fn one_or(mut all: Vec<Condition>, join: fn(Vec<Condition>) -> Condition) -> Condition {
    if all.len() == 1 {
        all.swap_remove(0)
    } else {
        join(all)
    }
}
