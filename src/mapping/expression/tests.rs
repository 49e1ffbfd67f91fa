//! What expressions can say, and that nothing they say runs away.

use proptest::prelude::*;

use super::*;

fn known(name: &str) -> bool {
    [
        "title",
        "priority",
        "smoke",
        "refs",
        "section.path",
        "estimate",
        "custom.env",
    ]
    .contains(&name)
}

fn read(name: &str) -> Value {
    match name {
        "title" => Value::text("Reject expired card"),
        "priority" => Value::text("P1 - Must Test"),
        "smoke" => Value::Boolean(true),
        "refs" => Value::set(["AB#1", "TW-2"]),
        "section.path" => Value::text("Checkout/Cards"),
        "estimate" => Value::integer(900),
        _ => Value::Null,
    }
}

fn compile(text: &str) -> Result<Expression, ExpressionProblem> {
    Expression::compile(text, known)
}

#[test]
fn values_of_every_kind_come_out() {
    for (text, wanted) in [
        (
            r#"title ~ " (" ~ priority ~ ")""#,
            Value::text("Reject expired card (P1 - Must Test)"),
        ),
        ("title | upper", Value::text("REJECT EXPIRED CARD")),
        ("estimate / 60", Value::integer(15)),
        (
            "estimate / 800",
            Value::Number(Number::from_f64(1.125).expect("finite")),
        ),
        ("smoke and estimate > 10", Value::Boolean(true)),
        ("refs", Value::set(["AB#1", "TW-2"])),
        ("'TW-2' in refs", Value::Boolean(true)),
        ("(section.path | split('/'))[0]", Value::text("Checkout")),
        ("custom.env", Value::Null),
        ("custom.env or 'none'", Value::text("none")),
        ("custom.env | default('x', true)", Value::text("x")),
        ("'smoke' if smoke else ''", Value::text("smoke")),
        ("none", Value::Null),
    ] {
        let expression = compile(text).unwrap_or_else(|problem| panic!("{text}: {problem:?}"));
        assert_eq!(expression.evaluate(read), Ok(wanted), "{text}");
    }
}

#[test]
fn filters_answer_true_or_false_only() {
    let filter = compile(r#"smoke or priority == "P1 - Must Test""#).expect("compiles");
    assert_eq!(filter.names().collect::<Vec<_>>(), ["priority", "smoke"]);
    assert_eq!(filter.accepts(read), Ok(true));
    assert_eq!(filter.accepts(|_| Value::Null), Ok(false));
    assert!(compile("title").expect("compiles").accepts(read).is_err());
}

#[test]
fn unknown_names_and_operations_are_refused() {
    for (text, problem) in [
        ("titel", ExpressionProblem::UnknownName("titel".to_owned())),
        (
            "section.name",
            ExpressionProblem::UnknownName("section.name".to_owned()),
        ),
        (
            "title ~ prio",
            ExpressionProblem::UnknownName("prio".to_owned()),
        ),
        // Methods of texts are not part of the language: `section.path | split('/')` is.
        (
            "section.path.split('/')",
            ExpressionProblem::UnknownName("section.path.split".to_owned()),
        ),
    ] {
        assert_eq!(compile(text), Err(problem), "{text}");
    }
    for text in [
        "range(9)",
        "debug()",
        "dict(a=1)",
        "namespace()",
        "lipsum()",
    ] {
        assert!(compile(text).is_err(), "{text}");
    }
}

#[test]
fn what_is_no_expression_is_refused() {
    for text in [
        "",
        "title ~",
        "{{ title }}",
        "{% if smoke %}",
        "title =",
        "1 2",
        "'a",
    ] {
        assert!(
            matches!(compile(text), Err(ExpressionProblem::Syntax(_))),
            "{text}: {:?}",
            compile(text)
        );
    }
}

#[test]
fn nothing_runs_away() {
    assert_eq!(compile(&"1+".repeat(2000)), Err(ExpressionProblem::TooLong));
    assert_eq!(
        compile(&format!("{}1{}", "(".repeat(40), ")".repeat(40))),
        Err(ExpressionProblem::TooDeep)
    );
    // Chains recurse in the parser.
    for text in [
        "not ".repeat(500) + "smoke",
        "1+".repeat(1000) + "1",
        "-".repeat(2000) + "1",
    ] {
        if let Ok(expression) = compile(&text) {
            let _ = expression.evaluate(read);
        }
    }
    for text in [
        "'x' * 999999999",
        "[1] * 999999999",
        "('x' * 100000) * 100000",
        "2 ** 99999",
        "'%1000000000d' | format(1)",
    ] {
        let outcome = compile(text).map(|expression| expression.evaluate(read));
        assert!(!matches!(outcome, Ok(Ok(_))), "{text}");
    }
    let long = compile("title").expect("compiles");
    let text = "x".repeat(MAX_INPUT + 1);
    assert_eq!(
        long.evaluate(|_| Value::text(text.clone())),
        Err(EvaluationProblem::InputTooLong("title".to_owned()))
    );
}

/// Reasons are shown where values are not.
#[test]
fn no_reason_repeats_what_a_field_holds() {
    for text in [
        "title + 1",
        "1 - title",
        "-title",
        "title < 1",
        "title in 5",
        "title[title]",
        "title | int",
        "title | float",
        "title | abs",
        "title | round",
        "title | sum",
        "title | min",
        "title | items | list",
        "title | dictsort",
        "title | first | int",
        "title | batch('x')",
        "title | slice(title)",
        "title | indent(title)",
        "title | format(title)",
        "'%d' | format(title)",
        "title | tojson | int",
        "title | fromjson",
        "title | map(title) | list",
        "[1] | map(title) | list",
        "[1] | select(title) | list",
        "[1] | sort(attribute=title)",
        "[1] | map(attribute=title) | list",
        "[1] | groupby(title)",
        "1 | attr(title)",
        "title | replace(1)",
        "title | round(title)",
        "1 | round(title)",
        "title * title",
        "{'a': 1}[title] + 1",
        "[1][title]",
        "title(1)",
        "title.x",
    ] {
        let Ok(expression) = compile(text) else {
            continue;
        };
        if let Err(problem) = expression.evaluate(|_| Value::text("SECRET")) {
            let told = problem.to_string();
            assert!(!told.contains("SECRET"), "{text}: {told}");
        }
    }
}

proptest! {
    #[test]
    fn any_text_compiles_or_is_refused(text in r#"[a-z0-9 ()\[\]{}'"|~+*/.<>=!,%:-]{0,40}"#) {
        if let Ok(expression) = Expression::compile(&text, |_| true) {
            let _ = expression.evaluate(read);
        }
    }

    #[test]
    fn the_same_item_gives_the_same_value(text in prop::sample::select(vec!["title ~ priority", "refs | join(',')", "estimate * 2"])) {
        let expression = compile(text).expect("compiles");
        prop_assert_eq!(expression.evaluate(read), expression.evaluate(read));
    }
}
