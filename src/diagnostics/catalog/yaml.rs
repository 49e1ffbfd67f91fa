//! Findings about files and YAML as such: manifests are plain JSON-shaped YAML 1.2.

super::entries! {
    FILE_TOO_LARGE, "file-too-large", Error,
        "A file is larger than 1 MiB",
        "Files over 1 MiB are not read, whether they hold manifests or not, so that one file can neither stall a run nor hide what it declares.",
        "A generated export with the extension .yaml inside the project.",
        "Split the manifests over several files. For a file that is none, let `spec.manifests` of the Project name only the folders that hold manifests.";
    INVALID_UTF8, "invalid-utf8", Error,
        "A file is not UTF-8",
        "Manifests are UTF-8, with or without a byte order mark. The bytes at this place are no UTF-8 text, so what follows would be guesswork.",
        "A file saved as Windows-1252 or UTF-16.",
        "Save the file as UTF-8.";
    FORBIDDEN_CHARACTER, "forbidden-character", Error,
        "A character that hides or reorders text",
        "Control characters, Unicode line separators and marks that change the direction of text can make a manifest look different from what it says. A reviewer must see what Accord reads.",
        "A right-to-left override (U+202E) inside a value.",
        "Remove the character. Where a value needs it, write it as an escape in double quotes: \"\\u202E\".";
    INVALID_YAML, "invalid-yaml", Error,
        "A file is not YAML",
        "The file cannot be parsed as YAML 1.2 from this place on; nothing behind it was read.",
        "scope: { suites: [41 }",
        "Mend the syntax at the place shown: brackets, quotes and indentation are the usual causes. A tab cannot indent.";
    TOO_DEEP, "nesting-too-deep", Error,
        "A document is nested too deeply",
        "No manifest needs more than a few levels. Documents with more than 64 are refused before their values are read.",
        "[[[[[[[[ ... ]]]]]]]]",
        "Flatten the document. If the file holds no manifest, keep it out of `spec.manifests`.";
    DUPLICATE_KEY, "duplicate-key", Error,
        "A key stands twice in one mapping",
        "YAML parsers disagree on which of two equal keys counts, so neither does here.",
        "spec:\n  direction: toAzureDevOps\n  direction: toTestWorthy",
        "Remove one of the two.";
    ANCHOR, "anchor", Error,
        "An anchor is used",
        "Anchors and aliases make a value depend on another place of the file. Manifests are plain data, so that a diff shows all that a change does.",
        "scope: &all { suites: [41] }",
        "Remove the anchor (`&name`) and write the value out where it is needed.";
    ALIAS, "alias", Error,
        "An alias is used",
        "Aliases repeat a value from another place of the file and can grow a small file beyond all bounds. They are refused before values are read.",
        "scope: *all",
        "Write the value out. A text that begins with `*` needs quotes: \"*/15 * * * *\".";
    MERGE_KEY, "merge-key", Error,
        "A merge key is used",
        "The merge key `<<` belongs to YAML 1.1 and copies keys from another place. Manifests are plain data.",
        "<<: *defaults",
        "Write the keys out.";
    TAG, "tag", Error,
        "A tag is used",
        "Tags (`!name`) ask a parser to build something else than plain data. Values get their types from the schema.",
        "priority: !!str 1",
        "Remove the tag; quote a value that shall be text: \"1\". A text that begins with `!` needs quotes.";
    KEY_NOT_TEXT, "key-not-text", Error,
        "A key is not plain text",
        "Keys are texts. Lists, mappings and empty keys cannot be keys, because JSON has no such thing.",
        "? [a, b]\n: value",
        "Use a text as the key, in quotes if it is `null` or `~`.";
    NUMBER_NOT_FINITE, "number-not-finite", Error,
        "A number is infinite or not a number",
        "`.inf` and `.nan` have no place in JSON-shaped data and no meaning in either system.",
        "rate: .inf",
        "Use a finite number, leave the key out, or quote the value if it shall be text.";
    UNREADABLE_FILE, "unreadable-file", Error,
        "A file or folder cannot be read",
        "The operating system refused to open or read it. Nothing is planned from a part of the manifests: a rule that cannot be read would look like one that was removed.",
        "A manifest without read permission for the user who runs Accord.",
        "Give the user who runs Accord permission to read it, or remove it from the project.";
    OUTSIDE_PROJECT, "outside-project", Error,
        "A path leaves the project's folder",
        "Manifests come from the project's folder only. A path that climbs out of it, or a symbolic link that points out of it, is not followed: a pull request could otherwise pull in files that nobody reviews.",
        "manifests: [\"../shared\"]",
        "Copy the manifests into the project, or run Accord in a folder that holds them all.";
    PATH_NOT_FOUND, "path-not-found", Error,
        "A path does not exist",
        "A file or folder that was asked for, on the command line or in `spec.manifests`, is not there.",
        "accord validate ruels/",
        "Correct the path. Paths are relative to the working folder on the command line, and to the project's folder in `spec.manifests`.";
}
