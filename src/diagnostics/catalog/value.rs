//! Findings about expressions, people and filters.

super::entries! {
    EXPRESSION_INVALID, "expression-invalid", Error,
        "the expression cannot be used",
        "An `expression` or a `where` is written in the expression language of minijinja: operators, filters \
         and tests over the fields of a case. This one is not in that language, is longer than 2 KiB, nests \
         deeper than 32 brackets, or uses a filter, test or function that there is not.",
        "where: 'smoke or'",
        "Correct it. `title ~ \" (\" ~ priority ~ \")\"` joins texts, `smoke and not disabled` asks for flags, \
         `priority in [\"P1 - Must Test\"]` asks for one of several.";
    EXPRESSION_FAILED, "expression-failed", Warning,
        "the expression has no value for an item",
        "Evaluating the expression of a row failed for this item: an operator met a value that it does not \
         fit, or the work was more than is allowed. The field waits.",
        "expression: 'estimate / 60', and a case without an estimate",
        "Ask for the value first: `expression: 'estimate / 60 if estimate else 0'`.";
    FILTER_FAILED, "filter-failed", Warning,
        "the condition has no answer for a case",
        "`where` has to be true or false for every case. For this one it is neither, so the case is not \
         selected: nothing is created for it, and if it is linked, its pair waits.",
        "where: 'title'",
        "Compare: `where: 'title is startingwith \"Pay\"'`.";
    USER_UNKNOWN, "user-unknown", Warning,
        "a person has no counterpart",
        "People are known by the `users` of the connection, or by the same e-mail address on both sides. \
         Display names are never compared, since two people may share one. The field waits.",
        "a case with `custom.owner: Ada` and a row with `as: user`",
        "Add the person to `users` of the connection, or set `unmapped: { use: NAME }` on the row.";
}
