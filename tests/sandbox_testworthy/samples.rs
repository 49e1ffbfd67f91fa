//! The sample data and the example projects hold what they promise.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use accord::sandbox::seed;
use accord::{manifest, mapping};

use crate::shop::Shop;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// Every YAML file below a folder by its relative path.
fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "yaml") {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                found.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn the_embedded_samples_are_those_of_the_folder() {
    let folder = seed::from_dir(&examples().join("sandbox")).unwrap();
    let embedded = seed::web_shop().unwrap();
    assert_eq!(folder.testworthy(), embedded.testworthy());
    let url = "http://127.0.0.1:1/testworthy";
    assert_eq!(
        folder.organization(url).unwrap(),
        embedded.organization(url).unwrap()
    );
}

#[test]
fn a_folder_without_samples_or_with_a_mistake_is_told_by_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let error = seed::from_dir(folder.path()).unwrap_err();
    let seed::SeedError::Read { path, source } = &error else {
        panic!("{error}");
    };
    assert!(path.ends_with("testworthy.yaml"));
    assert_eq!(source.kind(), io::ErrorKind::NotFound);
    for name in ["testworthy.yaml", "azure-devops.yaml"] {
        let text = fs::read_to_string(examples().join("sandbox").join(name)).unwrap();
        fs::write(folder.path().join(name), text).unwrap();
    }
    seed::from_dir(folder.path()).unwrap();
    fs::write(folder.path().join("azure-devops.yaml"), "workItem: []\n").unwrap();
    let text = seed::from_dir(folder.path()).unwrap_err().to_string();
    assert!(
        text.contains("azure-devops.yaml") && text.contains("workItem"),
        "{text}"
    );
}

#[tokio::test]
async fn the_web_shop_holds_what_the_readme_tells() {
    let shop = Shop::open().await;
    let url = shop.sandbox.testworthy_url();
    let organization = seed::web_shop().unwrap().organization(&url).unwrap();
    let state = shop.sandbox.state();
    let count = |suite| state.testworthy.cases_of(suite).count();
    assert_eq!(
        [count(41), count(42), count(43), count(51)],
        [16, 12, 12, 2]
    );
    let items = &organization.work_items;
    assert_eq!(items.len(), 15);
    let item = |id: u64| items.iter().find(|item| item.id == Some(id)).unwrap();
    let case = |id: u64| state.testworthy.case(id).unwrap();

    let marker = &item(5101).hyperlinks[0];
    assert_eq!(marker.comment.as_deref(), Some("accord/1 case=210301"));
    assert_eq!(marker.url, format!("{url}/TestCase/Detail/210301"));
    for (id, owner) in [(5102, 210_302), (5103, 210_305)] {
        let refs = case(owner).text("refs").unwrap();
        assert!(refs.contains(&format!("AB#{id}")), "{refs}");
    }
    for (id, twin) in [
        (5104, 210_304),
        (5105, 210_311),
        (5106, 210_312),
        (5107, 210_312),
        (5110, 210_511),
    ] {
        assert_eq!(item(id).title, case(twin).title);
    }
    let mut titles = BTreeMap::<&str, usize>::new();
    for case in state.testworthy.cases() {
        *titles.entry(&case.title).or_default() += 1;
    }
    let twice: Vec<_> = titles.iter().filter(|(_, count)| **count > 1).collect();
    assert_eq!(twice, [(&"Sort search results by price", &2)]);
    let copies: Vec<_> = state
        .testworthy
        .cases()
        .filter_map(|case| Some((case.id, case.copy_of?)))
        .collect();
    assert_eq!(copies, [(210_410, 210_409)]);
}

#[test]
fn both_example_projects_differ_in_their_addresses_only() {
    let mut real = files(&examples().join("web-shop"));
    let mut sandbox = files(&examples().join("sandbox-project"));
    for project in [&mut real, &mut sandbox] {
        for name in ["connection.yaml", "accord.yaml"] {
            assert!(project.remove(Path::new(name)).is_some(), "{name}");
        }
    }
    assert!(real.remove(Path::new("tests/test-case.yaml")).is_some());
    assert_eq!(real, sandbox);
    assert_eq!(real.len(), 3);
}

#[test]
fn the_sandbox_project_names_the_credentials_of_the_sandbox() {
    use accord::sandbox::azure_devops::DEFAULT_TOKEN;
    use accord::sandbox::testworthy::{API_KEY, PROJECT_KEY, TOKEN, USER_EMAIL};
    let text = fs::read_to_string(examples().join("sandbox-project/sandbox.env")).unwrap();
    for (name, value) in [
        ("TESTWORTHY_USER_EMAIL", USER_EMAIL),
        ("TESTWORTHY_API_KEY", API_KEY),
        ("TESTWORTHY_PROJECT_KEY", PROJECT_KEY),
        ("TESTWORTHY_TOKEN", TOKEN),
        ("AZURE_DEVOPS_EXT_PAT", DEFAULT_TOKEN),
    ] {
        let line = format!("{name}={value}");
        assert!(text.lines().any(|known| known == line), "{line}");
    }
}

#[test]
fn both_example_projects_are_valid_and_free_of_lint() {
    for (name, files) in [("web-shop", 6), ("sandbox-project", 5)] {
        let project = manifest::load(&manifest::LoadOptions {
            folder: examples().join(name),
            ..manifest::LoadOptions::default()
        });
        assert_eq!(project.loaded.findings, [], "{name}");
        let config = project.loaded.config.unwrap();
        assert_eq!((config.files, config.rules.len()), (files, 2), "{name}");
        assert_eq!(mapping::lint_config(&config), [], "{name}");
    }
}
