//! Findings of a test sync (`accord verify`).

super::entries! {
    SERVER_OBJECTS, "server-objects", Error,
        "the server would refuse a write",
        "`accord verify` sent a sample with `validateOnly=true`: the server ran its rules and says that it would refuse the write. Nothing was stored. An apply would put such an item into quarantine.",
        "The process requires `Custom.Team` in state Design, and no row of the mapping fills it.",
        "The server's words name the rule, and the finding names the row where that can be told. Change the row, the item or the process, then run `accord verify` again.";

    SERVER_REWRITES, "server-rewrites", Warning,
        "the server would store another value than the one that is sent",
        "The server accepted a sample and says that a field would hold something else: a rule of the process sets it, or the server spells it in its own way. Accord takes what the server answers as the value that both sides agreed on, so its own spelling causes no endless changes; a value that a rule replaces does not reach the item.",
        "A rule sets Priority to 1 whenever `Custom.Blocker` is true, and the mapping sends 2.",
        "If it is only a spelling, nothing. If a rule of the process replaces the value, take the row out of the mapping or change the rule.";

    VALIDATE_ONLY_NOT_SHOWN, "validate-only-not-shown", Error,
        "the server could not be shown to heed `validateOnly`",
        "A server that does not heed `validateOnly` would carry samples out in place of judging them. Before the first sample, Accord asks twice for what nobody can carry out (a document without any change, for an item that does not exist): once with `validateOnly=true`, once with a value that is no boolean. A server that reads the parameter refuses the second for its query. This one answered both alike, so nothing was sent to it.",
        "A gateway between Accord and Azure DevOps Server drops query parameters that it does not know.",
        "Ask whoever runs the server. If you know that it heeds `validateOnly`, say so with `--assume-validate-only`.";

    VALIDATE_ONLY_DISREGARDED, "validate-only-disregarded", Error,
        "the server stored a sample that it was only to validate",
        "A sample was sent with `validateOnly=true` and its answer shows that it was stored: the work item has a new revision, or an id. Accord stops at once; no other sample was sent after it.",
        "A server that reads `validateOnly` and does not act on it.",
        "Look at the work item that the message names and take the change back, or close it. Do not run `accord verify` against this server.";
}
