//! Projects on a disk: which files are read, which are left, and that nothing outside is touched.

use super::super::read::Loaded;
use super::*;
use std::fs;
use tempfile::TempDir;

const RULELESS: &str = "apiVersion: accord/v1\nkind: FieldMapping\nmetadata: { name: NAME }\nspec:\n  testworthy: TestCase\n  \
     azureDevOps: Bug\n  fields: [{ testworthy: title, azureDevOps: System.Title }]\n";

fn mapping(name: &str) -> String {
    RULELESS.replace("NAME", name)
}

fn project(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (path, content) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

fn load_in(folder: &Path, paths: &[&str]) -> Loaded {
    let options = LoadOptions {
        folder: folder.to_owned(),
        paths: paths.iter().map(PathBuf::from).collect(),
        ..LoadOptions::default()
    };
    load(&options).loaded
}

fn names(loaded: &Loaded) -> Vec<&str> {
    loaded
        .sources
        .iter()
        .map(|source| source.path.as_str())
        .collect()
}

fn codes(loaded: &Loaded) -> Vec<&str> {
    loaded
        .findings
        .iter()
        .map(|finding| finding.code.code)
        .collect()
}

#[test]
fn a_pointer_of_git_lfs_is_no_manifest() {
    let a = mapping("a");
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    let folder = project(&[("a.yaml", &a), ("b.yaml", pointer)]);
    let loaded = load_in(folder.path(), &[]);
    assert_eq!(codes(&loaded)[0], "unreadable-file");
    let told = &loaded.findings[0];
    assert!(told.message.contains("pointer of Git LFS"), "{told:?}");
    let place = told.location.as_ref().map(|place| place.file.as_str());
    assert_eq!(place, Some("b.yaml"));
    assert!(loaded.config.is_none(), "nothing is planned from the rest");
}

#[test]
fn folders_are_looked_into_to_a_limit() {
    let a = mapping("a");
    let folder = |depth: usize| format!("{}d", "d/".repeat(depth - 1));
    let deepest = format!("{}/a.yaml", folder(100));
    let made = project(&[(&deepest, &a)]);
    let loaded = load_in(made.path(), &[]);
    assert_eq!(names(&loaded), [deepest.as_str()]);
    assert!(loaded.config.is_some());
    let deeper = format!("{}/b.yaml", folder(101));
    let made = project(&[(&deeper, &a)]);
    let loaded = load_in(made.path(), &[]);
    assert_eq!(codes(&loaded)[0], "unreadable-file");
    let told = &loaded.findings[0];
    assert!(told.message.contains("100 deep"), "{told:?}");
    let place = told.location.as_ref().map(|place| place.file.as_str());
    assert_eq!(place, Some(folder(101).as_str()));
    // Nor where the project's own file leads to.
    let named = format!(
        "apiVersion: accord/v1\nkind: Project\nmetadata: {{ name: p }}\nspec:\n  manifests: [{}]\n",
        folder(101)
    );
    let made = project(&[("accord.yaml", &named), (&deeper, &a)]);
    let told = load_in(made.path(), &[]).findings;
    assert!(told[0].message.contains("100 deep"), "{told:?}");
}

#[test]
fn takes_yaml_files_but_no_hidden_folders() {
    let a = mapping("a");
    let folder = project(&[
        ("z.yaml", &a),
        ("sub/deep/b.yml", "x: 1"),
        (".hidden/c.yaml", "x: 1"),
        ("sub/.git/d.yaml", "x: 1"),
        ("notes.txt", "x: 1"),
        ("yaml", "x: 1"),
    ]);
    let loaded = load_in(folder.path(), &[]);
    assert_eq!(names(&loaded), ["sub/deep/b.yml", "z.yaml"]);
    let config = loaded.config.unwrap();
    assert_eq!(config.files, 1);
    assert_eq!(config.mappings.len(), 1);
    let folder_name = folder.path().file_name().unwrap().to_str().unwrap();
    assert_eq!(config.project.name, folder_name);
}

#[test]
fn reads_only_what_the_project_names() {
    let head = "apiVersion: accord/v1\nkind: Project\nmetadata: { name: shop }\nspec: ";
    let folder = project(&[
        (
            "accord.yaml",
            &format!("{head}{{ manifests: [rules, ./one.yaml] }}"),
        ),
        ("rules/a.yaml", "x: 1"),
        ("one.yaml", "x: 1"),
        ("two.yaml", "[broken"),
    ]);
    let loaded = load_in(folder.path(), &[]);
    assert_eq!(names(&loaded), ["accord.yaml", "one.yaml", "rules/a.yaml"]);
    assert_eq!(loaded.config.unwrap().project.name, "shop");

    let folder = project(&[(
        "accord.yaml",
        &format!("{head}{{ manifests: [../x, nowhere] }}"),
    )]);
    let loaded = load_in(folder.path(), &[]);
    assert_eq!(codes(&loaded), ["path-not-found", "invalid-path"]);
    assert!(loaded.config.is_none());
}

#[test]
fn finds_the_project_upwards_inside_a_repository_only() {
    let accord = "apiVersion: accord/v1\nkind: Project\nmetadata: { name: shop }\n";
    let folder = project(&[("accord.yaml", accord), ("sub/a.yaml", "x: 1")]);
    let sub = folder.path().join("sub");
    let options = |folder: &Path| LoadOptions {
        folder: folder.to_owned(),
        ..LoadOptions::default()
    };
    let real = |path: &Path| fs::canonicalize(path).unwrap();
    assert_eq!(load(&options(&sub)).folder, real(&sub));
    fs::create_dir(folder.path().join(".git")).unwrap();
    assert_eq!(load(&options(&sub)).folder, real(folder.path()));
    fs::create_dir(sub.join(".git")).unwrap();
    assert_eq!(load(&options(&sub)).folder, real(&sub));
}

#[test]
fn named_paths_limit_the_findings_not_the_reading() {
    let rule = "apiVersion: accord/v1\nkind: SyncRule\nmetadata: { name: r }\nspec: { connection: none, \
                mapping: a, scope: { testworthy: { suites: [1] } }, direction: toAzureDevOps }\n";
    let a = mapping("a");
    let folder = project(&[("a.yaml", &a), ("rules/r.yaml", rule), ("bad.yaml", "[")]);
    assert_eq!(
        codes(&load_in(folder.path(), &["rules"])),
        ["unknown-reference"]
    );
    assert_eq!(codes(&load_in(folder.path(), &["a.yaml"])), [""; 0]);
    assert_eq!(codes(&load_in(folder.path(), &["."])).len(), 2);
    assert_eq!(
        codes(&load_in(folder.path(), &["c.yaml"])),
        ["path-not-found"]
    );
    assert_eq!(codes(&load_in(folder.path(), &[".."])), ["outside-project"]);
}

#[cfg(unix)]
#[test]
fn links_do_not_lead_out_or_in_circles() {
    use std::os::unix::fs::symlink;
    let outside = project(&[("secret.yaml", "x: 1")]);
    let a = mapping("a");
    let folder = project(&[("real/a.yaml", &a)]);
    let at = |name: &str| folder.path().join(name);
    symlink(outside.path(), at("out")).unwrap();
    symlink(outside.path().join("secret.yaml"), at("out.yaml")).unwrap();
    symlink(folder.path(), at("real/circle")).unwrap();
    symlink(at("real/a.yaml"), at("again.yaml")).unwrap();
    symlink(at("gone"), at("gone.yaml")).unwrap();
    let loaded = load_in(folder.path(), &[]);
    let mut found = codes(&loaded);
    found.sort_unstable();
    assert_eq!(
        found,
        ["outside-project", "outside-project", "unreadable-file"]
    );
    assert_eq!(names(&loaded), ["again.yaml"]);
}

#[test]
fn one_mebibyte_is_read_and_one_byte_more_is_not() {
    let a = mapping("a");
    let fill = |size: usize| format!("{a}#{}", "x".repeat(size - a.len() - 1));
    let folder = project(&[("a.yaml", &fill(MOST_BYTES))]);
    assert_eq!(codes(&load_in(folder.path(), &[])), [""; 0]);
    fs::write(folder.path().join("a.yaml"), fill(MOST_BYTES + 1)).unwrap();
    assert_eq!(codes(&load_in(folder.path(), &[])), ["file-too-large"]);
}
